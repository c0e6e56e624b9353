"""Returns of one function: whether it always gets to one, and what each gives back."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst


def always_returns(body: cst.BaseSuite) -> bool:
    """Whether a block never runs on behind its last statement: it ends in `return`, `raise`, or branches that do."""
    last = body.body[-1] if body.body else None
    match last:
        case cst.SimpleStatementLine(body=statements):
            return isinstance(statements[-1], (cst.Return, cst.Raise))
        case cst.Return() | cst.Raise():
            return True
        case cst.If(body=taken, orelse=other):
            return other is not None and always_returns(taken) and _other_returns(other)
        case cst.With(body=inner):
            return always_returns(inner)
        case cst.Try(body=tried, handlers=handlers, orelse=other):
            ends = always_returns(tried) or (other is not None and always_returns(other.body))
            return ends and all(always_returns(handler.body) for handler in handlers)
        case _:
            return False


def _other_returns(other: cst.If | cst.Else) -> bool:
    if isinstance(other, cst.Else):
        return always_returns(other.body)
    return other.orelse is not None and always_returns(other.body) and _other_returns(other.orelse)


def map_returns(
    node: cst.FunctionDef, change: Callable[[cst.BaseExpression], cst.BaseExpression]
) -> cst.FunctionDef:
    """The function with `change` applied to what its own returns give; nested functions keep theirs."""
    body = node.body.visit(_Returns(change))
    assert isinstance(body, cst.BaseSuite)
    return node.with_changes(body=body)


class _Returns(cst.CSTTransformer):
    def __init__(self, change: Callable[[cst.BaseExpression], cst.BaseExpression]) -> None:
        super().__init__()
        self._change = change

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        if updated_node.value is None:
            return updated_node
        return updated_node.with_changes(value=self._change(updated_node.value))
