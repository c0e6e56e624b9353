"""Abstract values: what a term may come to when the program runs.

A `Value` is a tuple of atoms, one for each thing it may be; the empty tuple means that nothing is known *yet* (a loop
or a recursion is being settled). `Unknown` is an atom like any other: a value may be a QuerySet on one path and unknown
on another. Everything is frozen and compared by content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.knowledge.model import Store
from qscache_lint.project.identities import ClassId, FunctionId, ModulePath
from qscache_lint.project.querysets import Manager, ManyToMany, ModelOptions, QuerySet
from qscache_lint.values import Step


class Instance(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """An instance of a class of the project, or of a model outside it.

    One whose constructor is seen is `exact`: it is of no subclass. `given` are QuerySets that the constructor got, or
    the function that the class decorates. `told` is where an oracle has said what it is.
    """

    of: ClassId | str
    exact: bool = False
    given: tuple[tuple[str, Value], ...] = ()
    told: Step | None = None


class ClassValue(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A class of the project."""

    of: ClassId


class ManagerClass(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """What `from_queryset` makes: calling it gives a manager with the methods of `classes`."""

    classes: tuple[ClassId, ...]


class Function(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """A function of the project; `receiver` is bound to its first parameter, `frame` is where it was defined.

    `bare` leaves its decorators off.
    """

    of: FunctionId
    receiver: Atom | None = None
    frame: Frame | None = None
    bare: bool = False


class Memoized(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """A callable whose results are kept: calling it gives what `inner` gives, out of a cache.

    `bypass` are the expressions that get around the cache (see `cache_rows.Memoizer`). Reading a `property` calls it.
    """

    inner: Atom
    store: Store
    how: str
    site: Step
    name: str
    materialised: bool = False
    bypass: tuple[str, ...] = ()
    property: bool = False


class Partial(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """`functools.partial(inner, *arguments)`: each argument with its keyword, or None for a positional one."""

    inner: Atom
    arguments: tuple[tuple[str | None, Value], ...] = ()


class Guessed(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """A callable of which only its name tells what it is: what it gives has medium confidence."""

    inner: Atom


class Constantly(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A callable outside the project of which only the result is known, whatever the arguments."""

    result: Value


class Super(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """`super()` in a method of `after`: the classes behind it in the order of `start`, bound to `receiver`."""

    start: ClassId
    after: ClassId
    receiver: Atom


class NamedTupleClass(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """What `namedtuple` makes: calling it gives a tuple whose members have these names as well."""

    fields: tuple[str, ...]


class FromQuerySet(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """`SomeManager.from_queryset`, not called yet."""

    classes: tuple[ClassId, ...]


class Method(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True):
    """A method of Django's own on a QuerySet or manager, or of Python's on a container: `receiver.name`."""

    receiver: QuerySet | Manager | Collection
    name: str


class Module(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A module or package of the project; `path` is "" for a package without `__init__.py`."""

    dotted: str
    path: ModulePath


class External(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """Something outside the project, by its dotted name; `()` and `[]` mark a call or an item of it."""

    dotted: str


class Literal(msgspec.Struct, tag=True, array_like=True, frozen=True, eq=False):
    """A constant. `source` names the parameter it came through, for messages."""

    value: bool | int | str | None
    source: str = ""

    def __eq__(self, other: object) -> bool:
        """Equal constants of one type: `True` is not `1` here."""
        return (
            isinstance(other, Literal)
            and type(self.value) is type(other.value)
            and (self.value, self.source) == (other.value, other.source)
        )

    def __ne__(self, other: object) -> bool:
        """The opposite: a structure of msgspec without `eq` has one of its own, which compares identities."""
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self.value), self.value, self.source))


ITERATOR = "iterator"
"""The kind of a `Collection` that draws from a QuerySet, and can be gone through once."""

ASYNC_ITERATOR = "asynchronous iterator"
"""The same for `async for`."""

ONCE = (ITERATOR, ASYNC_ITERATOR)


class Collection(msgspec.Struct, tag=True, array_like=True, frozen=True, cache_hash=True, dict=True):
    """A container or iterator: its members by key (or position), and what any other member may be.

    A `closed` one is not known to others, which could put more in.
    """

    kind: str
    members: tuple[tuple[bool | int | str | None, Value], ...] = ()
    rest: Value = ()
    closed: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether it has no other members than these."""
        return self.closed and not self.rest

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known to be in it."""
        return not self.members and not self.rest

    @cached_property
    def leaves(self) -> Value:
        """What is in it at any depth, without the containers; found once, because containers share what they hold."""
        return tuple(dict.fromkeys(leaves(join([*(value for _, value in self.members), self.rest]))))

    @cached_property
    def depth(self) -> int:
        """How many containers stand in one another, and how many activations around the callables in them."""
        values = (*(value for _, value in self.members), self.rest)
        return 1 + max((depth_of(atom) for value in values for atom in value), default=0)

    @cached_property
    def inside(self) -> tuple[QuerySet, ...]:
        """Every QuerySet in it, at any depth."""
        return querysets(self.leaves)


class Data(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A value that is certainly no QuerySet: rows, numbers, text."""

    what: str = "data"


class Formatted(Data, tag=True, array_like=True, frozen=True):
    """Text that is put together: its fixed parts, and None for what is not known."""

    parts: tuple[str | None, ...] = ()


class Unknown(msgspec.Struct, tag=True, array_like=True, frozen=True):
    """A value that the evaluator could not determine; `reason` says where it stopped."""

    reason: str


Atom: TypeAlias = (
    QuerySet
    | Manager
    | ManyToMany
    | ModelOptions
    | Instance
    | ClassValue
    | ManagerClass
    | NamedTupleClass
    | FromQuerySet
    | Function
    | Memoized
    | Partial
    | Constantly
    | Guessed
    | Super
    | Method
    | Module
    | External
    | Literal
    | Collection
    | Data
    | Formatted
    | Unknown
)


Value: TypeAlias = tuple[Atom, ...]


class Frame(msgspec.Struct, array_like=True, frozen=True, cache_hash=True, dict=True):
    """One activation of a function: the values of its parameters. A parameter left out is unknown.

    In one that `is_open` it is whatever the project gives it (see `callsites`), and so is what objects keep.
    """

    of: FunctionId
    arguments: tuple[tuple[str, Value], ...] = ()
    outer: Frame | None = None
    depth: int = 0
    is_open: bool = False

    @staticmethod
    def enter(of: FunctionId, arguments: tuple[tuple[str, Value], ...], outer: Frame | None) -> Frame:
        """An activation; its arguments are unknown where they are too deep: recursion may add to them each time."""
        inside = [depth_of(atom) for _, value in arguments for atom in value]
        depth = 1 + max([0 if outer is None else outer.depth, *inside])
        return Frame(of) if depth > limits.FRAME_DEPTH else Frame(of, arguments, outer, depth)

    @cached_property
    def opened(self) -> Frame:
        """The same in the open; one object for all questions, since equal frames take long to compare."""
        return replace(self, is_open=True)

    @cached_property
    def closed(self) -> Frame | None:
        """The same by what the call alone says; None where that is nothing."""
        if not self.is_open:
            return self
        outer = None if self.outer is None else self.outer.closed
        return Frame(self.of, self.arguments, outer, self.depth) if self.arguments or outer is not None else None

    def argument(self, name: str) -> Value | None:
        """What a parameter was given; None when it is not known."""
        for known, value in self.arguments:
            if known == name:
                return value
        return None


def depth_of(atom: Atom) -> int:
    """How many activations stand around a callable, and how many containers stand in one another."""
    match atom:
        case Collection():
            return atom.depth
        case Function(receiver=receiver, frame=frame):
            around = 0 if frame is None else frame.depth
            return max(around, 0 if receiver is None else depth_of(receiver))
        case Memoized(inner=inner) | Partial(inner=inner) | Guessed(inner=inner):
            return 1 + depth_of(inner)
        case Instance(given=given) if given:
            return 1 + max(depth_of(each) for _, value in given for each in value)
        case _:
            return 0


def join(values: Iterable[Value]) -> Value:
    """Everything that any of `values` may be, each once, in order."""
    return tuple(dict.fromkeys(chain.from_iterable(values)))


def leaves(value: Value) -> Iterator[Atom]:
    """The atoms of a value; instead of a container, those in it."""
    for atom in value:
        if isinstance(atom, Collection):
            yield from atom.leaves
        else:
            yield atom


def querysets(value: Value) -> tuple[QuerySet, ...]:
    """The QuerySets among the atoms."""
    return tuple(atom for atom in value if isinstance(atom, QuerySet))
