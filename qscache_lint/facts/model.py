"""Facts: what one module states about its functions, classes and names, over the table of its terms."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from qscache_lint.facts.terms import Guard, Ref, Term
from qscache_lint.source.units import Layout
from qscache_lint.values import Span


class Return(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A `return` (or the body of a lambda) at the `span` of its expression, with the tests on the way to it."""

    value: Ref
    guards: tuple[Guard, ...]
    span: Span


class AttributeStore(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base.name = value`; `span` is that of the target, `value_span` that of the expression on the right."""

    base: Ref
    name: str
    value: Ref
    guards: tuple[Guard, ...]
    span: Span
    value_span: Span


class ItemStore(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`base[key] = value`; `span` is that of the target, `value_span` that of the expression on the right."""

    base: Ref
    key: Ref
    value: Ref
    guards: tuple[Guard, ...]
    span: Span
    value_span: Span


class NameStore(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`name = value` where `global` or `nonlocal` makes the name outlive the function; spans as for an attribute."""

    name: str
    value: Ref
    guards: tuple[Guard, ...]
    span: Span
    value_span: Span


class Test(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """The truth of `value` decides something."""

    value: Ref
    guards: tuple[Guard, ...]
    span: Span


class Iteration(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`value` is iterated: a `for`, a comprehension, an unpacking."""

    value: Ref
    guards: tuple[Guard, ...]
    span: Span


class Escape(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`value` leaves by `yield`, `raise`, `del` or another way that the facts do not follow."""

    value: Ref
    guards: tuple[Guard, ...]
    span: Span


class Removal(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=True):
    """`del value[key]`; `span` is that of the target."""

    value: Ref
    guards: tuple[Guard, ...]
    span: Span


Event: TypeAlias = AttributeStore | ItemStore | NameStore | Test | Iteration | Escape | Removal


class ParameterFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One parameter; `kind` is "positional", "keyword", "*" or "**"."""

    name: str
    kind: str
    default: Ref | None = None
    annotation: Ref | None = None


class Decorator(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A decorator expression; `text` is its source."""

    value: Ref
    span: Span
    text: str


class Binding(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A name got a value at `span` (the name itself), behind the tests of `guards`.

    `value_span` is that of the expression that gave it; of a definition or import, the name again. `certain`: by a
    statement of the module itself, in no block, so that it runs whenever the module is imported.
    """

    value: Ref
    span: Span
    value_span: Span
    guards: tuple[Guard, ...] = ()
    certain: bool = False


class FunctionFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One function or lambda. Number 0 of a module is the module's own body.

    `parent` is the enclosing function, `owner` the class whose body defines it. The terms of its body are those of
    `first` up to and not including `last`.
    """

    name: str
    qualname: str
    parent: int | None
    owner: int | None
    span: Span
    parameters: tuple[ParameterFacts, ...]
    decorators: tuple[Decorator, ...]
    annotation: Ref | None
    is_async: bool
    is_generator: bool
    returns: tuple[Return, ...]
    events: tuple[Event, ...]
    bindings: dict[str, tuple[Binding, ...]]
    first: Ref
    last: Ref


class ClassFacts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One class: what its body binds, in order, its bases, and what it declares of attributes (also of `self.name`)."""

    name: str
    qualname: str
    owner: int | None
    function: int
    span: Span
    bases: tuple[Ref, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    members: dict[str, tuple[Binding, ...]] = {}
    annotations: dict[str, Ref] = {}


class ModuleRecord(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """All facts of one file, in a form that can be kept and sent.

    `places` has four numbers for each term (see `facts.places.Place`), `conditions` the tests on the way to a call, an
    item, a slice or an operator that is not always reached, `stars` the modules that every name is taken from, `layout`
    where its units begin.
    """

    terms: tuple[Term, ...]
    places: bytes
    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    stars: tuple[Binding, ...]
    conditions: dict[Ref, tuple[Guard, ...]]
    layout: Layout
