"""Single places that use a value: a copy that is dropped, a question that rows answer, a test that is not needed.

    rows.all()                     ->    rows
    rows.count()                   ->    len(rows)
    if rows.exists():              ->    if rows:
    if rows.exists():              ->    for row in rows:
        for row in rows:                     …
            …
    [… for row in rows] if rows.exists() else []   ->   [… for row in rows]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import libcst as cst
import libcst.matchers as m

from qscache_lint.finding.tree import SyntaxTree
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.reasons import reason
from qscache_lint.values import Span

Edit = Callable[[cst.CSTNode], "cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]"]
"""What becomes of a node, in which others may have been edited already."""


def edited(parsed: Parsed, edits: Mapping[cst.CSTNode, Edit]) -> bytes:
    """The file with some of its nodes edited. Raises Refused where a comment would be lost."""
    changed = parsed.module.visit(_Edits(edits))
    if Counter(_comments(parsed.module)) - Counter(_comments(changed)):
        raise Refused(reason("comment-lost"))
    return parsed.written(changed)


def calls_by_name(tree: SyntaxTree) -> dict[Span, cst.Call]:
    """The calls of methods, by the place of the method's name."""
    calls = ((each.func, each) for each in tree.every(cst.Call))
    return {tree.positions.span(method.attr): call for method, call in calls if isinstance(method, cst.Attribute)}


def receiver_only(node: cst.CSTNode) -> cst.BaseExpression:
    """What a method is called on."""
    call = cst.ensure_type(node, cst.Call)
    receiver = cst.ensure_type(call.func, cst.Attribute).value
    return receiver.with_changes(lpar=[*call.lpar, *receiver.lpar], rpar=[*receiver.rpar, *call.rpar])


def told_by(template: str) -> Edit:
    """An edit of `rows.count()` that calls what the template calls: `len({rows})`."""

    def edit(node: cst.CSTNode) -> cst.CSTNode:
        call = cst.ensure_type(node, cst.Call)
        receiver = cst.ensure_type(call.func, cst.Attribute).value
        told = cst.ensure_type(cst.parse_expression(template.format(rows="rows")), cst.Call)
        return told.with_changes(args=[told.args[0].with_changes(value=receiver)], lpar=call.lpar, rpar=call.rpar)

    return edit


def body_only(node: cst.CSTNode) -> cst.FlattenSentinel[cst.CSTNode]:
    """The statements of an `if`, with the comments around its test above them."""
    branch = cst.ensure_type(node, cst.If)
    first, *others = branch.body.body
    header = branch.body.header if isinstance(branch.body, cst.IndentedBlock) else None
    behind = [] if header is None or header.comment is None else [cst.EmptyLine(comment=header.comment)]
    above = [*branch.leading_lines, *behind, *getattr(first, "leading_lines", ())]
    return cst.FlattenSentinel([first.with_changes(leading_lines=above), *others])


def truth_tests(tree: SyntaxTree) -> frozenset[int]:
    """The expressions of which only the truth counts, by their identity."""
    tests: list[cst.BaseExpression] = []
    for kind in (cst.If, cst.While, cst.IfExp, cst.Assert, cst.CompIf):
        tests.extend(each.test for each in tree.every(kind))  # type: ignore[attr-defined]
    tests.extend(each for each in tree.every(cst.UnaryOperation) if isinstance(each.operator, cst.Not))
    return frozenset(id(part) for each in tests for part in _parts(each))


def _parts(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    yield test
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        yield from _parts(test.expression)
    elif isinstance(test, cst.BooleanOperation):
        yield from _parts(test.left)
        yield from _parts(test.right)


def guarded_loop(tree: SyntaxTree, call: cst.Call) -> tuple[cst.If, cst.For] | None:
    """The `if` that has nothing but a call as its test and a loop as its body; None where there is none."""
    branches = tree.every(cst.If)
    branch = next((each for each in branches if each.test is call), None)
    if branch is None or branch.orelse is not None or any(each.orelse is branch for each in branches):
        return None
    body = branch.body.body
    loop = body[0] if len(body) == 1 and isinstance(branch.body, cst.IndentedBlock) else None
    return (branch, loop) if isinstance(loop, cst.For) and loop.orelse is None else None


def guarded_comprehension(tree: SyntaxTree, call: cst.Call) -> tuple[cst.IfExp, cst.CompFor] | None:
    """The conditional expression that tests a call and gives a comprehension, or else what that gives for no rows."""
    choice = next((each for each in tree.every(cst.IfExp) if each.test is call), None)
    if choice is None or not any(m.matches(choice, each) for each in _COMPREHENSIONS):
        return None
    loop = choice.body.for_in if isinstance(choice.body, (cst.ListComp, cst.SetComp, cst.DictComp)) else None
    return None if loop is None or loop.asynchronous else (choice, loop)


_COMPREHENSIONS = (
    m.IfExp(body=m.ListComp(), orelse=m.List([])),
    m.IfExp(body=m.SetComp(), orelse=m.Call(m.Name("set"), [])),
    m.IfExp(body=m.DictComp(), orelse=m.Dict([])),
)


def chosen_only(node: cst.CSTNode) -> cst.BaseExpression:
    """What a conditional expression is where its test holds."""
    choice = cst.ensure_type(node, cst.IfExp)
    body = choice.body
    return body.with_changes(lpar=[*choice.lpar, *body.lpar], rpar=[*body.rpar, *choice.rpar])


class _Edits(cst.CSTTransformer):
    def __init__(self, edits: Mapping[cst.CSTNode, Edit]) -> None:
        super().__init__()
        self._edits = {id(node): edit for node, edit in edits.items()}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode]:
        edit = self._edits.get(id(original_node))
        return updated_node if edit is None else edit(updated_node)


def _comments(module: cst.Module) -> Iterator[str]:
    return (each.value for each in m.findall(module, m.Comment()) if isinstance(each, cst.Comment))
