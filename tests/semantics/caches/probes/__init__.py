"""How the names of each package are executed: a module for each kind of cache."""

from __future__ import annotations

from tests.semantics.caches.families import DEFAULT, Family
from tests.semantics.caches.probes import django, memos, shared, tasks

FAMILIES: tuple[Family, ...] = (*django.FAMILIES, *memos.FAMILIES, *shared.FAMILIES, *tasks.FAMILIES)


def family_of(name: str) -> Family:
    """The family that knows most of a name: that with the longest beginning."""
    known = [(len(start), family) for family in FAMILIES for start in family.names if name.startswith(start)]
    return max(known, key=lambda pair: pair[0])[1] if known else DEFAULT
