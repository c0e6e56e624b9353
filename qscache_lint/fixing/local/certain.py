"""Whether the rows of a value are read anyway where something is asked of it: then the answer costs no query more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Guard, Not, Ref
from qscache_lint.finding.tree import SyntaxTree
from qscache_lint.fixing.local.held_value import Asked, Reading, guards_of
from qscache_lint.values import Span

_LEAVING = (cst.Return, cst.Raise, cst.Break, cst.Continue)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a function, the tests on the way to it, and the questions that say whether there are rows."""

    span: Span
    guards: tuple[Guard, ...]
    questions: tuple[Asked, ...]


def is_read_anyway(facts: ModuleFacts, tree: SyntaxTree, point: Point, readings: Iterable[Reading]) -> bool:
    """Whether one of the places reads all rows whenever the point is passed and there are rows."""
    return any(
        each.is_whole and _is_passed(facts, point, each) and _is_reached(tree, point, each.taking.span)
        for each in readings
    )


def _is_passed(facts: ModuleFacts, point: Point, reading: Reading) -> bool:
    """Whether no test decides between the two but whether there are rows."""
    calls = frozenset(each.call for each in point.questions)
    guards = guards_of(facts, reading.taking)
    return all(guard in point.guards or _says_some(facts, guard, calls) for guard in guards)


def _says_some(facts: ModuleFacts, guard: Guard, calls: frozenset[Ref]) -> bool:
    """Whether a test that comes out so says that a question was answered with yes."""
    term, result = facts.terms[guard.test], guard.result
    if isinstance(term, Not):
        return term.operand in calls and not result
    return guard.test in calls and result


def _is_reached(tree: SyntaxTree, point: Point, reading: Span) -> bool:
    """Whether no loop has the reading alone, and nothing leaves the function or a loop in between."""
    if not all(loop.contains(point.span) for loop in loops(tree) if loop.contains(reading)):
        return False
    first, last = sorted((point.span, reading))
    between = (tree.positions.span(node) for kind in _LEAVING for node in tree.every(kind))
    leaving = [span for span in between if first.end <= span.start and span.end <= last.start]
    return all(any(body.contains(span) for body in _without_rows(tree, point)) for span in leaving)


def loops(tree: SyntaxTree) -> Iterator[Span]:
    """What may run any number of times: bodies of loops, and comprehensions behind what they iterate first."""
    statements: list[cst.For | cst.While] = [*tree.every(cst.For), *tree.every(cst.While)]
    for loop in statements:
        parts = (loop.body, *([] if loop.orelse is None else [loop.orelse]))
        yield from map(tree.positions.span, parts)
    for made in (*tree.every(cst.ListComp), *tree.every(cst.SetComp), *tree.every(cst.GeneratorExp)):
        yield from _in_comprehension(tree, made.elt, made.for_in)
    for mapped in tree.every(cst.DictComp):
        yield from _in_comprehension(tree, mapped.key, mapped.for_in)
        yield tree.positions.span(mapped.value)


def _in_comprehension(tree: SyntaxTree, element: cst.CSTNode, around: cst.CompFor) -> Iterator[Span]:
    yield tree.positions.span(element)
    yield from (tree.positions.span(each) for each in around.ifs)
    if around.inner_for_in is not None:
        yield tree.positions.span(around.inner_for_in)


def _without_rows(tree: SyntaxTree, point: Point) -> Iterator[Span]:
    """The bodies of `if not rows.exists():`."""
    asked = {each.span for each in point.questions}
    for branch in tree.every(cst.If):
        test = branch.test
        call = test.expression if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not) else None
        method = call.func if isinstance(call, cst.Call) else None
        if isinstance(method, cst.Attribute) and tree.positions.span(method.attr) in asked:
            yield tree.positions.span(branch.body)
