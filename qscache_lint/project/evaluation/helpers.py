"""Helpers around a cache: functions of the project that store or read under a key which their caller chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import ClassVar

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    Call,
    Free,
    FunctionFacts,
    Import,
    Name,
    Parameter,
    Ref,
    Term,
    operands,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import External, Function, FunctionId, ModulePath
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.evaluation.core import Candidates, Context, Site, answers, reaches_caches
from qscache_lint.project.questions import Question


class Handed(msgspec.Struct, frozen=True):
    """One call of a function that stores what it is given: where it stands, and what each parameter is given."""

    path: str
    ref: Ref
    arguments: Mapping[str, Ref]


class CallsIn(Question[tuple[tuple[FunctionId, Handed], ...]], frozen=True):
    """The calls of some functions in a file."""

    bottom: ClassVar[tuple[tuple[FunctionId, Handed], ...]] = ()

    path: ModulePath
    of: tuple[FunctionId, ...]


def calls_of(context: Context, fillers: Iterable[FunctionId]) -> Iterator[tuple[FunctionId, Handed]]:
    """Every call of some functions that is seen in the files that may define a cached value."""
    of = tuple(sorted(fillers))
    for path in context.ask(Candidates()) if of else ():
        yield from context.ask(CallsIn(path, of))


@answers(CallsIn)
def _calls_in(context: Context, asked: CallsIn) -> tuple[tuple[FunctionId, Handed], ...]:
    facts = context.module(asked.path)
    return () if facts is None else tuple(_calls(context, asked.path, facts, frozenset(asked.of)))


def _calls(
    context: Context, path: ModulePath, facts: ModuleFacts, of: Collection[FunctionId]
) -> Iterator[tuple[FunctionId, Handed]]:
    names = {_function(context, each).name for each in of}
    for ref in facts.calling(names):
        term = facts.terms[ref]
        if isinstance(term, Call) and _plain_name(facts, term.function) in names:
            for atom in context.value(path, term.function):
                if isinstance(atom, Function) and atom.of in of:
                    yield atom.of, Handed(path, ref, _given(context, atom, term, Site(path, ref, None)))


def _function(context: Context, identity: FunctionId) -> FunctionFacts:
    return context.facts(identity.path).functions[identity.index]


def _given(context: Context, function: Function, call: Call, site: Site) -> dict[str, Ref]:
    """The term that each parameter is given by a call; nothing of what stands behind a star."""
    bound = bind(_function(context, function.of), context.passed(call, site), function.receiver)
    written = {name: passed.argument.value for name, passed in bound.given.items()}
    return {name: ref for name, ref in written.items() if ref >= 0}


def reads_for_caller(context: Context, path: str, index: int) -> bool:
    """Whether a function reads a cache under a key that is made of its parameters."""
    facts = context.facts(path)
    function = facts.functions[index]
    passed = function.parameters[0 if function.owner is None else 1 :]  # without the receiver
    own = {Parameter(index, parameter.name) for parameter in passed}
    if not own:
        return False
    reads = context.knowledge.reads
    methods = {name.rpartition(".")[2] for name in reads}
    for _, call in facts.of_kind(Call, index):
        method = facts.terms[call.function]
        if not isinstance(method, Attribute) or method.name not in methods:
            continue
        is_chosen = any(_mentions(facts, argument.value, own) for argument in call.arguments[:1])
        is_chosen = is_chosen and reaches_caches(context, path, call.function)
        atoms = context.value(path, call.function) if is_chosen else ()
        if any(isinstance(atom, External) and atom.dotted in reads for atom in atoms):
            return True
    return False


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
