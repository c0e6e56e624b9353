"""The growing tables behind a `Fragment`: terms, functions and classes of what is being visited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qscache_lint.facts.model import (
    Binding,
    Body,
    Choice,
    ClassFacts,
    Decorator,
    Event,
    Fragment,
    Guard,
    Join,
    Narrowed,
    Opaque,
    ParameterFacts,
    Ref,
    Return,
    Signature,
    Term,
)
from qscache_lint.facts.numbers import first_function, first_term
from qscache_lint.values import Span


@dataclass(slots=True)
class OpenFunction:
    """A function whose body is still being read, or left out for now."""

    name: str
    qualname: str
    parent: int | None
    owner: int | None
    span: Span
    parameters: tuple[ParameterFacts, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    annotation: Ref | None = None
    is_async: bool = False
    is_generator: bool = False
    is_read: bool = False
    returns: list[Return] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    first: Ref = 0
    last: Ref = 0

    @staticmethod
    def reopened(signature: Signature) -> OpenFunction:
        """A function whose head is known, and whose body is read now."""
        return OpenFunction(
            name=signature.name,
            qualname=signature.qualname,
            parent=signature.parent,
            owner=signature.owner,
            span=signature.span,
            parameters=signature.parameters,
        )

    def signature(self) -> Signature:
        return Signature(
            name=self.name,
            qualname=self.qualname,
            parent=self.parent,
            owner=self.owner,
            span=self.span,
            parameters=self.parameters,
            decorators=self.decorators,
            annotation=self.annotation,
            is_async=self.is_async,
        )

    def body(self) -> Body:
        return Body(
            returns=tuple(self.returns),
            events=tuple(self.events),
            bindings={name: tuple(bound) for name, bound in self.bindings.items()},
            first=self.first,
            last=self.last,
            is_generator=self.is_generator,
        )


@dataclass(slots=True)
class OpenClass:
    """A class whose body is still being read; `close` freezes it."""

    name: str
    qualname: str
    owner: int | None
    function: int
    span: Span
    bases: tuple[Ref, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    members: dict[str, list[Binding]] = field(default_factory=dict)
    annotations: dict[str, Ref] = field(default_factory=dict)

    @staticmethod
    def reopened(facts: ClassFacts) -> OpenClass:
        """A class whose body is known, around what is read now."""
        return OpenClass(facts.name, facts.qualname, facts.owner, facts.function, facts.span)

    def close(self) -> ClassFacts:
        return ClassFacts(
            name=self.name,
            qualname=self.qualname,
            owner=self.owner,
            function=self.function,
            span=self.span,
            bases=self.bases,
            decorators=self.decorators,
            members={name: tuple(bound) for name, bound in self.members.items()},
            annotations=self.annotations,
        )


class FactsTable:
    """Collects terms, functions and classes; numbers are handed out in the order of collection.

    The body of function number `inside` has numbers of its own, which follow from that of the function. Of the module
    `around` it needs the heads of functions and the names of classes.
    """

    def __init__(self, inside: int | None = None, around: Fragment | None = None) -> None:
        self.classes: list[OpenClass] = []
        self.stars: list[Binding] = []
        self.conditions: dict[Ref, tuple[Guard, ...]] = {}
        self.functions: dict[int, OpenFunction] = {}
        self._first = 0 if inside is None else first_term(inside)
        self._first_function = 0 if inside is None else first_function(inside)
        self._terms: list[Term] = []
        self._spans: list[Span] = []
        self._known: Sequence[int] = ()
        if inside is not None and around is not None:
            self._reopen(inside, around)

    def _reopen(self, inside: int, around: Fragment) -> None:
        self.functions[0] = OpenFunction.reopened(around.signatures[0])
        self.functions[0].bindings = {name: [] for name in around.bodies[0].bindings}
        self.functions[inside] = OpenFunction.reopened(around.signatures[inside])
        self.classes = [OpenClass.reopened(each) for each in around.classes]
        self._known = tuple(self.functions)

    @property
    def next_ref(self) -> Ref:
        """The number of the next term."""
        return self._first + len(self._terms)

    def add(self, term: Term, span: Span) -> Ref:
        self._terms.append(term)
        self._spans.append(span)
        return self._first + len(self._terms) - 1

    def add_function(self, function: OpenFunction) -> int:
        """Enter a function; returns its number."""
        number = self._first_function + len(self.functions) - len(self._known)
        self.functions[number] = function
        return number

    def reserve(self, span: Span) -> Ref:
        """A term whose choices are not known yet: the head of a loop."""
        return self.add(Opaque("unfinished loop"), span)

    def fill(self, ref: Ref, choices: tuple[Choice, ...]) -> None:
        self._terms[ref - self._first] = Join(choices)

    def term(self, ref: Ref) -> Term:
        return self._terms[ref - self._first]

    def narrowed_from(self, ref: Ref) -> Ref:
        """The term behind what tests have shown of it."""
        while isinstance(term := self._terms[ref - self._first], Narrowed):
            ref = term.base
        return ref

    def close(self) -> Fragment:
        own = {number: each for number, each in self.functions.items() if number not in self._known}
        return Fragment(
            first=self._first,
            terms=tuple(self._terms),
            spans=tuple(self._spans),
            signatures={number: each.signature() for number, each in own.items()},
            bodies={number: each.body() for number, each in self.functions.items() if each.is_read},
            classes=() if self._known else tuple(opened.close() for opened in self.classes),
            stars=tuple(self.stars),
            conditions=self.conditions,
        )

