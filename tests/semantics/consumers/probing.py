"""What a probe is: it drives one name of consumers.toml with a QuerySet in the place that the row speaks of.

A probe never says what it expects: `test_consumers` meters it and compares with the tables.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import tee
from typing import Any, TypeAlias

from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Ordered, Slot

Probe: TypeAlias = Callable[["Given"], object]
Shape: TypeAlias = Callable[[Any], Any]
"""What is made of the QuerySet before it is shared: other rows, plain values, a slice."""
Key: TypeAlias = tuple[object, bool, str, str]


@dataclass(frozen=True)
class Use:
    """One place in which one name of a row takes a QuerySet.

    `member` is the method that is called, the attribute that is set or the method that returns it; empty for a call of
    the name itself. `kind` is "argument", "keyword", "attribute" or "return"; `position` is that of an argument.
    """

    row: Consumer
    name: str
    kind: str
    member: str = ""
    slot: Slot = field(default_factory=Slot)
    position: int = -1
    ordered: Ordered = "no"

    @property
    def key(self) -> Key:
        """What identifies the probe: the very object (the same under every name), its member, the special case."""
        member = f"{self.member}()" if self.kind == "return" else self.member
        return resolve(self.name), self.name.endswith("()"), member, self.row.where

    def __str__(self) -> str:
        place = {
            "argument": f"({self.position})",
            "keyword": f"({self.slot.keyword}=)",
            "attribute": " is set",
            "return": "() returns",
        }[self.kind]
        where = f" with {self.row.where}" if self.row.where else ""
        ordered = f" ordered {self.ordered}" if self.row.exceptional else ""
        return f"{self.name}{'.' * bool(self.member)}{self.member}{place}{where}{ordered}"


@cache
def resolve(name: str) -> Any:
    """The object behind a dotted name; of a name that ends in `()`, what is called."""
    parts = name.removesuffix("()").split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        try:
            return _follow(import_module(module), parts[length:])
        except ModuleNotFoundError as error:
            if not f"{module}.".startswith(f"{error.name}."):
                raise
    return _follow(import_module("builtins"), parts)


def _follow(found: Any, attributes: list[str]) -> Any:
    for attribute in attributes:
        found = getattr(found, attribute)
    return found


_MADE_ONE_BY_ONE = ("numbered", "zipped", "chained")
"""What such a call gives is there only once; the test looks at a copy."""


class Given:
    """What a probe gets: the target that the row names, and the QuerySet to hand over.

    `results` are what the calls gave back to which the QuerySet was handed.
    """

    def __init__(self, use: Use, queryset: Any) -> None:
        self.use = use
        self.queryset = queryset
        self.target = resolve(use.name)
        self.results: list[Any] = []

    def __call__(self, /, *before: Any, **after: Any) -> Any:
        """Call the target with the QuerySet in its place among other arguments."""
        return self.call(self.target, *before, **after)

    def method(self, owner: Any, /, *before: Any, **after: Any) -> Any:
        """Call the method of an instance (or class) with the QuerySet in its place."""
        return self.call(getattr(owner, self.use.member), *before, **after)

    def call(self, function: Any, /, *before: Any, **after: Any) -> Any:
        """Call any function with the QuerySet in its place. What is awaitable is awaited."""
        slot, value = self.use.slot, self._value()
        if self.use.kind == "keyword":
            assert slot.keyword is not None, self.use
            result = function(*before, **{slot.keyword: value}, **after)
        else:
            position = self.use.position
            assert len(before) >= position, f"{self.use}: there is nothing to stand before the QuerySet"
            result = function(*before[:position], value, *before[position:], **after)
        result = awaited(result)
        if self.use.row.gives in _MADE_ONE_BY_ONE:
            result, kept = tee(result)
            self.results.append(kept)
            return result
        self.results.append(result)
        return result

    def _value(self) -> Any:
        match self.use.slot.entry:
            case "":
                return self.queryset
            case "[]":
                return [self.queryset]
            case key:
                return {key: self.queryset}

    def derive(self, *bases: Any, **members: Any) -> Any:
        """A subclass of the target that has the QuerySet as the attribute, or returns it from the method."""
        given = self.queryset if self.use.kind == "attribute" else lambda _, *__, **___: self.queryset
        return type(f"Own{self.target.__name__}", (*bases, self.target), {self.use.member: given, **members})

    def assign(self, owner: Any) -> Any:
        """Set the attribute of an instance (or class) to the QuerySet; gives the owner back."""
        setattr(owner, self.use.member, self.queryset)
        return owner


def awaited(result: Any) -> Any:
    """The result itself, or what comes out of awaiting it."""
    from asgiref.sync import async_to_sync

    if not inspect.isawaitable(result):
        return result

    async def wait() -> Any:
        return await result

    return async_to_sync(wait)()


@dataclass(frozen=True)
class Registered:
    """A probe: what it drives, and what it needs the QuerySet to be."""

    name: str
    member: str
    where: str
    probe: Probe
    shape: Shape

    @property
    def key(self) -> Key:
        return resolve(self.name), self.name.endswith("()"), self.member, self.where


class Probes(list[Registered]):
    """The probes of one subject."""

    def probe(
        self, *names: str, member: str | tuple[str, ...] = "", where: str = "", shape: Shape = lambda queryset: queryset
    ) -> Callable[[Probe], Probe]:
        """Register a function for names: of a call, of methods, of an attribute, or (`x()`) of what a method returns.

        One name of an object is enough: each name that a row has for it is executed.
        """

        def register(function: Probe) -> Probe:
            for name in names:
                for each in (member,) if isinstance(member, str) else member:
                    self.append(Registered(name, each, where, function, shape))
            return function

        return register


def named_rows(method: str) -> str:
    """A method that a row speaks of: of those whose name begins alike, the one for `rows`."""
    return method.replace("*", "rows")


def uses(row: Consumer) -> Iterator[Use]:
    """Every place in which a row says that a QuerySet is taken, under every name."""
    orders: tuple[Ordered, ...] = ("no", "yes", "totally") if row.exceptional else ("no",)
    for name in row.names:
        for ordered in orders:
            for method in row.methods or ("",):
                for slot in row.arguments:
                    yield from _arguments(row, name, method, slot, ordered)
            for attribute in row.attributes:
                yield Use(row, name, "attribute", attribute, ordered=ordered)
            for method in map(named_rows, row.returns):
                yield Use(row, name, "return", method, ordered=ordered)


def _arguments(row: Consumer, name: str, method: str, slot: Slot, ordered: Ordered) -> Iterator[Use]:
    if slot.index >= 0:
        for position in (slot.index, slot.index + 1) if slot.rest else (slot.index,):
            yield Use(row, name, "argument", method, slot, position, ordered)
    if slot.keyword is not None:
        yield Use(row, name, "keyword", method, slot, -1, ordered)
