"""Whether a function runs once for its caller: for a request, a command, or the one place that calls it.

A whitelist: methods that a framework calls once for each object it makes, views that a URL leads to, functions that
nothing names, and functions with one call, outside of loops, in a function that runs once itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import libcst as cst

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Ref
from qscache_lint.fixing.local.certain import loops
from qscache_lint.fixing.mentioning_files import files_with, words_of
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.project.abstract import Atom, ClassValue, External, Instance, Super
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.occasions import is_started, is_view
from qscache_lint.reasons import reason
from qscache_lint.values import Reason, Span

_DEFINITION = r"\s*(?:async\s+)?def\s+{}\b"
_Mention = tuple[str, int]


def runs_again(
    evaluator: Evaluator, function: FunctionId, calling: frozenset[FunctionId] = frozenset()
) -> Iterator[Reason]:
    """The first place by which a function may run more than once for one caller.

    `calling` are the functions whose runs it is a part of.
    """
    facts = evaluator.facts(function.path)
    of = facts.functions[function.index]
    if not function.index:
        return  # a module's body runs once
    here = reason("reader-runs-again", function.path, of.span.start.row, function=of.qualname)
    if of.owner is not None:
        owner = ClassId(function.path, of.owner)
        if not _is_called_once(evaluator, owner, of.name) or _is_called_besides(evaluator, function, owner, calling):
            yield here
        return
    runs_as_view = is_view(evaluator, function.path, function.index)
    if of.parent or (of.decorators and not runs_as_view):
        yield here
        return
    definition = re.compile(_DEFINITION.format(re.escape(of.name)))
    words = words_of(evaluator, function.path, of.name)
    named = [(path, row) for path, row, word in words if not definition.match(word.string)]
    routed = {each for each in named if _is_routed(evaluator, each, of.name)}
    mentions = [each for each in named if each not in routed]
    for path, row in mentions[1:2]:
        yield reason("reader-runs-again", path, row, function=of.qualname)
        return
    for mention in mentions:
        yield from _through(evaluator, mention, function, frozenset({*calling, function}))


def _is_called_once(evaluator: Evaluator, owner: ClassId, name: str) -> bool:
    """Whether a framework makes an object of a class for each occasion, and calls a method of it once."""
    return name in evaluator.knowledge.functions.occasions.once and is_started(evaluator, owner)


def _is_called_besides(
    evaluator: Evaluator, function: FunctionId, owner: ClassId, calling: frozenset[FunctionId]
) -> bool:
    """Whether code calls a method that a framework calls, too: twice in a function, or in one that runs again."""
    around = frozenset({*calling, function})
    return any(
        number > 1 or caller is None or caller in around or any(runs_again(evaluator, caller, around))
        for caller, number in Counter(_callers(evaluator, function, owner)).items()
    )


def _callers(evaluator: Evaluator, function: FunctionId, owner: ClassId) -> Iterator[FunctionId | None]:
    """The function around each place that asks for a method, besides itself for what it overrides; None in a loop."""
    name = evaluator.facts(function.path).functions[function.index].name
    for path in files_with(evaluator, owner.path, name):
        facts = evaluator.project.facts(path)
        for ref, term in () if facts is None else facts.every(Attribute):
            if facts is None or term.name != name:
                continue
            base, caller = evaluator.value(path, term.base), FunctionId(path, facts.around(ref))
            is_overridden = caller == function and all(isinstance(atom, Super) for atom in base)
            if not is_overridden and any(_is_of(evaluator, atom, owner) for atom in base):
                yield None if _is_in_loop(evaluator, path, facts.spans[ref]) else caller


def _is_of(evaluator: Evaluator, atom: Atom, owner: ClassId) -> bool:
    """Whether an object is of a class, or of one above or below, or is that class."""
    mro = evaluator.classes.mro
    match atom:
        case Super(receiver=receiver):
            return _is_of(evaluator, receiver, owner)
        case Instance(of=ClassId() as of) | ClassValue(of=of):
            return owner in mro(of) or of in mro(owner)
        case _:
            return False


def _through(
    evaluator: Evaluator, mention: _Mention, function: FunctionId, calling: frozenset[FunctionId]
) -> Iterator[Reason]:
    """What may run a function again, by the only place that names it but for URLs: a call."""
    path, row = mention
    of = evaluator.facts(function.path).functions[function.index]
    for caller, call, facts in _calls_in(evaluator, path):
        once = _is(facts, call.function, of.name, row) and caller not in calling
        if once and not _is_in_loop(evaluator, path, facts.spans[call.function]):
            yield from runs_again(evaluator, caller, calling)
            return
    yield reason("reader-runs-again", path, row, function=of.qualname)


def _calls_in(evaluator: Evaluator, path: str) -> Iterator[tuple[FunctionId, Call, ModuleFacts]]:
    """The calls in a file, with the functions in which they stand; none in a file that cannot be read."""
    facts = evaluator.project.facts(path)
    if facts is not None:
        for index in range(len(facts.functions)):
            yield from ((FunctionId(path, index), call, facts) for _, call in facts.of_kind(Call, index))


def _is(facts: ModuleFacts, ref: Ref, name: str, row: int) -> bool:
    """Whether a term is a name in a row, be it behind a dot."""
    term = facts.terms[ref]
    return name in facts.names_of(term) and facts.spans[ref].end.row == row


def _is_routed(evaluator: Evaluator, mention: _Mention, name: str) -> bool:
    """Whether a call that leads from a URL to a view has a name among its arguments: a request runs the view once."""
    path, row = mention
    return any(
        any(_is(facts, each.value, name, row) for each in call.arguments) and _is_route(evaluator, path, call)
        for _, call, facts in _calls_in(evaluator, path)
    )


def _is_route(evaluator: Evaluator, path: str, call: Call) -> bool:
    routes = evaluator.knowledge.functions.occasions.routes
    called = evaluator.value(path, call.function)
    return bool(called) and all(isinstance(atom, External) and atom.dotted in routes for atom in called)


def _is_in_loop(evaluator: Evaluator, path: str, span: Span) -> bool:
    return any(loop.contains(span) for loop in loop_spans(Parsed.read(evaluator.project.tree.read(path))))


def loop_spans(parsed: Parsed) -> Iterator[Span]:
    """What may run any number of times in a file, with the tests of loops."""
    yield from loops(parsed.tree)
    yield from (parsed.positions.span(each.test) for each in parsed.tree.every(cst.While))
