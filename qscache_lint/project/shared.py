"""Shared QuerySets: those that a module or class body builds once, for all code that imports it, and what reads them.

A QuerySet is known by the place that built it: every refinement and copy is built elsewhere. So what is read is the
shared one where its place stands in the body of a module, whatever name, attribute or function has led to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import ClassVar

import msgspec

from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Attribute, Call, Name, Parameter, Ref
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.abstract import Atom, ClassValue, Function, Instance, Module, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.core import Context, answers
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.project.import_time import leading
from qscache_lint.project.marks import marked
from qscache_lint.project.operations import Demand
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.takings import Way
from qscache_lint.values import Confidence, Span, Step

_READING = (Way.OPERATOR, Way.ARGUMENT, Way.METHOD, Way.RETURNED)


class SharedRead(msgspec.Struct, frozen=True, array_like=True):
    """One place that reads all rows of a shared QuerySet itself: `operation` as users write it, `name` what it reads.

    `value` is the term that is read. `is_refused`: the framework of its class raises when that is read.
    """

    path: ModulePath
    span: Span
    operation: str
    name: str
    value: Ref
    built: Step
    confidence: Confidence
    is_refused: bool = False


class BuiltIn(Question[frozenset[Span]], frozen=True):
    """The places of a module whose body may build a QuerySet there."""

    bottom: ClassVar[frozenset[Span]] = frozenset()

    path: ModulePath


@answers(BuiltIn)
def _built_in(context: Context, asked: BuiltIn) -> frozenset[Span]:
    facts = context.module(asked.path)
    return frozenset() if facts is None else frozenset(facts.spans[ref] for ref, _ in facts.of_kind(Call, 0))


def shared(context: Context, value: Value) -> QuerySet | None:
    """The shared QuerySet that a value is for sure; None for every other value."""
    match value:
        case (QuerySet(origin=None, built=Step(path=path, span=span)) as found,):
            return found if not found.bound.sliced and span in context.ask(BuiltIn(path)) else None
        case _:
            return None


def shared_names(evaluator: Evaluator, path: ModulePath, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that a module gives to QuerySets which it builds while it is imported, those of parameters included.

    `names` are those by which a query is reached.
    """
    facts = evaluator.project.facts(path)
    if facts is None:
        return ()
    built = leading(facts, 0, names)
    given = ((name, ref) for name, ref in _given(facts) if ref in built)
    return tuple(
        dict.fromkeys(name for name, ref in given if shared(evaluator, evaluator.value(path, ref)) is not None)
    )


def _given(facts: ModuleFacts) -> Iterator[tuple[str, Ref]]:
    """What the body of a module and those of classes give to names, and the defaults of parameters."""
    for members in (facts.body.bindings, *(opened.members for opened in facts.classes)):
        yield from ((name, each.value) for name, bindings in members.items() for each in bindings)
    for function in facts.functions:
        yield from ((each.name, each.default) for each in function.parameters if each.default is not None)


def shared_reads(evaluator: Evaluator, path: ModulePath, names: Iterable[str]) -> Iterator[SharedRead]:
    """The places in the functions of a module that read shared QuerySets of some names."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    reader = _Reader(evaluator, path, facts)
    told: set[Span] = set()
    for ref in reader.named(frozenset(names)):
        for read in reader.reads(ref):
            if read.span not in told:
                told.add(read.span)
                yield read


class _Reader:
    """Finds the reads in the functions of one module: what its body reads is read at import."""

    def __init__(self, evaluator: Evaluator, path: ModulePath, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = facts

    def named(self, names: frozenset[str]) -> list[Ref]:
        """The terms that may be a shared QuerySet: by one of the names, or by a method here that returns it."""
        terms = (each for kind in (Attribute, Name, Parameter) for each in self._facts.every(kind))
        found = [ref for ref, term in terms if getattr(term, "name", "") in names and self._facts.around(ref)]
        getters = {self._facts.functions[self._facts.around(ref)].name for ref in found if self._is_returned(ref)}
        calls = (ref for ref in self._facts.calling(getters) if self._facts.around(ref)) if getters else ()
        return sorted({*found, *calls})

    def _is_returned(self, ref: Ref) -> bool:
        function = self._facts.functions[self._facts.around(ref)]
        return any(each.value == ref for each in function.returns) and self._read(ref) is not None

    def _read(self, ref: Ref) -> QuerySet | None:
        """The shared QuerySet that a term is."""
        match self._facts.terms[ref]:
            case Parameter(function=function, name=name):
                parameters = self._facts.functions[function].parameters
                ref = next((each.default for each in parameters if each.name == name and each.default is not None), -1)
            case Attribute() as term if not self._is_member(term):
                return None
            case Call(function=function) if not self._is_own(function):
                return None
        return None if ref < 0 else shared(self._evaluator, self._evaluator.value(self._path, ref))

    def _is_own(self, function: Ref) -> bool:
        """Whether what is called is code of the project: a framework gives copies."""
        value = self._evaluator.value(self._path, function)
        return bool(value) and all(isinstance(atom, Function) for atom in value)

    def _is_member(self, term: Attribute) -> bool:
        """Whether an attribute is one that the body of a class or module binds, and no method sets another one."""
        value = self._evaluator.value(self._path, term.base)
        return bool(value) and not any(self._may_be_set(atom, term.name) for atom in value)

    def _may_be_set(self, atom: Atom, name: str) -> bool:
        match atom:
            case Instance(of=ClassId() as of) | ClassValue(of=of):
                return bool(self._evaluator.classes.stores(of, name))
            case _:
                return not isinstance(atom, Module)

    def reads(self, ref: Ref) -> Iterator[SharedRead]:
        """The places that read all rows of a term, where that is a shared QuerySet."""
        queryset = self._read(ref)
        if queryset is None or queryset.built is None:
            return
        name, is_refused = self._name(ref), self._is_refused(ref)
        for demand in self._demands(ref, marked(queryset)):
            if demand.effect is Effect.ROWS:
                found = demand.span, demand.operation, name, ref, queryset.built, queryset.confidence, is_refused
                yield SharedRead(self._path, *found)

    def _demands(self, ref: Ref, queryset: QuerySet) -> Iterator[Demand]:
        for each in reached((ref,), partial(becomes, self._facts)):
            for taking in self._evaluator.demands.takings_of(self._path, each):
                if taking.way in _READING:
                    yield from self._evaluator.demands.of(self._path, taking, queryset)

    def _name(self, ref: Ref) -> str:
        """What is read, as users write it."""
        match self._facts.terms[ref]:
            case Attribute(name=name):
                return f".{name}"
            case Call(function=function):
                return f"{called_name(self._facts.terms[function])}()"
            case term:
                return str(getattr(term, "name", ""))

    def _is_refused(self, ref: Ref) -> bool:
        """Whether the class of an attribute belongs to a framework that raises when it is read."""
        term = self._facts.terms[ref]
        if not isinstance(term, Attribute):
            return False
        value = self._evaluator.value(self._path, term.base)
        classes = (atom.of for atom in value if isinstance(atom, (Instance, ClassValue)))
        rows = (self._evaluator.consumers.by_class(of, term.name) for of in classes if isinstance(of, ClassId))
        return any(row is not None and row.guards for row in rows)
