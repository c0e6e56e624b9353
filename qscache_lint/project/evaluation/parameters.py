"""What functions of the project do with a QuerySet that they are given: refine it, or put it into a cache."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from qscache_lint.facts.model import (
    Attribute,
    Binary,
    Call,
    Choice,
    FunctionFacts,
    Join,
    Parameter,
    Ref,
    Term,
    same_object,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import StoreCall
from qscache_lint.project.abstract import External, Frame, Function, FunctionId, Literal, Value
from qscache_lint.project.evaluation.branches import Branches
from qscache_lint.project.evaluation.consumers import Consumers
from qscache_lint.project.evaluation.core import Core, Site
from qscache_lint.values import Step


class Stored(msgspec.Struct, frozen=True):
    """The store call that a parameter ends up in: its row, its name, and where it stands."""

    row: StoreCall
    dotted: str
    step: Step


class Parameters:
    """Answers for one parameter of one function, and looks through the functions that hand it on."""

    def __init__(self, core: Core, branches: Branches, consumers: Consumers) -> None:
        self._core = core
        self._branches = branches
        self._consumers = consumers
        self._refined: dict[tuple[FunctionId, str, Frame | None], Value] = {}
        self._stored: dict[tuple[FunctionId, str], Stored | None] = {}

    # -- refining

    def refines(self, identity: FunctionId, parameter: str, frame: Frame | None = None) -> bool:
        """Whether a function refines the QuerySet that it is given as `parameter`, in an activation if one is given."""
        key = (identity, parameter, frame)
        return bool(self._core.settle(key, self._refined, lambda: self._refining(identity, parameter, frame)))

    def _refining(self, identity: FunctionId, parameter: str, frame: Frame | None) -> Value:
        facts = self._core.facts(identity.path)
        function = facts.functions[identity.index]
        same = _holding(facts, function, Parameter(identity.index, parameter))
        if not same or function.is_generator:
            return ()
        reached = (
            facts.terms[ref]
            for ref in range(function.first, function.last)
            if self._is_reached(facts, ref, Site(identity.path, ref, frame))
        )
        refined = any(self._refines_one_of(identity.path, term, same, frame) for term in reached)
        return (Literal(True),) if refined else ()

    def _is_reached(self, facts: ModuleFacts, ref: Ref, site: Site) -> bool:
        """Whether the tests on the way to a call let the activation of `site` pass."""
        return self._branches.excluded(Choice(ref, facts.conditions.get(ref, ())), site) is None

    def _refines_one_of(self, path: str, term: Term, same: frozenset[Ref], frame: Frame | None) -> bool:
        match term:
            case Binary(operator=operator, left=left, right=right):
                return operator in self._core.knowledge.combining and bool(same & {left, right})
            case Call(function=function):
                called = self._core.facts(path).terms[function]
                if isinstance(called, Attribute) and called.base in same:
                    row = self._core.knowledge.operations.get(called.name)
                    if row is None:
                        return self._method_refines(path, function, frame)
                    return row.effect.queries_again
                positions = _positions(term, same)
                return any(self._argument_is_refined(path, term, position, frame) for position in positions)
        return False

    def _method_refines(self, path: str, method: Ref, frame: Frame | None) -> bool:
        """Whether a method of the project, which is called on the QuerySet, refines it."""
        called = self._core.value(path, method, frame)
        return any(isinstance(atom, Function) and self._refines_receiver(atom) for atom in called)

    def _refines_receiver(self, function: Function) -> bool:
        parameters = self._core.facts(function.of.path).functions[function.of.index].parameters
        return bool(parameters) and function.receiver is not None and self.refines(function.of, parameters[0].name)

    def _argument_is_refined(self, path: str, call: Call, position: int, frame: Frame | None) -> bool:
        argument = call.arguments[position]
        lookups = self._core.knowledge.consumer_table.lookups.refining
        if argument.keyword is not None and argument.keyword.endswith(lookups):
            return True
        for atom in self._core.value(path, call.function, frame):
            row = self._consumers.by_call(atom, position, argument.keyword)
            if row is not None and row.effect.queries_again:
                return True
            if row is None and isinstance(atom, Function):
                name = self.filled_by(atom, position, argument.keyword) if not argument.star else None
                if name is not None and self.refines(atom.of, name):
                    return True
        return False

    # -- storing

    def stores(self, identity: FunctionId, parameter: str) -> Stored | None:
        """The store call that a function hands its `parameter` to; None when there is none."""
        key = (identity, parameter)
        if key not in self._stored:
            self._stored[key] = None
            self._stored[key] = next(self._storing(identity, parameter), None)
        return self._stored[key]

    def _storing(self, identity: FunctionId, parameter: str) -> Iterator[Stored]:
        facts = self._core.facts(identity.path)
        function = facts.functions[identity.index]
        same = _holding(facts, function, Parameter(identity.index, parameter))
        for ref in range(function.first, function.last) if same else ():
            term = facts.terms[ref]
            if isinstance(term, Call):
                for position in _positions(term, same):
                    yield from self._stored_by(identity.path, ref, term, position)

    def _stored_by(self, path: str, ref: Ref, call: Call, position: int) -> Iterator[Stored]:
        """The store call that a call is, or leads to, for its argument number `position`."""
        if not self._core.project.to_caches.has(path, call.function):
            return
        for atom in self._core.value(path, call.function):
            if isinstance(atom, External):
                row = self._core.knowledge.stores.get(atom.dotted)
                if row is not None and not row.mapping and row.value.takes(position, call.arguments[position].keyword):
                    yield Stored(row, atom.dotted, self._core.step(path, ref, "stored here"))
            elif isinstance(atom, Function):
                argument = call.arguments[position]
                name = self.filled_by(atom, position, argument.keyword) if not argument.star else None
                found = None if name is None else self.stores(atom.of, name)
                if found is not None:
                    yield found

    # -- arguments

    def filled_by(self, function: Function, position: int, keyword: str | None) -> str | None:
        """The parameter that the argument at `position`, or with `keyword`, fills; None when it has no name."""
        facts = self._core.facts(function.of.path).functions[function.of.index]
        if keyword is not None:
            return keyword
        shift = 1 if function.receiver is not None else 0
        positional = [parameter.name for parameter in facts.parameters if parameter.kind == "positional"]
        return positional[position + shift] if position + shift < len(positional) else None


def _holding(facts: ModuleFacts, function: FunctionFacts, parameter: Parameter) -> frozenset[Ref]:
    """The terms of a function that may be what it was given: the parameter, and the joins it takes part in."""
    same: set[Ref] = set()
    for ref in range(function.first, function.last):
        term = facts.terms[ref]
        is_join = isinstance(term, Join) and any(choice.value in same for choice in term.choices)
        if term == parameter or is_join or same_object(term) in same:
            same.add(ref)
    return frozenset(same)


def _positions(call: Call, same: frozenset[Ref]) -> Iterator[int]:
    return (position for position, argument in enumerate(call.arguments) if argument.value in same)
