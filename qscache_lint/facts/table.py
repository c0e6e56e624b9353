"""The growing tables behind the facts of a module: terms, functions and classes of what is being visited."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from qscache_lint.facts.model import (
    Binding,
    ClassFacts,
    Decorator,
    Event,
    FunctionFacts,
    ModuleRecord,
    ParameterFacts,
    Return,
)
from qscache_lint.facts.places import Place
from qscache_lint.facts.terms import Choice, Guard, Join, Narrowed, Opaque, Ref, Term
from qscache_lint.source.units import Layout
from qscache_lint.values import Span


@dataclass(slots=True)
class OpenFunction:
    """A function whose body is still being read; `close` freezes it."""

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
    returns: list[Return] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    first: Ref = 0
    last: Ref = 0

    def close(self) -> FunctionFacts:
        return FunctionFacts(
            name=self.name,
            qualname=self.qualname,
            parent=self.parent,
            owner=self.owner,
            span=self.span,
            parameters=self.parameters,
            decorators=self.decorators,
            annotation=self.annotation,
            is_async=self.is_async,
            is_generator=self.is_generator,
            returns=tuple(self.returns),
            events=tuple(self.events),
            bindings={name: tuple(bound) for name, bound in self.bindings.items()},
            first=self.first,
            last=self.last,
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
    """Collects terms, functions and classes; numbers are handed out in the order of collection."""

    def __init__(self) -> None:
        self.functions: list[OpenFunction] = []
        self.classes: list[OpenClass] = []
        self.stars: list[Binding] = []
        self.conditions: dict[Ref, tuple[Guard, ...]] = {}
        self._terms: list[Term] = []
        self._places = array("I")

    @property
    def next_ref(self) -> Ref:
        """The number of the next term."""
        return len(self._terms)

    def add(self, term: Term, place: Place) -> Ref:
        self._terms.append(term)
        self._places.extend(place)
        return len(self._terms) - 1

    def add_function(self, function: OpenFunction) -> int:
        """Enter a function; returns its number."""
        self.functions.append(function)
        return len(self.functions) - 1

    def reserve(self, place: Place) -> Ref:
        """A term whose choices are not known yet: the head of a loop."""
        return self.add(Opaque("unfinished loop"), place)

    def fill(self, ref: Ref, choices: tuple[Choice, ...]) -> None:
        self._terms[ref] = Join(choices)

    def term(self, ref: Ref) -> Term:
        return self._terms[ref]

    def narrowed_from(self, ref: Ref) -> Ref:
        """The term behind what tests have shown of it."""
        while isinstance(term := self._terms[ref], Narrowed):
            ref = term.base
        return ref

    def close(self, layout: Layout) -> ModuleRecord:
        return ModuleRecord(
            terms=tuple(self._terms),
            places=self._places.tobytes(),
            functions=tuple([opened.close() for opened in self.functions]),
            classes=tuple([opened.close() for opened in self.classes]),
            stars=tuple(self.stars),
            conditions=self.conditions,
            layout=layout,
        )
