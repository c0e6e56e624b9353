"""Helpers around a cache: functions of the project that store or read under a key which their caller chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import ClassVar

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Free, Import, Join, Name, Parameter, Ref, Term, operands
from qscache_lint.project.abstract import External, Function
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.evaluation.core import Candidates, Context, Site, answers, reaches_caches
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.questions import Question


class HelperCall(msgspec.Struct, frozen=True):
    """One call of a function that stores what it is given: where it stands, and what each parameter is given.

    Where it hands on what the function around it is given, `outer` is a call of that.
    """

    path: str
    ref: Ref
    arguments: Mapping[str, Ref]
    outer: HelperCall | None = None


class CallsIn(Question[tuple[tuple[FunctionId, HelperCall], ...]], frozen=True):
    """The calls of some functions in a file."""

    bottom: ClassVar[tuple[tuple[FunctionId, HelperCall], ...]] = ()

    path: ModulePath
    of: tuple[FunctionId, ...]


def calls_of(context: Context, fillers: Iterable[FunctionId]) -> Iterator[tuple[FunctionId, HelperCall]]:
    """Every call of some functions that is seen in the files that may define a cached value."""
    of = tuple(sorted(fillers))
    for path in context.ask(Candidates()) if of else ():
        yield from context.ask(CallsIn(path, of))


@answers(CallsIn)
def _calls_in(context: Context, asked: CallsIn) -> tuple[tuple[FunctionId, HelperCall], ...]:
    facts = context.module(asked.path)
    return () if facts is None else tuple(_calls(context, asked.path, facts, frozenset(asked.of)))


def _calls(
    context: Context, path: ModulePath, facts: ModuleFacts, of: Collection[FunctionId]
) -> Iterator[tuple[FunctionId, HelperCall]]:
    names = {_function(context, each).name for each in of}
    for ref in facts.calling(names):
        term = facts.terms[ref]
        if isinstance(term, Call) and _plain_name(facts, term.function) in names:
            for atom in context.value(path, term.function):
                if isinstance(atom, Function) and atom.of in of:
                    yield atom.of, HelperCall(path, ref, _given(context, atom, term, Site(path, ref, None)))


def _function(context: Context, identity: FunctionId) -> FunctionFacts:
    return context.facts(identity.path).functions[identity.index]


def _given(context: Context, function: Function, call: Call, site: Site) -> dict[str, Ref]:
    """The term that each parameter is given by a call; nothing of what stands behind a star."""
    bound = bind(_function(context, function.of), context.passed(call, site), function.receiver)
    written = {name: passed.argument.value for name, passed in bound.given.items()}
    return {name: ref for name, ref in written.items() if ref >= 0}


def reads_for_caller(context: Context, path: str, index: int, depth: int = limits.HELPERS_DEEP) -> bool:
    """Whether a function, or another one that it calls, reads a cache under a key that is made of its parameters."""
    facts = context.facts(path)
    function = facts.functions[index]
    passed = function.parameters[0 if function.owner is None else 1 :]  # without the receiver
    own = {Parameter(index, parameter.name) for parameter in passed}
    if not own or not depth:
        return False
    returned = _returned(facts, function)
    return any(
        (_reads(context, path, call) or (ref in returned and _is_read_by_other(context, path, ref, call, depth - 1)))
        and any(_mentions(facts, argument.value, own) for argument in call.arguments)
        for ref, call in facts.of_kind(Call, index)
    )


def _returned(facts: ModuleFacts, function: FunctionFacts) -> set[Ref]:
    """The terms that a function returns, on one branch or another."""
    found = {returned.value for returned in function.returns}
    joins = (term for ref in found if isinstance(term := facts.terms[ref], Join))
    return found | {choice.value for join in joins for choice in join.choices}


def _reads(context: Context, path: str, call: Call) -> bool:
    """Whether a call reads a cache of the tables."""
    reads = context.knowledge.reads
    method = context.facts(path).terms[call.function]
    if not isinstance(method, Attribute) or method.name not in context.knowledge.read_methods:
        return False
    atoms = context.value(path, call.function) if reaches_caches(context, path, call.function) else ()
    return any(isinstance(atom, External) and atom.dotted in reads for atom in atoms)


def _is_read_by_other(context: Context, path: str, ref: Ref, call: Call, depth: int) -> bool:
    """Whether a call of a function through which caches are read hands it a key."""
    if not context.project.to_cached.has(path, ref):
        return False
    called = (atom.of for atom in context.value(path, call.function) if isinstance(atom, Function))
    return any(reads_for_caller(context, of.path, of.index, depth) for of in called)


def _plain_name(facts: ModuleFacts, ref: Ref) -> str | None:
    """The name by which a call means a function: `remember`, `store.remember`; None for what is put together."""
    match facts.terms[ref]:
        case Name(name=name) | Free(name=name) | Import(name=str() as name):
            return name
        case Attribute(base=base, name=name) if isinstance(facts.terms[base], (Name, Import, Parameter, Free)):
            return name
        case _:
            return None


def _mentions(facts: ModuleFacts, ref: Ref, wanted: set[Parameter]) -> bool:
    """Whether a term is made of one of some parameters."""
    pending, steps = [ref], 0
    while pending and steps < limits.TERMS_OF_HELPER:
        steps += 1
        term: Term = facts.terms[pending.pop()]
        if term in wanted:
            return True
        pending.extend(operands(term))
    return False
