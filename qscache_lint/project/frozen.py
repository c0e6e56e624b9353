"""Frozen clocks: filters of QuerySets that outlive the moment, and compare with the time at which they were built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import msgspec

from qscache_lint.facts.model import Test
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import Attribute, Call, FunctionTerm, Ref, operands
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import External, Function
from qscache_lint.project.definitions import Definition
from qscache_lint.project.emptied import STORING, is_emptied
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.core import Context, answers
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.import_time import leading
from qscache_lint.project.operations import builds_query
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.scripts import is_script
from qscache_lint.project.takings import Way
from qscache_lint.values import Confidence, Span, Step


class FrozenClock(msgspec.Struct, frozen=True, array_like=True):
    """One call of a clock, as users write it (`timezone.now()`), in a filter of a QuerySet that stays.

    `built` is where that is built, `memo` what keeps it; "" for the body of a module or class. `inner` is the place of
    the clock, where a function asks it that is called here.
    """

    path: ModulePath
    span: Span
    clock: str
    built: Step
    memo: str = ""
    confidence: Confidence = Confidence.HIGH
    inner: Step | None = None


class ClockOf(Question[Step | None], frozen=True):
    """The clock that all which a function returns is made of; None where there is none."""

    bottom: ClassVar[Step | None] = None

    function: FunctionId


@answers(ClockOf)
def _clock_of(context: Context, asked: ClockOf) -> Step | None:
    facts = context.facts(asked.function.path)
    function = facts.functions[asked.function.index]
    if function.is_generator or function.is_async:
        return None
    clocks = Clocks(context, asked.function.path, facts)
    found = [next(clocks.within((each.value,)), None) for each in function.returns]
    first = next(iter(found), None)
    return None if first is None or None in found else clocks.step(first)


def frozen_in_bodies(evaluator: Evaluator, path: ModulePath, names: tuple[str, ...]) -> Iterator[FrozenClock]:
    """The clocks in QuerySets that the body of a module or class builds; `names` are those by which one is reached."""
    facts = evaluator.project.facts(path)
    if facts is not None and not is_script(evaluator, path, facts):
        refs = sorted(leading(facts, 0, names))
        clocks = Clocks(evaluator, path, facts)
        yield from clocks.frozen(refs, "")
        yield from clocks.built_by_functions(refs)


def frozen_in_memos(evaluator: Evaluator, definitions: Iterable[Definition]) -> Iterator[FrozenClock]:
    """The clocks in QuerySets that functions build which a memo keeps without a limit of time."""
    for definition in definitions:
        if definition.store is not Store.MEMO:
            continue
        of = definition.origin.function or FunctionId(definition.path, definition.function)
        facts = evaluator.facts(of.path)
        function = facts.functions[of.index]
        clocks = Clocks(evaluator, of.path, facts)
        refs = range(function.first, function.last)
        if definition.origin.function is None:
            yield from _kept_by_hand(evaluator, definition, clocks.frozen(refs, definition.origin.name))
        elif any(_is_endless(evaluator, of.path, each.value) for each in function.decorators):
            yield from clocks.frozen(refs, definition.origin.name)


def _is_endless(evaluator: Evaluator, path: ModulePath, ref: Ref) -> bool:
    named = {atom.dotted.removesuffix("()") for atom in evaluator.value(path, ref) if isinstance(atom, External)}
    return not named.isdisjoint(evaluator.knowledge.functions.clock.endless)


def _kept_by_hand(
    evaluator: Evaluator, definition: Definition, found: Iterable[FrozenClock]
) -> Iterator[FrozenClock]:
    """The clocks of a memo that a function makes by an assignment, where the clock ends no entry, and no code does."""
    facts, kept = evaluator.facts(definition.path), {each.built for each in definition.values}
    events = facts.functions[definition.function].events
    at = definition.origin.site
    stores = [each for each in events if isinstance(each, STORING) and each.span.contains(at.span)]
    if not stores or at.path != definition.path or is_emptied(facts, definition.function, stores[0]):
        return
    frozen = [each for each in found if each.built in kept]
    clocks = Clocks(evaluator, definition.path, facts)
    function = facts.functions[definition.function]
    asked = {facts.spans[ref] for ref in range(function.first, function.last) if clocks.is_clock(ref)}
    tests = (each.value for each in events if isinstance(each, Test))
    guards = (guard.test for each in stores for guard in each.guards)
    is_tested = next(clocks.within((*tests, *guards)), None) is not None
    if not is_tested and asked == {each.span for each in frozen if each.inner is None}:
        yield from frozen


class Clocks:
    """Finds the clocks in the filters of one module."""

    def __init__(self, context: Context, path: ModulePath, facts: ModuleFacts) -> None:
        self._context = context
        self._path = path
        self._facts = facts

    def frozen(self, refs: Iterable[Ref], memo: str) -> Iterator[FrozenClock]:
        """The clocks in the arguments of those of some terms that build a QuerySet which stays, each once."""
        told: set[Ref] = set()
        for ref in refs:
            clocks = [each for each in self._in_filter(ref) if each not in told]
            queryset = self._kept(ref) if clocks else None
            if queryset is None or queryset.built is None:
                continue
            told.update(clocks)
            for clock in clocks:
                found = self._path, self._facts.spans[clock], self._name(clock), self._stays_as(ref, queryset.built)
                inner = None if self.is_clock(clock) else self._behind(clock)
                yield FrozenClock(*found, memo, queryset.confidence, inner)

    def built_by_functions(self, refs: Iterable[Ref]) -> Iterator[FrozenClock]:
        """The calls of functions that build a QuerySet which stays, and ask a clock for its filter."""
        for ref in refs:
            term = self._facts.terms[ref]
            queryset = self._kept(ref) if isinstance(term, Call) else None
            if not isinstance(term, Call) or queryset is None or queryset.built is None:
                continue
            for atom in self._context.value(self._path, term.function):
                inner = self._asked_by(atom, queryset.built) if isinstance(atom, Function) else None
                if inner is not None:
                    found = self._path, self._facts.spans[ref], self._name(ref), queryset.built
                    yield FrozenClock(*found, "", queryset.confidence, inner)
                    break

    def _asked_by(self, function: Function, built: Step) -> Step | None:
        """The clock in the filter of the QuerySet that a function builds at a place."""
        facts = self._context.facts(function.of.path)
        clocks = Clocks(self._context, function.of.path, facts)
        of = facts.functions[function.of.index]
        found = (each for each in clocks.frozen(range(of.first, of.last), "") if each.built == built)
        return next((Step(each.path, each.span, f"{each.clock} is called here") for each in found), None)

    def _stays_as(self, ref: Ref, built: Step) -> Step:
        """Where the QuerySet is built that stays in the end: the last of what is made of one."""
        last = max(reached((ref,), self._refined), key=lambda each: (self._stays(each), each))
        value = self._context.value(self._path, last)
        return next((each.built for each in value if isinstance(each, QuerySet) and each.built is not None), built)

    # -- clocks

    def within(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        """The calls of a clock, or of a function that gives what one says, of which some terms are made."""
        for ref in reached(refs, self._below):
            if self.is_clock(ref) or self._behind(ref) is not None:
                yield ref

    def _in_filter(self, ref: Ref) -> Iterator[Ref]:
        """The clocks in the arguments of a method that builds a query."""
        call = self._facts.terms[ref]
        method = self._facts.terms[call.function] if isinstance(call, Call) else None
        row = self._context.knowledge.operations.get(method.name) if isinstance(method, Attribute) else None
        if isinstance(call, Call) and row is not None and builds_query(row):
            yield from self.within(each.value for each in call.arguments)

    def _below(self, ref: Ref) -> tuple[Ref, ...]:
        """What a term is made of: what runs when a function is called later is no part of it."""
        term = self._facts.terms[ref]
        return () if isinstance(term, FunctionTerm) else operands(term)

    def is_clock(self, ref: Ref) -> bool:
        """Whether a term is the call of a clock."""
        term = self._facts.terms[ref]
        if not isinstance(term, Call):
            return False
        called = self._context.value(self._path, term.function)
        clocks = self._context.knowledge.functions.clock.names
        return any(isinstance(atom, External) and atom.dotted in clocks for atom in called)

    def _behind(self, ref: Ref) -> Step | None:
        """The clock behind the call of a function of the project."""
        term = self._facts.terms[ref]
        called = self._context.value(self._path, term.function) if isinstance(term, Call) else ()
        if not called or not all(isinstance(atom, Function) for atom in called):
            return None
        found = [self._context.ask(ClockOf(atom.of)) for atom in called if isinstance(atom, Function)]
        return None if None in found else found[0]

    def step(self, clock: Ref) -> Step:
        """The place of a clock, told of what calls the function that asks it."""
        behind = None if self.is_clock(clock) else self._behind(clock)
        return behind or Step(self._path, self._facts.spans[clock], f"{self._name(clock)} is called here")

    # -- what stays

    def _kept(self, ref: Ref) -> QuerySet | None:
        """The QuerySet that a term builds, where it, or one that is made of it, goes anywhere unread."""
        value = self._context.value(self._path, ref)
        queryset = next((atom for atom in value if isinstance(atom, QuerySet)), None)
        every = reached((ref,), self._refined) if queryset is not None else ()
        return queryset if any(map(self._stays, every)) else None

    def _refined(self, ref: Ref) -> Iterator[Ref]:
        """The QuerySets that are made of one, unread."""
        for taking in self._context.demands.takings_of(self._path, ref):
            if taking.user is not None and taking.way in (Way.METHOD, Way.OPERATOR) and self._is_query(taking.user):
                yield taking.user

    def _is_query(self, ref: Ref) -> bool:
        return any(isinstance(atom, QuerySet) for atom in self._context.value(self._path, ref))

    def _stays(self, ref: Ref) -> bool:
        ways = {taking.way for taking in self._context.demands.takings_of(self._path, ref)}
        return not ways <= {Way.METHOD, Way.OPERATOR, Way.BOUND}

    def _name(self, ref: Ref) -> str:
        term = self._facts.terms[ref]
        function = self._facts.terms[term.function] if isinstance(term, Call) else term
        owner = self._facts.terms[function.base] if isinstance(function, Attribute) else None
        names = [*(() if owner is None else self._facts.names_of(owner)[-1:]), *self._facts.names_of(function)[-1:]]
        return f"{'.'.join(names)}()"
