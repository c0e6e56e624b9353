"""What is done with a QuerySet that a store keeps, seen from inside the QuerySet."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from types import FrameType, MethodType
from typing import Any, NamedTuple

from asgiref.sync import SyncToAsync, markcoroutinefunction
from django.core.cache.backends.base import BaseCache
from django.db.models import QuerySet

from qscache_lint.witness.records import Effect
from qscache_lint.witness.runtime.asking import Asked, asked_of, is_direct, spelled, taker
from qscache_lint.witness.runtime.foreign import is_a
from qscache_lint.witness.runtime.guard import Guard
from qscache_lint.witness.runtime.ledger import Cost, CountedUse, Ledger
from qscache_lint.witness.runtime.marks import MARK, Derived, KeptMark, derive, kept_mark, mark_of, row_count, rows_of
from qscache_lint.witness.runtime.meter import metered
from qscache_lint.witness.runtime.patches import Patches
from qscache_lint.witness.runtime.places import ProjectPlaces, Waiting


class Seam(NamedTuple):
    """A method of QuerySet that is replaced, and what reaching it does with the value; `None`: nothing.

    The seam that is reached first decides, so that `contains()` is a part although it filters.
    """

    name: str
    effect: Effect | None
    is_private: bool = False


READ = Seam("_fetch_all", "read", is_private=True)

SEAMS = (
    READ,
    Seam("_clone", "refined", is_private=True),  # also by `_chain()`
    Seam("__deepcopy__", "refined"),
    Seam("aggregate", "refined"),
    Seam("explain", "refined"),
    Seam("iterator", "refined"),
    Seam("aiterator", "refined"),
    Seam("raw", "refined"),
    Seam("__getitem__", "part"),
    Seam("contains", "part"),
    Seam("count", "part"),
    Seam("exists", "part"),
    Seam("resolve_expression", "passed"),
    Seam("update", "written"),
    Seam("delete", "written"),
    Seam("none", None),
    Seam("bulk_update", None),
)


class Taker(NamedTuple):
    """A class whose objects hold the QuerySet that they are made with, and what that does with it."""

    module: str
    name: str
    parameter: str
    position: int
    effect: Effect


TAKERS = (
    Taker("django.db.models", "Subquery", "queryset", 0, "passed"),
    Taker("django.db.models", "Prefetch", "queryset", 1, "passed"),
)

OPERATORS = ("__and__", "__or__", "__xor__")
"""Where another QuerySet stands on the right."""


class _Inside(threading.local):
    """The QuerySet of which an operation is running in this thread, and the uses that it is."""

    owner: Any = None
    uses: tuple[CountedUse, ...] = ()


class QuerySets:
    """Watches the QuerySets that have a mark."""

    def __init__(self, ledger: Ledger, places: ProjectPlaces, guard: Guard, is_sampled: ContextVar[bool]) -> None:
        self._ledger = ledger
        self._places = places
        self._guard = guard
        self._is_sampled = is_sampled
        self._inside = _Inside()

    def install(self, patches: Patches, *, is_known: bool) -> Iterator[str]:
        """Replace the methods; those that Django does not document only where its version is known.

        Gives the names of what is not there.
        """
        seams = [seam for seam in SEAMS if is_known or not seam.is_private]
        made = [(QuerySet, seam.name, self._seam(seam)) for seam in seams]
        made += [(QuerySet, name, self._operator) for name in OPERATORS]
        made += [(QuerySet, "_combinator_query", self._combination)] if is_known else []
        made += [(getattr(import_module(each.module), each.name), "__init__", self._taking(each)) for each in TAKERS]
        made += [(SyncToAsync, "__call__", self._awaited)]
        for owner, name, make in made:
            if not patches.replace(owner, name, make):
                yield f"{owner.__name__}.{name}"

    # -- on the object itself

    def _seam(self, seam: Seam) -> Callable[[Any], Any]:
        def make(original: Any) -> Any:
            @wraps(original)
            def watching(owner: Any, *args: Any, **kwargs: Any) -> Any:
                if MARK not in owner.__dict__:
                    return original(owner, *args, **kwargs)
                return self.run(seam, original, owner, args, kwargs)

            return watching

        return make

    def run(self, seam: Seam, original: Any, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An operation of a QuerySet that has a mark."""
        if self._inside.owner is owner:
            result = original(owner, *args, **kwargs)
            if is_a(result, QuerySet) and result is not owner:
                derive(result, self._inside.uses)
            return result
        was_read = rows_of(owner) is not None
        uses = self._guard(self._uses, seam, owner, sys._getframe(), args) or ()
        with self.inside(owner, uses), metered() as cost:
            result = original(owner, *args, **kwargs)
        self._guard(self._spent, seam, owner, uses, cost, was_read)
        return self._result(seam, result, owner, uses)

    @contextmanager
    def inside(self, owner: Any, uses: tuple[CountedUse, ...] = ()) -> Iterator[None]:
        """In the block, what an object does to itself is no use of its own."""
        before = self._inside.owner, self._inside.uses
        self._inside.owner, self._inside.uses = owner, uses
        try:
            yield
        finally:
            self._inside.owner, self._inside.uses = before

    def _uses(self, seam: Seam, owner: Any, frame: FrameType, args: tuple[Any, ...]) -> tuple[CountedUse, ...]:
        mark = mark_of(owner)
        if isinstance(mark, Derived):
            return mark.uses
        mark = kept_mark(owner, self._ledger)
        if mark is None or seam.effect is None or not self._is_sampled.get() or _is_no_row(seam, args):
            return ()
        asked = asked_of(owner, frame, seam.name)
        if seam is READ and self._is_hint(mark, asked):
            return ()
        waiting = self._places.waiting.get()
        effect, operation = seam.effect, spelled(asked.operation, args)
        if waiting is not None and next(self._places.frames(frame), None) is None:
            operation = waiting.operation
        elif effect == "passed" or (effect == "refined" and not is_direct(asked, self._places)):
            effect, operation = "passed", taker(asked, self._places)
        return self._used(mark, effect, operation, asked.behind)

    def _is_hint(self, mark: KeptMark, asked: Asked) -> bool:
        """Whether `list()` and the like ask for the length of what they have begun to read."""
        here = None if asked.behind is None else (id(asked.behind), asked.behind.f_lasti)
        is_hint = asked.operation == "__len__" and here is not None and mark.last_read == here
        mark.last_read = None if asked.operation == "__len__" else here
        return is_hint

    def _used(self, mark: KeptMark, effect: Effect, operation: str, frame: FrameType | None) -> tuple[CountedUse, ...]:
        places = self._places.around(frame) or mark.handed or self._places.waiting_for(frame)
        if not places:
            self._ledger.say("Cached QuerySets were used where no code of the project was running.")
            return ()
        found = (self._ledger.used(store, effect, operation, places) for store in mark.stores)
        return tuple(use for use in found if use is not None)

    def _spent(self, seam: Seam, owner: Any, uses: tuple[CountedUse, ...], cost: Cost, was_read: bool) -> None:
        if seam is READ and (not was_read or isinstance(mark_of(owner), KeptMark)):
            cost.rows = row_count(owner)
        for use in uses:
            self._ledger.spent(use, cost)

    def _result(self, seam: Seam, result: Any, owner: Any, uses: tuple[CountedUse, ...]) -> Any:
        if not uses or result is owner:
            return result
        if is_a(result, QuerySet):
            derive(result, uses)
        return self._drawn(result, uses) if seam.name == "iterator" else result

    def _drawn(self, rows: Iterator[Any], uses: tuple[CountedUse, ...]) -> Iterator[Any]:
        """The rows of `iterator()`, counted; the time between them is the reader's."""
        cost = Cost(queries=1)
        try:
            for row in rows:
                cost.rows += 1
                yield row
        finally:
            for use in uses:
                self._ledger.spent(use, cost)

    # -- as an argument

    def _taken(self, given: Any, effect: Effect, operation: str) -> tuple[CountedUse, ...]:
        mark = kept_mark(given, self._ledger) if is_a(given, QuerySet) else None
        if mark is None or self._inside.owner is given or not self._is_sampled.get():
            return ()
        return self._used(mark, effect, operation, sys._getframe())

    def _operator(self, original: Any) -> Any:
        @wraps(original)
        def watching(owner: Any, other: Any) -> Any:
            result = original(owner, other)
            if other is not owner and is_a(other, QuerySet):
                uses = self._guard(self._taken, other, "refined", spelled(original.__name__, ()))
                derive(result, uses or ())
            return result

        return watching

    def _combination(self, original: Any) -> Any:
        @wraps(original)
        def watching(owner: Any, combinator: str, *others: Any, **kwargs: Any) -> Any:
            result = original(owner, combinator, *others, **kwargs)
            for other in others:
                derive(result, self._guard(self._taken, other, "passed", combinator) or ())
            return result

        return watching

    def _taking(self, taker: Taker) -> Callable[[Any], Any]:
        def make(original: Any) -> Any:
            @wraps(original)
            def watching(made: Any, *args: Any, **kwargs: Any) -> None:
                original(made, *args, **kwargs)
                given = kwargs.get(taker.parameter, args[taker.position] if len(args) > taker.position else None)
                self._guard(self._taken, given, taker.effect, type(made).__name__)

            return watching

        return make

    # -- in a thread that a coroutine waits for

    def _awaited(self, original: Any) -> Any:
        @wraps(original)
        def watching(function: Any, *args: Any, **kwargs: Any) -> Any:
            owner = function.func.__self__ if type(function.func) is MethodType else None
            if not _concerns(owner):
                return original(function, *args, **kwargs)
            waiting = self._guard(self._waiting, owner, function.func.__name__)
            return self._in_thread(waiting, original, function, args, kwargs)

        return markcoroutinefunction(watching)

    def _waiting(self, owner: Any, name: str) -> Waiting:
        asked = asked_of(owner, sys._getframe(), name)
        places = self._places.around(asked.caller)
        return Waiting(spelled(asked.operation, ()), places, self._places.memoized(asked.caller))

    async def _in_thread(self, waiting: Any, original: Any, function: Any, args: Any, kwargs: Any) -> Any:
        token = self._places.waiting.set(waiting)
        try:
            return await original(function, *args, **kwargs)
        finally:
            self._guard(self._places.waiting.reset, token)


def _is_no_row(seam: Seam, args: tuple[Any, ...]) -> bool:
    """Whether a name stands in the brackets, as templates try it first for every dot."""
    return seam.name == "__getitem__" and is_a(args[0], str)


def _concerns(owner: Any) -> bool:
    """Whether what a coroutine hands to a thread may ask a cached QuerySet, or a cache."""
    return is_a(owner, BaseCache) or (is_a(owner, QuerySet) and mark_of(owner) is not None)
