"""Frozen clocks: filters of QuerySets that outlive the moment, and compare with the time at which they were built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from qscache_lint.facts.model import Attribute, Call, FunctionTerm, Ref, operands
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import Store
from qscache_lint.project.abstract import External, ModulePath, QuerySet
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.import_time import is_script, leading
from qscache_lint.project.operations import builds_query
from qscache_lint.project.takings import Way, reached
from qscache_lint.values import Confidence, Span, Step


class FrozenClock(msgspec.Struct, frozen=True, array_like=True):
    """One call of a clock, as users write it (`timezone.now()`), in a filter of a QuerySet that stays.

    `built` is where that is built, `memo` what keeps it; "" for the body of a module or class.
    """

    path: ModulePath
    span: Span
    clock: str
    built: Step
    memo: str = ""
    confidence: Confidence = Confidence.HIGH


def frozen_in_bodies(evaluator: Evaluator, path: ModulePath, names: tuple[str, ...]) -> Iterator[FrozenClock]:
    """The clocks in QuerySets that the body of a module or class builds; `names` are those by which one is reached."""
    facts = evaluator.project.facts(path)
    if facts is not None and not is_script(evaluator, path, facts):
        yield from _Clocks(evaluator, path, facts).frozen(sorted(leading(facts, 0, names)), "")


def frozen_in_memos(evaluator: Evaluator, definitions: Iterable[Definition]) -> Iterator[FrozenClock]:
    """The clocks in QuerySets that functions build whose decorator keeps them without a limit of time."""
    for definition in definitions:
        of = definition.origin.function
        if of is None or definition.store is not Store.MEMO:
            continue
        facts = evaluator.facts(of.path)
        function = facts.functions[of.index]
        if any(_is_endless(evaluator, of.path, each.value) for each in function.decorators):
            refs = range(function.first, function.last)
            yield from _Clocks(evaluator, of.path, facts).frozen(refs, definition.origin.name)


def _is_endless(evaluator: Evaluator, path: ModulePath, ref: Ref) -> bool:
    named = {atom.dotted.removesuffix("()") for atom in evaluator.value(path, ref) if isinstance(atom, External)}
    return not named.isdisjoint(evaluator.knowledge.functions.clock.endless)


class _Clocks:
    def __init__(self, evaluator: Evaluator, path: ModulePath, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = facts

    def frozen(self, refs: Iterable[Ref], memo: str) -> Iterator[FrozenClock]:
        """The clocks in the arguments of those of some terms that build a QuerySet which stays, each once."""
        told: set[Ref] = set()
        for ref in refs:
            term = self._facts.terms[ref]
            clocks = [each for each in self._clocks(term) if each not in told] if isinstance(term, Call) else []
            queryset = self._kept(ref) if clocks else None
            if queryset is None or queryset.built is None:
                continue
            told.update(clocks)
            for clock in clocks:
                found = self._path, self._facts.spans[clock], self._name(clock), queryset.built, memo
                yield FrozenClock(*found, confidence=queryset.confidence)

    def _clocks(self, call: Call) -> Iterator[Ref]:
        """The calls of a clock in the arguments of a method that builds a query."""
        method = self._facts.terms[call.function]
        row = self._evaluator.knowledge.operations.get(method.name) if isinstance(method, Attribute) else None
        if row is not None and builds_query(row):
            for ref in reached((each.value for each in call.arguments), self._below):
                if self._is_clock(ref):
                    yield ref

    def _below(self, ref: Ref) -> tuple[Ref, ...]:
        """What a term is made of: what runs when a function is called later is no part of it."""
        term = self._facts.terms[ref]
        return () if isinstance(term, FunctionTerm) else operands(term)

    def _is_clock(self, ref: Ref) -> bool:
        term = self._facts.terms[ref]
        if not isinstance(term, Call):
            return False
        called = self._evaluator.value(self._path, term.function)
        clocks = self._evaluator.knowledge.functions.clock.names
        return any(isinstance(atom, External) and atom.dotted in clocks for atom in called)

    def _kept(self, ref: Ref) -> QuerySet | None:
        """The QuerySet that a term builds, where it, or one that is made of it, goes anywhere unread."""
        value = self._evaluator.value(self._path, ref)
        queryset = next((atom for atom in value if isinstance(atom, QuerySet)), None)
        every = reached((ref,), self._refined) if queryset is not None else ()
        return queryset if any(map(self._stays, every)) else None

    def _refined(self, ref: Ref) -> Iterator[Ref]:
        """The QuerySets that are made of one, unread."""
        for taking in self._evaluator.demands.takings_of(self._path, ref):
            if taking.user is not None and taking.way in (Way.METHOD, Way.OPERATOR) and self._is_query(taking.user):
                yield taking.user

    def _is_query(self, ref: Ref) -> bool:
        return any(isinstance(atom, QuerySet) for atom in self._evaluator.value(self._path, ref))

    def _stays(self, ref: Ref) -> bool:
        ways = {taking.way for taking in self._evaluator.demands.takings_of(self._path, ref)}
        return not ways <= {Way.METHOD, Way.OPERATOR, Way.BOUND}

    def _name(self, ref: Ref) -> str:
        term = self._facts.terms[ref]
        function = self._facts.terms[term.function] if isinstance(term, Call) else term
        owner = self._facts.terms[function.base] if isinstance(function, Attribute) else None
        names = [*(() if owner is None else self._facts.names_of(owner)[-1:]), *self._facts.names_of(function)[-1:]]
        return f"{'.'.join(names)}()"
