"""Statements with bodies: branches fork and merge the state, loops get a `Join` at their head.

Each function decides itself what runs next and in which state.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qscache_lint.facts.assigning import assign
from qscache_lint.facts.model import Iteration
from qscache_lint.facts.patterns import members, test_of
from qscache_lint.facts.places import Place, span_of
from qscache_lint.facts.scope import End, Loop, Mark
from qscache_lint.facts.targets import bound_paths, target_paths
from qscache_lint.facts.terms import Choice, Element, Entered, Guard, Join, Member, Opaque, Ref

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor

_TRY_STAR: type[ast.stmt] = getattr(ast, "TryStar", ast.Try)  # from Python 3.11 on


def _if(visitor: FactsVisitor, node: ast.If) -> None:
    """Read an `if` with all its `elif`, of which generated code has thousands, in a loop."""
    around: list[tuple[Mark, End, Place]] = []
    branch: ast.If | None = node
    while branch is not None:
        test = visitor.test(branch.test)
        mark = visitor.state.mark()
        visitor.pass_test(branch.test, Guard(test, True))
        visitor.run(branch.body)
        taken = visitor.state.leave(mark)
        around.append((mark, taken, visitor.expressions.place(branch)))
        visitor.pass_test(branch.test, Guard(test, False))
        match branch.orelse:
            case [ast.If() as branch]:
                pass
            case orelse:
                visitor.run(orelse)
                branch = None
    for mark, taken, place in reversed(around):
        skipped = visitor.state.leave(mark)
        visitor.state.merge(visitor.table, [taken, skipped], place)


def _branch(visitor: FactsVisitor, body: Iterable[ast.stmt], start: End | None = None) -> End:
    """Run statements that may not run, and come back; `start` is what has run before them."""
    mark = visitor.state.mark()
    if start is not None:
        visitor.state.enter(start)
    visitor.run(body)
    return visitor.state.leave(mark)


def _try(visitor: FactsVisitor, node: ast.Try) -> None:
    place = visitor.expressions.place(node)
    before = visitor.state.mark()
    body = _branch(visitor, node.body)
    ends = [body if not node.orelse else _branch(visitor, node.orelse, start=body)]
    nothing = End({}, before.guards, True)
    broken_off = End(body.changes, before.guards, True)
    visitor.state.merge(visitor.table, [nothing, broken_off], place)
    failed = visitor.state.leave(before)
    for handler in node.handlers:
        raised = visitor.add(Opaque("exception"), handler)
        mark = visitor.state.mark()
        visitor.state.enter(failed)
        visitor.state.guards += (Guard(raised, True),)
        if handler.name is not None:
            visitor.bind_name(handler.name, raised, span_of(visitor.places.handler_name(handler)))
        visitor.run(handler.body)
        ends.append(visitor.state.leave(mark))
    visitor.state.merge(visitor.table, ends, place)
    if node.finalbody:
        was_live, visitor.state.live = visitor.state.live, True
        visitor.run(node.finalbody)
        visitor.state.live = visitor.state.live and was_live


def _with(visitor: FactsVisitor, node: ast.With | ast.AsyncWith) -> None:
    for item in node.items:
        value = visitor.add(Entered(visitor.term(item.context_expr)), item.context_expr)
        if item.optional_vars is not None:
            assign(visitor, item.optional_vars, value, item.context_expr)
    visitor.run(node.body)


def _match(visitor: FactsVisitor, node: ast.Match) -> None:
    """Read the cases like an `if` with all its `elif`; one with a guard may leave the subject to the next ones."""
    subject, place = visitor.term(node.subject), visitor.expressions.place(node)
    around: list[tuple[Mark, End]] = []
    for case in node.cases:
        test, mark = test_of(visitor, subject, case.pattern), visitor.state.mark()
        if test is not None:
            visitor.state.guards += (Guard(test, True),)
        _bind_pattern(visitor, subject, case.pattern)
        if case.guard is not None:
            visitor.pass_test(case.guard, Guard(visitor.test(case.guard), True))
        visitor.run(case.body)
        around.append((mark, visitor.state.leave(mark)))
        if case.guard is None:
            visitor.state.live = visitor.state.live and test is not None
            visitor.state.guards += () if test is None else (Guard(test, False),)
    for mark, taken in reversed(around):
        skipped = visitor.state.leave(mark)
        visitor.state.merge(visitor.table, [taken, skipped], place)


def _bind_pattern(visitor: FactsVisitor, subject: Ref, pattern: ast.pattern) -> None:
    at = dict(members(pattern))
    whole = pattern.name if isinstance(pattern, ast.MatchAs) else None
    for path in bound_paths([pattern]):
        term = Member(subject, at[path]) if path in at else Opaque("pattern", (subject,))
        value = subject if path == whole else visitor.add(term, pattern)
        visitor.bind_name(path, value, visitor.span(pattern))


def _for(visitor: FactsVisitor, node: ast.For | ast.AsyncFor) -> None:
    iterated = visitor.term(node.iter)
    visitor.function.events.append(Iteration(iterated, visitor.state.guards, visitor.span(node.iter)))
    changed = [*bound_paths(node.body), *target_paths(node.target)]
    heads = _loop_heads(visitor, changed, visitor.expressions.place(node))
    loop = Loop(visitor.state.mark(), heads)
    assign(visitor, node.target, visitor.add(Element(iterated), node.target), node.iter)
    _leave_loop(visitor, node, loop, heads, is_left=True)


def _while(visitor: FactsVisitor, node: ast.While) -> None:
    heads = _loop_heads(visitor, bound_paths([*node.body, node.test]), visitor.expressions.place(node))
    visitor.test(node.test)
    _leave_loop(visitor, node, Loop(visitor.state.mark(), heads), heads, is_left=not _is_always_true(node.test))


def _loop_heads(visitor: FactsVisitor, changed: Iterable[str], place: Place) -> dict[str, tuple[Ref, Ref | None]]:
    """Give each name that the loop changes a term of its own; returns it with the value before the loop."""
    paths = dict.fromkeys(changed)
    heads = {path: (visitor.table.reserve(place), visitor.state.names.get(path)) for path in paths}
    for path, (head, _) in heads.items():
        visitor.state.know(path, head)
    return heads


def _leave_loop(
    visitor: FactsVisitor,
    node: ast.For | ast.AsyncFor | ast.While,
    loop: Loop,
    heads: Mapping[str, tuple[Ref, Ref | None]],
    is_left: bool,
) -> None:
    """Run the body of a loop. `is_left`: it may end without a `break`."""
    visitor.scope.loops.append(loop)
    visitor.run(node.body)
    visitor.scope.loops.pop()
    rounds = [end for end in (visitor.state.leave(loop.mark), *loop.continues) if end.live]
    for path, (head, before) in heads.items():
        now = visitor.state.names.get(path)
        values = [before, *(end.changes.get(path, now) for end in rounds)]
        kept = dict.fromkeys(value for value in values if value is not None and value != head)
        visitor.table.fill(head, tuple([Choice(value) for value in kept]))
    _filled_by(visitor, loop, rounds, visitor.expressions.place(node))
    visitor.state.live = is_left
    exhausted = _branch(visitor, node.orelse)
    visitor.state.live = True
    visitor.state.merge(visitor.table, [exhausted, *loop.breaks], visitor.expressions.place(node))


def _filled_by(visitor: FactsVisitor, loop: Loop, rounds: Sequence[End], place: Place) -> None:
    """Behind a loop, a container is what the rounds have made of it, of which there may have been none."""
    for path in loop.filled:
        made = dict.fromkeys(end.changes[path] for end in rounds if path in end.changes)
        choices = tuple(Choice(value) for value in made if value is not None)
        if choices and path in visitor.state.names:
            joined = visitor.table.add(Join(choices), place) if len(choices) > 1 else choices[0].value
            visitor.state.know(path, joined)


def _is_always_true(node: ast.expr) -> bool:
    """Whether only a `break` leaves a loop with this test."""
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and bool(node.value)


VISITORS: Mapping[type[ast.stmt], Callable[[FactsVisitor, Any], None]] = {
    ast.If: _if,
    ast.Try: _try,
    _TRY_STAR: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Match: _match,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
}
