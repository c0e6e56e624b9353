"""Memoizers that keep the very object: those of `functools`, and properties that are computed once.

What they keep is seen when it is made. From then on the object itself tells its uses, so that a hit costs nothing.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

from django.utils import functional

from qscache_lint.witness.records import Lifetime, RecordedPlace, RecordedStore
from qscache_lint.witness.runtime.foreign import HOLDERS, code_of, querysets_in
from qscache_lint.witness.runtime.guard import Guard
from qscache_lint.witness.runtime.ledger import Cost, Ledger
from qscache_lint.witness.runtime.limits import MEMOS
from qscache_lint.witness.runtime.marks import keep, kept_mark, row_count
from qscache_lint.witness.runtime.patches import Patches
from qscache_lint.witness.runtime.places import CodeKey, ProjectPlaces, key_of

LRU_CACHE = "functools.lru_cache"
PROPERTY_MODULES = ("functools", "django.utils.functional")


class _Memo:
    """An `lru_cache`, and what its function has returned."""

    def __init__(self) -> None:
        self.cache: Callable[[], Any] = lambda: None
        self.store: int | None = None
        self.querysets = 0
        self.told = 0
        """Hits that another process tells of."""

    @property
    def hits(self) -> int:
        """How often it has handed a QuerySet out again; nothing where it keeps other values as well."""
        info = getattr(self.cache(), "cache_info", lambda: None)()
        return max(info.hits - self.told, 0) if info is not None and info.misses == self.querysets else 0


class Memos:
    """Watches what is put into memos."""

    def __init__(self, ledger: Ledger, places: ProjectPlaces, guard: Guard, is_sampled: ContextVar[bool]) -> None:
        self._ledger = ledger
        self._places = places
        self._guard = guard
        self._is_sampled = is_sampled
        self._memos: set[_Memo] = set()
        """Those whose hits count: of what no code can call any more, nothing stays."""
        self.watched: set[CodeKey] = set()
        """The code of functions whose values are seen here because of their decorator."""

    def install(self, patches: Patches) -> None:
        patches.replace(functools, "cache", self._cache)
        patches.replace(functools, "lru_cache", self._lru_cache)
        patches.replace(functools.cached_property, "__get__", self._property("functools.cached_property"))
        name = "django.utils.functional.cached_property"
        patches.replace(functional.cached_property, "__get__", self._property(name))

    def hits(self) -> dict[int, int]:
        """For each store, the hits that its memoizers counted themselves since they were last cleared."""
        counted: dict[int, int] = {}
        for memo in self._memos.copy():
            if memo.store is not None:
                counted[memo.store] = counted.get(memo.store, 0) + memo.hits
        return counted

    def begin_anew(self) -> None:
        """Count hits from zero."""
        for memo in self._memos.copy():
            memo.told += memo.hits

    def kept(
        self, value: Any, lifetime: Lifetime, name: str, function: RecordedPlace, place: RecordedPlace | None = None
    ) -> int | None:
        """Count what a memo keeps if there are QuerySets in it, at its function or at a given place; the number of the
        store.

        What is not counted has its mark as well, as others may use it later.
        """
        querysets = tuple(querysets_in(value))
        if not querysets:
            return None
        around = self._places.around(sys._getframe())
        number = self._ledger.entered(RecordedStore(0, lifetime, name, place or function, function, around))
        if number is None:
            return None
        if self._is_sampled.get():
            self._count(number, querysets)
        for each in querysets:
            keep(each, self._ledger, number, around or (place or function,))
        return number

    def _count(self, number: int, querysets: Sequence[Any]) -> None:
        """Count a value with QuerySets in it, which a store has handed out before if it has its mark."""
        rows = sum(map(row_count, querysets))
        mark = kept_mark(querysets[0], self._ledger)
        if mark is not None and number in mark.stores:
            self._ledger.hit(number, rows)
        else:
            self._ledger.stored(number, Cost(rows=rows))

    # -- functools.lru_cache

    def _lru_cache(self, original: Any) -> Any:
        @functools.wraps(original)
        def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
            if callable(maxsize) and isinstance(typed, bool):
                return self._memoized(functools.partial(original, typed=typed), LRU_CACHE, maxsize)
            decorate = original(maxsize, typed)
            return lambda function: self._memoized(decorate, LRU_CACHE, function)

        return lru_cache

    def _cache(self, original: Any) -> Any:
        decorate = functools.lru_cache(maxsize=None)

        @functools.wraps(original)
        def cache(user_function: Any) -> Any:
            return self._memoized(decorate, "functools.cache", user_function)

        return cache

    def _memoized(self, decorate: Any, name: str, function: Any) -> Any:
        """What `decorate` makes of a function; of one of the project, so that what it returns is seen."""
        place = self._guard(self._places.of_function, function)
        if place is None:
            return decorate(function)
        memo, code = _Memo(), code_of(function)
        if code is not None:
            self.watched.add(key_of(code))

        @functools.wraps(function)
        def watching(*args: Any, **kwargs: Any) -> Any:
            value = function(*args, **kwargs)
            self._guard(self._returned, memo, value, name, place)
            return value

        cached = decorate(watching)
        cached.__wrapped__ = function
        self._guard(self._counted, memo, cached)
        return cached

    def _counted(self, memo: _Memo, cached: Any) -> None:
        """Have the hits of a memo counted as long as it is there, if there is room."""
        if len(self._memos) < MEMOS:
            memo.cache = weakref.ref(cached, lambda _: self._memos.discard(memo))
            self._memos.add(memo)

    def _returned(self, memo: _Memo, value: Any, name: str, function: RecordedPlace) -> None:
        number = self.kept(value, "memo", name, function)
        if number is not None:
            memo.store = number
            memo.querysets += 1

    # -- properties

    def _property(self, name: str) -> Callable[[Any], Any]:
        def make(original: Any) -> Any:
            @functools.wraps(original)
            def watching(descriptor: Any, instance: Any, owner: Any = None) -> Any:
                value = original(descriptor, instance, owner)
                if issubclass(type(value), HOLDERS):
                    self._guard(self._computed, value, name, descriptor)
                return value

            return watching

        return make

    def _computed(self, value: Any, name: str, descriptor: Any) -> None:
        place = self._places.of_function(descriptor.func)
        if place is not None:
            self.kept(value, "scoped", name, place)
