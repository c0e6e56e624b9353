"""What the names of a package need in order to be executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from tests.semantics.caches.names import Call, Fill, Place, call, execute

Server: TypeAlias = Literal["redis", "memcached"]


class Owner:
    """An object with cached methods and properties."""


def no_finish(place: Place, receiver: Any, result: Any) -> None:
    """Nothing is left to be done after a call."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """How names that begin alike are executed.

    `fill`: arguments inside the names; `variants`: those of calls with a written argument. `needs`: the further
    packages, and `servers`: the servers, of names that have a certain part; what a row is tried with counts as a part
    ("NAME with BACKEND"). `backends`: what rows with a backend are tried with; `dummies` keep nothing. `around`: what
    has to hold while a row runs. `asynchronous`: functions are coroutine functions. `methods`: the decorators that are
    for methods only. `owner` makes objects with a cached method, of a class that derives from `base`; with
    `fresh_owners`, each use is by another one. `reads`: how a store without rows for reading is read. `more`: further
    arguments of a method, by its full name. `finish`: what completes the work of a serializer, which may go on in
    another thread; `refusals`: the exceptions by which it refuses. `alone`: in a child process, because Django's own
    classes are changed. `tasks`: the last call of a receiver decorates a function.
    """

    names: tuple[str, ...]
    fill: Fill = field(default_factory=dict)
    variants: Fill = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, Server] = field(default_factory=dict)
    backends: tuple[str, ...] = ("",)
    dummies: tuple[str, ...] = ()
    around: Callable[[Place], AbstractContextManager[Any]] = nullcontext
    asynchronous: bool = False
    methods: tuple[str, ...] = ()
    fresh_owners: bool = False
    base: Callable[[], type] = lambda: Owner
    owner: Callable[[type], Any] = lambda owned: owned()
    reads: Mapping[str, Callable[[Any, str], Any]] = field(default_factory=dict)
    more: Mapping[str, Callable[[Place], Call]] = field(default_factory=dict)
    finish: Callable[[Place, Any, Any], None] = no_finish
    refusals: tuple[str, ...] = ("builtins.TypeError",)
    alone: bool = False
    tasks: bool = False

    def servers_of(self, name: str) -> tuple[Server, ...]:
        """The servers without which a name (or a backend) cannot be tried."""
        return tuple(server for part, server in self.servers.items() if part in name)

    def packages_of(self, name: str) -> tuple[str, ...]:
        """The packages without which a name (or a backend) cannot be tried, beside that of its row."""
        return tuple(package for part, package in self.needs.items() if part in name)

    def object(self, name: str, place: Place) -> Any:
        """What a name stands for."""
        decorating = {name.removesuffix("()"): lambda at: call(new_work(at.word))} if self.tasks else {}
        return execute(name, {**self.fill, **decorating}, self.variants, place)


def work(*_: Any, **__: Any) -> None:
    """What tasks do: nothing."""


def new_work(name: str) -> Callable[..., None]:
    """A task that no queue knows yet."""

    def new(*_: Any, **__: Any) -> None:
        """Nothing."""

    new.__name__ = new.__qualname__ = name
    return new


def nothing_more(_: Place) -> Call:
    """No further arguments."""
    return call()


DEFAULT = Family(names=("",))
