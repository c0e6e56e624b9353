"""What functions of the project do with a QuerySet that they are given: refine it, or put it into a cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

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
from qscache_lint.project.abstract import External, Frame, Function, FunctionId
from qscache_lint.project.evaluation.branches import excluded
from qscache_lint.project.evaluation.core import Context, Site, answers, reaches_caches
from qscache_lint.project.evaluation.stores import Stored
from qscache_lint.project.table import Question

# -- refining


class RefinesParameter(Question[bool], frozen=True):
    """Whether a function refines the QuerySet that it is given as a parameter, in an activation if one is given."""

    bottom: ClassVar[bool] = False

    function: FunctionId
    parameter: str
    frame: Frame | None


def refines(context: Context, identity: FunctionId, parameter: str, frame: Frame | None = None) -> bool:
    """Whether a function refines the QuerySet that it is given as `parameter`, in an activation if one is given."""
    return context.ask(RefinesParameter(identity, parameter, frame))


@answers(RefinesParameter)
def _refining(context: Context, asked: RefinesParameter) -> bool:
    identity, parameter, frame = asked.function, asked.parameter, asked.frame
    facts = context.facts(identity.path)
    function = facts.functions[identity.index]
    same = _holding(facts, function, Parameter(identity.index, parameter))
    if not same or function.is_generator:
        return False
    reached = (
        facts.terms[ref]
        for ref in range(function.first, function.last)
        if _is_reached(context, facts, ref, Site(identity.path, ref, frame))
    )
    return any(_refines_one_of(context, identity.path, term, same, frame) for term in reached)


def _is_reached(context: Context, facts: ModuleFacts, ref: Ref, site: Site) -> bool:
    """Whether the tests on the way to a call let the activation of `site` pass."""
    return excluded(context, Choice(ref, facts.conditions.get(ref, ())), site) is None


def _refines_one_of(context: Context, path: str, term: Term, same: frozenset[Ref], frame: Frame | None) -> bool:
    match term:
        case Binary(operator=operator, left=left, right=right):
            return operator in context.knowledge.combining and bool(same & {left, right})
        case Call(function=function):
            called = context.facts(path).terms[function]
            if isinstance(called, Attribute) and called.base in same:
                row = context.knowledge.operations.get(called.name)
                if row is None:
                    return _method_refines(context, path, function, frame)
                return row.effect.queries_again
            positions = _positions(term, same)
            return any(_argument_is_refined(context, path, term, position, frame) for position in positions)
    return False


def _method_refines(context: Context, path: str, method: Ref, frame: Frame | None) -> bool:
    """Whether a method of the project, which is called on the QuerySet, refines it."""
    called = context.value(path, method, frame)
    return any(isinstance(atom, Function) and _refines_receiver(context, atom) for atom in called)


def _refines_receiver(context: Context, function: Function) -> bool:
    parameters = context.facts(function.of.path).functions[function.of.index].parameters
    return bool(parameters) and function.receiver is not None and refines(context, function.of, parameters[0].name)


def _argument_is_refined(context: Context, path: str, call: Call, position: int, frame: Frame | None) -> bool:
    argument = call.arguments[position]
    lookups = context.knowledge.consumer_table.lookups.refining
    if argument.keyword is not None and argument.keyword.endswith(lookups):
        return True
    for atom in context.value(path, call.function, frame):
        row = context.consumers.by_call(atom, position, argument.keyword)
        if row is not None and row.effect.queries_again:
            return True
        if row is None and isinstance(atom, Function):
            name = filled_by(context, atom, position, argument.keyword) if not argument.star else None
            if name is not None and refines(context, atom.of, name):
                return True
    return False


# -- storing


class StoresParameter(Question[Stored | None], frozen=True):
    """The store call that a function hands a parameter to; None when there is none."""

    function: FunctionId
    parameter: str


@answers(StoresParameter)
def _first_stored(context: Context, asked: StoresParameter) -> Stored | None:
    return next(_storing(context, asked.function, asked.parameter), None)


def stores(context: Context, identity: FunctionId, parameter: str) -> Stored | None:
    """The store call that a function hands its `parameter` to; None when there is none."""
    return context.ask(StoresParameter(identity, parameter))


def _storing(context: Context, identity: FunctionId, parameter: str) -> Iterator[Stored]:
    facts = context.facts(identity.path)
    function = facts.functions[identity.index]
    same = _holding(facts, function, Parameter(identity.index, parameter))
    for ref in range(function.first, function.last) if same else ():
        term = facts.terms[ref]
        if isinstance(term, Call):
            for position in _positions(term, same):
                yield from _stored_by(context, identity.path, ref, term, position)


def _stored_by(context: Context, path: str, ref: Ref, call: Call, position: int) -> Iterator[Stored]:
    """The store call that a call is, or leads to, for its argument number `position`."""
    if not reaches_caches(context, path, call.function):
        return
    for atom in context.value(path, call.function):
        if isinstance(atom, External):
            row = context.knowledge.stores.get(atom.dotted)
            if row is not None and not row.mapping and row.value.takes(position, call.arguments[position].keyword):
                yield Stored(row, atom.dotted, context.step(path, ref, "stored here"))
        elif isinstance(atom, Function):
            argument = call.arguments[position]
            name = filled_by(context, atom, position, argument.keyword) if not argument.star else None
            found = None if name is None else stores(context, atom.of, name)
            if found is not None:
                yield found


# -- arguments


def filled_by(context: Context, function: Function, position: int, keyword: str | None) -> str | None:
    """The parameter that the argument at `position`, or with `keyword`, fills; None when it has no name."""
    facts = context.facts(function.of.path).functions[function.of.index]
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
