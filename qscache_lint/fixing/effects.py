"""What a call does besides giving a value: whether it writes rows, and whether it leaves alone what it gets."""

from __future__ import annotations

from collections.abc import Collection

from qscache_lint import limits
from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Attribute, Call, Free, Parameter, Ref
from qscache_lint.fixing.cached_function import BINDING
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.managers import getters
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.abstract import Atom, Function, Instance, Method
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.takings import Taking, Way
from qscache_lint.reasons import reason
from qscache_lint.values import Reason, Span

SAVING = frozenset({"save", "asave", "delete", "adelete"})
"""Methods of a row that write it."""

_COMPARING = frozenset({"is", "is not", "==", "!="})
_PLAIN = frozenset({fields.Member.KEY, fields.Member.COLUMN, fields.Member.ROWS})
"""Members of a row that are read without handing out an object that can be changed."""


def first_write(
    evaluator: Evaluator,
    identity: FunctionId,
    among: Collection[Span] | None = None,
    depth: int = limits.BUILDER_DEPTH,
) -> Reason | None:
    """The first call in a function that writes to the database, itself or in what it calls; `among` some, or all."""
    facts = evaluator.facts(identity.path)
    for index in facts.inside(identity.index):
        for ref, call in facts.of_kind(Call, index):
            if (among is None or facts.spans[ref] in among) and _writes(evaluator, identity.path, call, depth):
                name = f"{written_call(facts, call.function)}()"
                return reason("builder-writes", identity.path, facts.spans[ref].start.row, what=name)
    return None


def _writes(evaluator: Evaluator, path: str, call: Call, depth: int) -> bool:
    method = evaluator.facts(path).terms[call.function]
    if isinstance(method, Attribute) and method.name in SAVING and _has_row(evaluator, path, method.base):
        return True
    return any(_is_writer(evaluator, atom, depth) for atom in evaluator.value(path, call.function))


def _is_writer(evaluator: Evaluator, atom: Atom, depth: int) -> bool:
    """Whether calling a value writes."""
    match atom:
        case Method(receiver=QuerySet() | Manager() as receiver, name=name):
            row = evaluator.knowledge.operations.get(name)
            is_write = row is not None and (row.effect is Effect.WRITES or row.saves)
            begins = getters(evaluator, receiver.classes) if isinstance(receiver, Manager) and depth else ()
            return is_write or any(first_write(evaluator, each, None, depth - 1) for each in begins)
        case Function(of=identity):
            return bool(depth) and first_write(evaluator, identity, None, depth - 1) is not None
        case _:
            return False


def _has_row(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    owners = (atom.of for atom in evaluator.value(path, ref) if isinstance(atom, Instance))
    return any(isinstance(of, str) or evaluator.classes.may_be_model(of) for of in owners)


def leaves_alone(evaluator: Evaluator, path: str, call: Call, depth: int = limits.BUILDER_DEPTH) -> bool:
    """Whether a call is known to change neither the object that it is called on nor one of its arguments."""
    value = evaluator.value(path, call.function)
    called = [atom for atom in value if isinstance(atom, Function)]
    return bool(called) and len(called) == len(value) and all(_is_gentle(evaluator, each, depth) for each in called)


def _is_gentle(evaluator: Evaluator, function: Function, depth: int) -> bool:
    """Whether a function changes none of its arguments."""
    path, index = function.of.path, function.of.index
    module = evaluator.facts(path)
    facts = module.functions[index]
    is_plain = all(each.text in BINDING for each in facts.decorators) and not facts.is_generator
    is_final = facts.owner is None or not fields.is_overridden(evaluator, ClassId(path, facts.owner), facts.name)
    if not depth or not is_plain or not is_final or any(each.kind in ("*", "**") for each in facts.parameters):
        return False
    captured = (term for inner in module.inside(index)[1:] for _, term in module.of_kind(Free, inner))
    if any(each.function == index for each in captured):
        return False
    given = [ref for ref, _ in module.of_kind(Parameter, index)]
    takings = (
        taking
        for ref in reached(given, lambda each: becomes(module, each))
        for taking in evaluator.demands.takings_of(path, ref)
    )
    return all(_is_left(evaluator, path, taking, depth) for taking in takings)


def _is_left(evaluator: Evaluator, path: str, taking: Taking, depth: int) -> bool:
    """Whether a place changes nothing of the object that it takes, and hands it to nothing that might."""
    terms = evaluator.facts(path).terms
    match taking:
        case Taking(way=Way.METHOD, user=int() as user):
            call = terms[user]
            return isinstance(call, Call) and leaves_alone(evaluator, path, call, depth - 1)
        case Taking(way=Way.BOUND):
            owners = [atom.of for atom in evaluator.value(path, taking.value) if isinstance(atom, Instance)]
            found = [fields.member(evaluator, of, taking.symbol) for of in owners if isinstance(of, ClassId)]
            return bool(found) and len(found) == len(owners) and all(each in _PLAIN for each in found)
        case Taking(way=Way.ARGUMENT, handed=handed) if handed is not None:
            value = evaluator.value(path, handed.call.function)
            return bool(value) and all(_is_query(atom) for atom in value)
        case Taking(way=Way.OPERATOR, symbol=symbol):
            return symbol in _COMPARING
        case _:
            return False


def _is_query(atom: Atom) -> bool:
    return isinstance(atom, Method) and isinstance(atom.receiver, (QuerySet, Manager))
