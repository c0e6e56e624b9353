"""The words without which a file has nothing to do with caches: what the gate looks for in its bytes."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator

from qscache_lint.knowledge.cache_rows import KeepingRow, Serializer
from qscache_lint.knowledge.tables import Knowledge

_EVERYWHERE = ("django", "functools")
_REQUEST = "django.http.HttpRequest()."


def cache_words(knowledge: Knowledge) -> tuple[str, ...]:
    """Words without which a file can neither name a memoizer nor call a store of these tables.

    What another package has is imported under the name of that package; what Python or Django have goes by its own
    name.
    """
    return tuple(sorted({word for row, name in _cache_names(knowledge) for word in _words(row, name)}))


def entry_words(knowledge: Knowledge) -> tuple[str, ...]:
    """Attributes of the request whose entries are serialised: a file has to assign to one."""
    names = [name for row in knowledge.caches.serializer for name in row.receivers]
    return tuple(sorted({name.rpartition(".")[2] for name in names if name.startswith(_REQUEST)}))


def _cache_names(knowledge: Knowledge) -> Iterator[tuple[KeepingRow | Serializer, str]]:
    for memoizer in (*knowledge.caches.memoizer, *knowledge.extension.memoizer):
        yield from ((memoizer, name) for name in memoizer.names)
    for store in (*knowledge.caches.store, *knowledge.extension.store):
        yield from ((store, name) for name in store.receivers)
    for holder in knowledge.caches.holder:
        yield from ((holder, name) for name in holder.names)
    for row in knowledge.caches.serializer:
        yield from ((row, name) for name in (*row.names, *row.receivers) if not name.startswith(_REQUEST))


def _words(row: KeepingRow | Serializer, name: str) -> Iterable[str]:
    """The word by which a file with `name` is found: the package, or the last name out of one that all files have."""
    if isinstance(row, Serializer) and row.mention:
        return (row.mention,)
    steps = re.sub(r"\([^)]*\)|\[\]", "", name).split(".")
    if steps[0] in _EVERYWHERE or (not row.package and isinstance(row, KeepingRow)):
        return (next(step for step in reversed(steps) if not hasattr(builtins, step)),)
    return (steps[0],)
