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

    def takes(self, position: int, keyword: str | None) -> bool:
        """Whether this is the argument at `position`, or with `keyword`."""
        return self.index == position if keyword is None else self.keyword == keyword


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An argument with a certain value."""

    index: int
    keyword: str
    value: int


class Memoizer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decorator that keeps what the function returns; a property when `property` says so.

    With the argument that `off` names, it keeps nothing.
    """

    names: tuple[str, ...]
    store: Store
    property: bool = False
    off: Argument | None = None


class StoreCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method that keeps the value it is given.

    Without a `key`, the receiver is a variable with one value. `mapping`: the value is a dict of several entries.
    `hands_out`: the call gives the kept value back. `calls_value`: a callable value is called, and its result kept.
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
    """A method that hands out what was kept under a key (or in the receiver itself), or else its `default`."""

    receivers: tuple[str, ...]
    methods: tuple[str, ...]
    default: Slot
    key: Slot | None = None


class Flavour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decorators that decide how a function is bound when it is read through a class or an instance."""

    names: tuple[str, ...]
    binding: Literal["static", "class", "property"]


class Handmade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names by which home-made memoizers are recognised; the tables say where each is looked for."""

    store_methods: tuple[str, ...]
    read_methods: tuple[str, ...]
    materialisers: tuple[str, ...]
    requests: tuple[str, ...]


class Transparent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decorators that hand on what the function returns."""

    names: tuple[str, ...]


class Caches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of caches.toml."""

    memoizer: tuple[Memoizer, ...]
    store: tuple[StoreCall, ...]
    read: tuple[ReadCall, ...]
    transparent: tuple[Transparent, ...]
    transparent_endings: tuple[str, ...]
    flavour: tuple[Flavour, ...]
    handmade: Handmade


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
    model_modules: tuple[str, ...]
    model_calls: tuple[str, ...]
    model_lookups: tuple[str, ...]
    manager: tuple[str, ...]
    queryset: tuple[str, ...]
    other_mappers: tuple[str, ...]


class Managers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names under which Django gives a model its manager, and names that many objects of Django's have."""

    names: tuple[str, ...]
    common_attributes: tuple[str, ...]


class Relations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dotted names of the fields that point at another model."""

    to_one: tuple[str, ...]
    to_many: tuple[str, ...]


class Annotations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Types by what they say of a value: one of several types, that type itself, a class, a container, or nothing."""

    union: tuple[str, ...]
    wrappers: tuple[str, ...]
    class_of: tuple[str, ...]
    containers: tuple[str, ...]
    anything: tuple[str, ...]


class QuerySets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of queryset.toml."""

    operation: tuple[Operation, ...]
    operator: tuple[Operator, ...]
    classes: Classes
    managers: Managers
    relations: Relations
    annotations: Annotations


class Consumer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Functions that do the same with a QuerySet in one of their arguments."""

    names: tuple[str, ...]
    arguments: tuple[Slot, ...]
    effect: Effect
    gives: Gives

    def takes(self, position: int, keyword: str | None) -> bool:
        """Whether the argument at `position` (or with `keyword`) is one that this row speaks of."""
        return any(slot.takes(position, keyword) for slot in self.arguments)


class Lookups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Suffixes of keyword arguments that take a QuerySet into another query."""

    refining: tuple[str, ...]


class Consumers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of consumers.toml."""

    consumer: tuple[Consumer, ...]
    lookups: Lookups
