"""The rows of the knowledge tables, as typed values; the comments in the tables say what the words mean."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec


class Store(str, Enum):
    """How a cache keeps a value. The third digit of a `QSC1..`/`QSC2..` code follows this order."""

    PICKLED = "pickled"
    MEMO = "memo"
    SCOPED = "scoped"

    @property
    def digit(self) -> int:
        return list(Store).index(self) + 1


class Effect(str, Enum):
    """What an operation does with the rows of the QuerySet it is called on."""

    REFINES = "refines"
    PART = "part"
    FIRST = "first"
    ROWS = "rows"
    WRITES = "writes"
    NONE = "none"


Gives = Literal["queryset", "values", "raw", "instance", "rows", "data"]


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One argument of a call: by position (counted from 0) or by keyword."""

    index: int
    keyword: str | None = None


class Memoizer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decorator that keeps what the function returns; a property when `property` says so."""

    names: tuple[str, ...]
    store: Store
    property: bool = False


class StoreCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method that keeps the value it is given.

    `mapping`: the value is a dict of several entries. `hands_out`: the call gives the kept value back.
    `calls_value`: a callable value is called, and its result kept.
    """

    receivers: tuple[str, ...]
    methods: tuple[str, ...]
    value: Slot
    store: Store
    key: Slot | None = None
    mapping: bool = False
    hands_out: bool = False
    calls_value: bool = False


class ReadCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method that hands out what was kept under a key."""

    receivers: tuple[str, ...]
    methods: tuple[str, ...]
    key: Slot


class Transparent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decorators that hand on what the function returns."""

    names: tuple[str, ...]


class Caches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of caches.toml."""

    memoizer: tuple[Memoizer, ...]
    store: tuple[StoreCall, ...]
    read: tuple[ReadCall, ...]
    transparent: tuple[Transparent, ...]


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """QuerySet methods that behave alike."""

    names: tuple[str, ...]
    effect: Effect
    gives: Gives
    raises_on_slice: bool = False
    refines_arguments: bool = False
    orders: Literal["yes", "no", "unless_empty", "as_before"] = "as_before"


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Operators between two QuerySets."""

    symbols: tuple[str, ...]
    effect: Effect
    gives: Gives
    orders: Literal["yes", "no", "unless_empty", "as_before"] = "as_before"


class Classes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dotted names of the Django classes that projects derive from."""

    model: tuple[str, ...]
    manager: tuple[str, ...]
    queryset: tuple[str, ...]


class Managers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names under which Django gives a model its manager."""

    names: tuple[str, ...]


class Relations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dotted names of the fields that point at another model."""

    to_one: tuple[str, ...]
    to_many: tuple[str, ...]


class QuerySets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of queryset.toml."""

    operation: tuple[Operation, ...]
    operator: tuple[Operator, ...]
    classes: Classes
    managers: Managers
    relations: Relations


class Consumer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Functions that do the same with a QuerySet in one of their arguments."""

    names: tuple[str, ...]
    arguments: tuple[Slot, ...]
    effect: Effect
    gives: Gives

    def takes(self, position: int, keyword: str | None) -> bool:
        """Whether the argument at `position` (or with `keyword`) is one that this row speaks of."""
        if keyword is not None:
            return any(slot.keyword == keyword for slot in self.arguments)
        return any(slot.index == position for slot in self.arguments)


class Lookups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Suffixes of keyword arguments that take a QuerySet into another query."""

    refining: tuple[str, ...]


class Consumers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of consumers.toml."""

    consumer: tuple[Consumer, ...]
    lookups: Lookups
