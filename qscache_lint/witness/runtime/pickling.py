"""QuerySets that go into a pickle, and those that come out of one.

What Django's cache pickles takes a label of its store along, so that another process knows where a hit was stored;
without the witness that is one more attribute. Other pickles are what they always were, because code makes keys of
them; they are known again by their bytes, in the process that made them.
"""

from __future__ import annotations

import pickle
import sys
import threading
from contextvars import ContextVar
from functools import wraps
from itertools import islice
from time import perf_counter
from types import FrameType
from typing import Any, NamedTuple

from django.db.models import QuerySet
from msgspec.structs import replace

from qscache_lint.witness.records import RecordedPlace, RecordedStore
from qscache_lint.witness.runtime.asking import asked_of
from qscache_lint.witness.runtime.backends import is_of_backend, makes_keys
from qscache_lint.witness.runtime.guard import Guard
from qscache_lint.witness.runtime.labels import label_in, label_of, length_without
from qscache_lint.witness.runtime.ledger import Cost, Ledger
from qscache_lint.witness.runtime.limits import PICKLES, STACK
from qscache_lint.witness.runtime.marks import MARK, keep, row_count, rows_of
from qscache_lint.witness.runtime.meter import metered
from qscache_lint.witness.runtime.patches import Patches
from qscache_lint.witness.runtime.places import ProjectPlaces, name_of, outwards
from qscache_lint.witness.runtime.querysets import QuerySets, Seam

DJANGO_CACHE = "django cache"
_COPIED = Seam("__getstate__", "read")


class _Seen(NamedTuple):
    """A QuerySet in the pickle that is being made or read: its store, rows and queries."""

    queryset: Any
    store: int
    cost: Cost
    label: str


class _Running(threading.local):
    """The QuerySets in the pickle that `pickle` is making, or reading, in this thread."""

    dumped: list[_Seen] | None = None
    loaded: list[_Seen] | None = None
    data: bytes = b""
    """The pickle that is being read."""


class Pickling:
    """Watches pickles."""

    def __init__(
        self, ledger: Ledger, places: ProjectPlaces, guard: Guard, querysets: QuerySets, is_sampled: ContextVar[bool]
    ) -> None:
        self._ledger = ledger
        self._places = places
        self._guard = guard
        self._querysets = querysets
        self._is_sampled = is_sampled
        self._running = _Running()
        self._labelled: dict[str, int] = {}
        self._known: dict[tuple[int, int], int] = {}
        """The stores of pickles without a label."""

    def install(self, patches: Patches) -> None:
        patches.replace(QuerySet, "__getstate__", self._getstate)
        patches.replace(QuerySet, "__setstate__", self._setstate)
        patches.replace(pickle, "dumps", self._dumps)
        patches.replace(pickle, "loads", self._loads)

    # -- into a pickle

    def _getstate(self, original: Any) -> Any:
        @wraps(original)
        def watching(owner: Any) -> Any:
            if _is_copying(sys._getframe(1)):
                return self._querysets.run(_COPIED, original, owner, (), {}) if MARK in vars(owner) else original(owner)
            if not self._is_sampled.get():
                return _with_mark(original(owner), self._guard(self._label, owner))
            was_read = rows_of(owner) is not None
            with self._querysets.inside(owner), metered() as cost:
                state = original(owner)
            cost.rows = row_count(owner)
            cost.queries = 0 if was_read else max(cost.queries, 1)
            label = self._guard(self._pickled, owner, cost)
            return _with_mark(state, label)

        return watching

    def _pickled(self, owner: Any, cost: Cost) -> str | None:
        """Count a QuerySet that goes into a pickle; its store in a text, for reading it."""
        frame = _behind(owner)
        store = self._entered(frame)
        if store is None:
            return None
        if self._running.dumped is None:
            self._ledger.stored(store.id, cost)
            keep(owner, self._ledger, store.id, self._around(frame))
        else:
            self._running.dumped.append(_Seen(owner, store.id, cost, store.label))
        return store.label

    def _label(self, owner: Any) -> str:
        """The text alone, of a store that is not counted: what comes out of it may be."""
        store = self._entered(_behind(owner))
        return "" if store is None else store.label

    def _entered(self, frame: FrameType | None) -> RecordedStore | None:
        """The store that a QuerySet goes into, with its number; None where there are too many."""
        inner, *around = self._around(frame) or (None,)
        name, by = self._keeper(frame)
        via = tuple(filter(None, around))
        store = RecordedStore(0, "pickled", name, inner, self._places.memoized(self._asking(frame)), via, by=by)
        store = replace(store, label=label_of(store) if name == DJANGO_CACHE else "")
        number = self._ledger.entered(store)
        if number is None:
            return None
        if store.label:
            self._labelled[store.label] = number
        return replace(store, id=number)

    def _dumps(self, original: Any) -> Any:
        @wraps(original)
        def dumps(*args: Any, **kwargs: Any) -> Any:
            before, start = self._running.dumped, perf_counter()
            self._running.dumped = seen = list[_Seen]()
            try:
                data = original(*args, **kwargs)
            finally:
                self._running.dumped = before
            if seen:
                self._guard(self._dumped, seen, data, (perf_counter() - start) * 1000)
            return data

        return dumps

    def _dumped(self, seen: list[_Seen], data: bytes, milliseconds: float) -> None:
        """Count a pickle once, whatever the number of QuerySets in it."""
        rows, queries = sum(each.cost.rows for each in seen), sum(each.cost.queries for each in seen)
        size = length_without(data, [each.label for each in seen if each.label])
        self._ledger.stored(seen[0].store, Cost(queries, rows, milliseconds), size)
        if not seen[0].label:
            if len(self._known) >= PICKLES:
                self._known.clear()
            self._known[_digest(data)] = seen[0].store
        handed = self._around(sys._getframe())
        for each in seen:
            keep(each.queryset, self._ledger, each.store, handed)

    # -- out of a pickle

    def _setstate(self, original: Any) -> Any:
        @wraps(original)
        def watching(owner: Any, state: Any) -> None:
            if _is_copying(sys._getframe(1)):
                original(owner, state)
                return
            original(owner, _without_mark(state))
            if self._is_sampled.get():
                self._guard(self._unpickled, owner, label_in(state))

        return watching

    def _unpickled(self, owner: Any, label: str) -> None:
        frame = _behind(owner)
        number = self._store_of(label, frame)
        if number is None:
            return
        rows = row_count(owner)
        keep(owner, self._ledger, number, self._around(frame))
        if self._running.loaded is None:
            self._ledger.hit(number, rows)
        else:
            self._running.loaded.append(_Seen(owner, number, Cost(rows=rows), label))

    def _store_of(self, label: str, frame: FrameType | None) -> int | None:
        """The store of what is being read; one without a place where another process stored."""
        known = self._labelled.get(label) if label else self._known.get(_digest(self._running.data))
        if known is not None:
            return known
        name = DJANGO_CACHE if label else self._keeper(frame)[0]
        return self._ledger.entered(RecordedStore(0, "pickled", name, None, label=label))

    def _loads(self, original: Any) -> Any:
        @wraps(original)
        def loads(data: Any, *args: Any, **kwargs: Any) -> Any:
            before, start, seen = (self._running.loaded, self._running.data), perf_counter(), list[_Seen]()
            self._running.loaded, self._running.data = seen, data
            try:
                value = original(data, *args, **kwargs)
            finally:
                self._running.loaded, self._running.data = before
            if seen:
                self._guard(self._loaded, seen, data, (perf_counter() - start) * 1000)
            return value

        return loads

    def _loaded(self, seen: list[_Seen], data: bytes, milliseconds: float) -> None:
        size = length_without(data, [each.label for each in seen if each.label])
        self._ledger.hit(seen[0].store, sum(each.cost.rows for each in seen), size, milliseconds)

    # -- what stores

    def _around(self, frame: FrameType | None) -> tuple[RecordedPlace, ...]:
        return self._places.around(self._asking(frame))

    def _asking(self, frame: FrameType | None) -> FrameType | None:
        """The frame that asked a cache, whose backend may be the project's own; the same frame where none did."""
        asking = frame
        for each in islice(outwards(frame), STACK):
            if is_of_backend(each.f_code):
                asking = each.f_back
            elif self._places.path(each.f_code.co_filename) is not None:
                break
        return asking

    def _keeper(self, frame: FrameType | None) -> tuple[str, str]:
        """What pickles: Django's cache, or what the project called, by its qualified name.

        Then what had the cache do so, where that is no code of the project.
        """
        keeper, by = "pickle.dumps", ""
        for each in islice(outwards(frame), STACK):
            if is_of_backend(each.f_code):
                if makes_keys(each.f_code):
                    break
                keeper, by = DJANGO_CACHE, ""
                continue
            is_own = self._places.path(each.f_code.co_filename) is not None
            if keeper == DJANGO_CACHE and not is_own:
                by = by or _qualified(each)
            elif not is_own:
                keeper = _qualified(each)
            if is_own:
                return keeper, by
        return keeper, ""


def _behind(owner: Any) -> FrameType | None:
    """The frame behind the methods of a QuerySet that is being pickled or read, some of which the project may have."""
    return asked_of(owner, sys._getframe(), "").behind


def _qualified(frame: FrameType) -> str:
    return f"{frame.f_globals.get('__name__', '?')}.{name_of(frame.f_code)}"


def _digest(data: bytes) -> tuple[int, int]:
    """What stands for the bytes of a pickle in this process."""
    return len(data), hash(bytes(data))


def _is_copying(frame: FrameType | None) -> bool:
    """Whether `copy` asks for a state or sets one, be it through the methods of a QuerySet class of the project."""
    while frame is not None and frame.f_code.co_name in ("__getstate__", "__setstate__"):
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__") == "copy"


def _with_mark(state: dict[str, Any], label: str | None) -> dict[str, Any]:
    return {**_without_mark(state), MARK: label} if label else _without_mark(state)


def _without_mark(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != MARK}
