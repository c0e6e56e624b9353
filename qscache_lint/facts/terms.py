"""Terms: the values of a module, without any syntax left.

A module is a flat table of *terms*. A term names its operands by their index in that table (`Ref`), so a value used
twice is stored once, and loops are ordinary cycles. Assignments, branches and loops are already resolved: a term refers
to the value that a name had at that point, and a `Join` lists the values it may have had, each with the tests that
select it. Terms say nothing about meaning; the project layer evaluates them.

The span of a term is where the value is made: a name is the term that was bound to it, with the span it has there. What
hands a value over (an argument, a `return`, an assignment, a member of a container) therefore says itself where the
expression stands that it hands over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import msgspec

from qscache_lint.values import Span

Ref: TypeAlias = int
"""The number of a term in `ModuleFacts.terms`."""


class Guard(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A test that has to come out as `result` for a branch to be taken."""

    test: Ref
    result: bool


class Choice(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One of the values that a `Join` may have, with the tests that select it."""

    value: Ref
    guards: tuple[Guard, ...] = ()


class Argument(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One argument of a call; `star` is "", "*" or "**"."""

    value: Ref
    keyword: str | None
    star: str
    span: Span


class Constant(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A literal. Numbers other than `int` and bytes are `Opaque`."""

    value: bool | int | str | None


class Name(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A global name of the module, else a builtin."""

    name: str


class Import(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """What an import statement binds: the module itself, or `name` out of it. `level` counts the leading dots."""

    module: str
    level: int
    name: str | None = None


class Parameter(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A parameter of function number `function`, as it was passed in."""

    function: int
    name: str


class Free(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A name of the enclosing function number `function`, read from a nested one: any value bound to it there."""

    function: int
    name: str


class FunctionTerm(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Function number `index` of the module, with its decorators applied."""

    index: int


class ClassTerm(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """Class number `index` of the module."""

    index: int


class Attribute(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base.name`; `at` is the span of the name."""

    base: Ref
    name: str
    at: Span


class Call(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`function(arguments)`."""

    function: Ref
    arguments: tuple[Argument, ...]


class Item(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base[key]`; `at` is the span of the opening bracket."""

    base: Ref
    key: Ref
    at: Span


class Slice(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base[start:stop:step]`; `at` is the span of the opening bracket."""

    base: Ref
    start: Ref | None
    stop: Ref | None
    step: Ref | None
    at: Span


class Binary(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`left operator right`; `at` is the span of the operator."""

    operator: str
    left: Ref
    right: Ref
    at: Span


class Compare(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`left operator right` for one comparison, `in` and `is not` included."""

    operator: str
    left: Ref
    right: Ref


class Not(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`not operand`."""

    operand: Ref


class Element(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """What iterating over `base` gives, one at a time."""

    base: Ref


class Member(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """What unpacking `base` gives at `position`; one below 0 counts from the end."""

    base: Ref
    position: int


class Awaited(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`await base`."""

    base: Ref


class Entered(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """What `with base as …` binds."""

    base: Ref


class Join(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """One of several values, as the branches taken decide."""

    choices: tuple[Choice, ...]


class Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A member of a container; `key` is None in sequences, `span` is that of the value's expression.

    `star`: any number of such members (a comprehension, `*rows`); without a key in a dict, all those of another dict.
    """

    key: Ref | None
    value: Ref
    span: Span
    star: bool = False


class Container(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A tuple, list, set or dict display, or a comprehension (one starred entry), which draws from `drawn`."""

    kind: Literal["tuple", "list", "set", "dict", "generator", "async generator"]
    entries: tuple[Entry, ...]
    drawn: Ref | None = None


class Updated(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base` after `base[key] = value`."""

    base: Ref
    key: Ref
    value: Ref


class Narrowed(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base` where a test has shown that it is an instance of `classes` (or is not, as `result` says)."""

    base: Ref
    classes: Ref
    result: bool


class Mutated(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base` after the call of a method that may change it: `base.append(value)`.

    `again`: the call stands in a loop, which may run it any number of times.
    """

    base: Ref
    method: str
    arguments: tuple[Argument, ...]
    again: bool = False


class Text(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A formatted string: its parts in order."""

    parts: tuple[Ref, ...]


class Opaque(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """A value that the facts do not follow; `operands` are the terms it was made of, `reason` says why."""

    reason: str
    operands: tuple[Ref, ...] = ()


Term: TypeAlias = (
    Constant
    | Name
    | Import
    | Parameter
    | Free
    | FunctionTerm
    | ClassTerm
    | Attribute
    | Call
    | Item
    | Slice
    | Binary
    | Compare
    | Not
    | Element
    | Member
    | Awaited
    | Entered
    | Join
    | Container
    | Updated
    | Narrowed
    | Mutated
    | Text
    | Opaque
)

YIELDED, YIELDED_FROM = "sent value", "what the other generator returns"
"""The reasons of the `Opaque` terms that `yield` and `yield from` are: what they give, their operand is given out."""

MUTATORS = frozenset({"append", "add", "insert", "extend", "update", "setdefault"})
"""Methods of Python's containers that put something in."""


def same_object(term: Term) -> Ref | None:
    """The term whose very object `term` is: what is known of it has changed, not what it is. None for all others."""
    return term.base if isinstance(term, (Narrowed, Mutated)) else None


def operands(term: Term) -> tuple[Ref, ...]:
    """The terms that `term` is directly made of."""
    find = _OPERANDS.get(type(term))
    return () if find is None else find(term)


def _operands_of_container(term: Container) -> tuple[Ref, ...]:
    keys = (entry.key for entry in term.entries if entry.key is not None)
    return (*keys, *(entry.value for entry in term.entries))


_OPERANDS: dict[type[object], Callable[[Any], tuple[Ref, ...]]] = {
    **dict.fromkeys((Attribute, Element, Member, Awaited, Entered, Narrowed), lambda term: (term.base,)),
    Text: lambda term: term.parts,
    Opaque: lambda term: term.operands,
    Mutated: lambda term: (term.base, *[argument.value for argument in term.arguments]),
    Call: lambda term: (term.function, *[argument.value for argument in term.arguments]),
    Item: lambda term: (term.base, term.key),
    Slice: lambda term: (term.base, *[each for each in (term.start, term.stop, term.step) if each is not None]),
    **dict.fromkeys((Binary, Compare), lambda term: (term.left, term.right)),
    Not: lambda term: (term.operand,),
    Join: lambda term: tuple([choice.value for choice in term.choices]),
    Container: _operands_of_container,
    Updated: lambda term: (term.base, term.key, term.value),
}
