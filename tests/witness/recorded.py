"""QuerySets that stores keep in this very process, and what is recorded of them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from django.core.cache import cache

from qscache_lint.witness.records import RecordedStore, RecordedUse
from qscache_lint.witness.runtime.witness import Witness
from tests.witness.projects import unexpected

ROOT = Path(__file__).parents[1]


def stories() -> Any:
    from tests.semantics.newsroom.models import Story

    return Story.objects.order_by("pk")


def memoized() -> Any:
    """A QuerySet that a memo keeps."""
    return functools.lru_cache(maxsize=None)(stories)()


def pickled() -> Any:
    """One that Django's cache hands out."""
    cache.set("stories", stories())
    return cache.get("stories")


def told(witness: Witness) -> list[tuple[str, str, int]]:
    """Effect, operation and queries of all uses."""
    assert unexpected(witness.recording()) == []
    return [(use.effect, use.operation, use.queries) for use in witness.recording().uses]


def only_store(witness: Witness) -> RecordedStore:
    (store,) = witness.recording().stores
    return store


def only_use(witness: Witness) -> RecordedUse:
    (use,) = witness.recording().uses
    return use
