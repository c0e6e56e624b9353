"""What a cache does with a QuerySet: queries when it is stored, at a hit, and at the uses of what a hit gives."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from qscache_lint.knowledge.cache_rows import Memoizer
from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.knowledge.tables import Knowledge
from tests.semantics.caches.families import Family
from tests.semantics.caches.names import Place
from tests.semantics.django_project import metered

Rows = Any
"""A QuerySet, or what has its place in a cache."""


class Loop:
    """An event loop for one row."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def settle(self, value: Any) -> Any:
        """The value, or what is awaited when it can be."""
        return self._loop.run_until_complete(_awaited(value)) if inspect.isawaitable(value) else value

    def inside(self, step: Callable[[], Any]) -> Any:
        """What a step gives that is taken, and awaited if it can be, while the loop runs."""
        return self._loop.run_until_complete(_taken(step))

    def close(self) -> None:
        # Tasks that a cache left behind (beats, background refreshes) end before the loop does.
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


async def _awaited(value: Any) -> Any:
    return await value


async def _taken(step: Callable[[], Any]) -> Any:
    value = step()
    return await value if inspect.isawaitable(value) else value


@contextmanager
def looping() -> Iterator[Loop]:
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


def news() -> Rows:
    """A QuerySet of some stories, lazy and without an order."""
    from tests.semantics.newsroom.models import Story

    return Story.objects.filter(kind="news")


@dataclass(frozen=True)
class Uses:
    """Queries of what is done with a QuerySet that a cache hands out."""

    refined: int
    read: int
    read_again: int


def uses(hit: Callable[[], Rows]) -> Uses:
    """What refining a hit costs, then reading one, then reading another."""
    with metered() as refined:
        list(hit().filter(author__name="Ada"))
    with metered() as read:
        list(hit())
    with metered() as read_again:
        list(hit())
    return Uses(refined.queries, read.queries, read_again.queries)


def expected_uses(store: Store | None, knowledge: Knowledge) -> Uses:
    """The costs that the tables give: stored rows are there, a lazy object reads them once, nothing kept never does."""
    refining, reading = knowledge.effect_costs[Effect.REFINES], knowledge.effect_costs[Effect.ROWS]
    if store is Store.PICKLED:
        return Uses(refining.evaluated, reading.evaluated, reading.evaluated)
    return Uses(refining.lazy, reading.lazy, reading.lazy if store is None else reading.evaluated)


@dataclass(frozen=True)
class Kept:
    """What two calls do: how often the function ran, the queries of each, whether they gave the same object."""

    runs: int
    at_store: int
    limited: bool
    at_hit: int
    same: bool
    uses: Uses


def expected_kept(store: Store | None, knowledge: Knowledge) -> Kept:
    at_store = knowledge.store_costs[store].at_store if store else 0
    at_hit = knowledge.store_costs[store].at_hit if store else 0
    is_object = store in (Store.MEMO, Store.SCOPED)
    return Kept(1 if store else 2, at_store, False, at_hit, is_object, expected_uses(store, knowledge))


class Subject:
    """A function (method, property) that is decorated and counted."""

    def __init__(
        self,
        row: Memoizer,
        decorate: Callable[[Any], Any],
        family: Family,
        place: Place,
        loop: Loop,
        name: str,
        asynchronous: bool | None,
    ) -> None:
        self.runs = 0
        self._loop = loop
        self._family = family
        self._is_property = row.property
        self._is_method = row.property or row.lifetime == "instance" or name in family.methods
        self._is_asynchronous = family.asynchronous if asynchronous is None else asynchronous
        body = self._body("rows" if self._is_method else place.word)
        if self._is_method:
            self.owned = type("Owned", (family.base(),), {"rows": decorate(body), "__module__": __name__})
        else:
            self.owned = family.base()
            self._function = decorate(body)
        self.owner = family.owner(self.owned)

    def _body(self, word: str) -> Any:
        def rows(*_: Any) -> Rows:
            self.runs += 1
            return news()

        def method(self: Any) -> Rows:
            return rows()

        def function() -> Rows:
            return rows()

        async def coroutine_method(self: Any) -> Rows:
            return rows()

        async def coroutine() -> Rows:
            return rows()

        choices = {
            (True, False): method,
            (False, False): function,
            (True, True): coroutine_method,
            (False, True): coroutine,
        }
        chosen = choices[self._is_method, self._is_asynchronous]
        chosen.__name__, chosen.__qualname__ = word, f"Owned.{word}" if self._is_method else word
        return chosen

    def decorated(self) -> Any:
        """The function, or the method bound to its object."""
        return self.owner.rows if self._is_method else self._function

    def use(self) -> Rows:
        if self._family.fresh_owners:
            self.with_another_owner()
        return self._loop.inside(self._step) if self._is_asynchronous else self._step()

    def _step(self) -> Rows:
        return self.owner.rows if self._is_property else self.decorated()()

    def with_another_owner(self) -> None:
        self.owner = self._family.owner(self.owned)

    def scope(self) -> dict[str, Any]:
        """The names that expressions of the tables use."""
        if self._is_property:
            return {"o": self.owner, "C": self.owned}
        owned = {"o": self.owner} if self._is_method else {}
        return {"f": self.decorated(), **owned}


def kept(subject: Subject) -> Kept:
    """What two calls, and the uses of further hits, do."""
    with metered() as storing:
        first = subject.use()
    with metered() as hitting:
        second = subject.use()
    runs = subject.runs
    return Kept(runs, storing.queries, storing.limited, hitting.queries, second is first, uses(subject.use))
