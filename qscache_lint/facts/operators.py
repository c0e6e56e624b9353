"""Operators become terms: arithmetic, comparisons, and those that decide which operand runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from qscache_lint.facts.terms import Binary, Choice, Compare, Constant, Guard, Join, Not, Opaque, Ref

if TYPE_CHECKING:
    from qscache_lint.facts.expressions import ExpressionReader

_BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.FloorDiv: "//",
}
_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def operator_text(operator: ast.operator) -> str:
    """An operator as it is written."""
    return _BINARY[type(operator)]


def _binary(reader: ExpressionReader, node: ast.BinOp) -> Ref:
    steps = [node]
    while isinstance(steps[-1].left, ast.BinOp):
        steps.append(steps[-1].left)
    left = reader.read(steps[-1].left)
    for step in reversed(steps):
        right = reader.read(step.right)
        operator = operator_text(step.op)
        term = Binary(operator, left, right, reader.behind(step.left, operator))
        left = reader.under_tests(reader.add(term, step))
    return left


def _boolean(reader: ExpressionReader, node: ast.BoolOp) -> Ref:
    """`a or b` is `a` where `a` is true, else `b`; `and` the other way round."""
    keeps_left = isinstance(node.op, ast.Or)
    visitor, first = reader.visitor, node.values[0]
    left = visitor.test(first)
    passed = [first] if visitor.narrows(first, not keeps_left) else []
    for number, value in enumerate(node.values[1:], 2):
        mark = visitor.state.mark()
        visitor.state.guards += (Guard(left, not keeps_left),)
        for each in passed:
            visitor.assume(each, not keeps_left)
        right = reader.read(value)
        reader.return_to(mark, reader.place(value))
        row, column, *_ = reader.place(first)
        _, _, last, end = reader.place(value)
        choices = (Choice(left, (Guard(left, keeps_left),)), Choice(right, (Guard(left, not keeps_left),)))
        left = reader.table.add(Join(choices), (row, column, last, end))
        if number < len(node.values):
            visitor.note_test(left, (row, column, last, end))
            passed += [value] if visitor.narrows(value, not keeps_left) else []
    return left


def _unary(reader: ExpressionReader, node: ast.UnaryOp) -> Ref:
    if isinstance(node.op, ast.Not):
        return reader.add(Not(reader.visitor.test(node.operand)), node)
    operand = reader.read(node.operand)
    value = reader.table.term(operand)
    if isinstance(node.op, ast.USub) and isinstance(value, Constant) and isinstance(value.value, int):
        return reader.add(Constant(-value.value), node)
    return reader.add(Opaque("unary operator", (operand,)), node)


def _comparison(reader: ExpressionReader, node: ast.Compare) -> Ref:
    left = reader.read(node.left)
    rights = [reader.read(comparator) for comparator in node.comparators]
    if len(rights) > 1:
        return reader.add(Opaque("chained comparison", (left, *rights)), node)
    return reader.add(Compare(_COMPARE[type(node.ops[0])], left, rights[0]), node)


def _conditional(reader: ExpressionReader, node: ast.IfExp) -> Ref:
    test = reader.visitor.test(node.test)
    choices = tuple(
        Choice(_under(reader, node.test, guard, branch), (guard,))
        for guard, branch in ((Guard(test, True), node.body), (Guard(test, False), node.orelse))
    )
    return reader.add(Join(choices), node)


def _under(reader: ExpressionReader, test: ast.expr, guard: Guard, node: ast.expr) -> Ref:
    mark = reader.visitor.state.mark()
    reader.visitor.state.guards += (guard,)
    reader.visitor.assume(test, guard.result)
    value = reader.read(node)
    reader.return_to(mark, reader.place(node))
    return value


READERS: Mapping[type[ast.expr], Callable[[ExpressionReader, Any], Ref]] = {
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.IfExp: _conditional,
}
