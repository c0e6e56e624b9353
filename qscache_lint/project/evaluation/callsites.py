"""Call sites: what a function is called with, wherever that can be seen.

This is asked only where an unknown parameter stands before a name that one class has (see `name_heuristics`): looking
for the callers of a function means a search through the whole project.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from qscache_lint import limits
from qscache_lint.facts.model import Attribute, Call, Import, Name, Parameter, Ref, operands
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import Frame, Function, FunctionId
from qscache_lint.project.evaluation.core import Context, Site, answers, files_declaring
from qscache_lint.project.questions import Question


def frames_behind(context: Context, path: str, ref: Ref) -> tuple[Frame, ...]:
    """The activations of the function around term `ref`, where the term rests on one of its parameters."""
    facts = context.facts(path)
    index = facts.around(ref)
    if not index or not _rests_on_parameter(facts, ref, index):
        return ()
    return frames(context, FunctionId(path, index))


def frames(context: Context, identity: FunctionId) -> tuple[Frame, ...]:
    """The activations of a function by the calls that are seen; none when there are too many places to look at."""
    return context.ask(CallSitesOf(identity))


class CallSitesOf(Question[tuple[Frame, ...]], frozen=True):
    """The activations of a function by the calls that are seen; none when there are too many places to look at."""

    bottom: ClassVar[tuple[Frame, ...]] = ()

    function: FunctionId


@answers(CallSitesOf)
def _frames(context: Context, asked: CallSitesOf) -> tuple[Frame, ...]:
    return tuple(dict.fromkeys(_seen(context, asked.function)))


def _seen(context: Context, identity: FunctionId) -> Iterator[Frame]:
    name = context.facts(identity.path).functions[identity.index].name
    for path in files_declaring(context, "call", name):
        facts = context.module(path)
        if facts is None or not context.project.modules.sees(path, identity.path):
            continue
        for ref in facts.calling([name]):
            term = facts.terms[ref]
            if isinstance(term, Call) and _is_called(facts, term, name):
                yield from _activations(context, path, ref, term, identity)


def _activations(context: Context, path: str, ref: Ref, call: Call, identity: FunctionId) -> Iterator[Frame]:
    for atom in context.value(path, call.function):
        if isinstance(atom, Function) and atom.of == identity:
            yield context.activation(atom, context.passed(call, Site(path, ref, None)))


def _is_called(facts: ModuleFacts, call: Call, name: str) -> bool:
    match facts.terms[call.function]:
        case Attribute(name=called) | Name(name=called) | Import(name=str() as called):
            return called == name
        case _:
            return True


def _rests_on_parameter(facts: ModuleFacts, ref: Ref, function: int) -> bool:
    pending, seen = [ref], {ref}
    while pending and len(seen) < limits.TERMS_TO_PARAMETER:
        term = facts.terms[pending.pop()]
        if isinstance(term, Parameter) and term.function == function:
            return True
        fresh = [operand for operand in operands(term) if operand not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return False
