"""Statements without bodies: assignments and what they bind, imports, and what leaves a function or a loop."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from qscache_lint.facts.assigning import assign
from qscache_lint.facts.model import Escape, Removal, Return
from qscache_lint.facts.operators import operator_text
from qscache_lint.facts.targets import bound_paths
from qscache_lint.facts.terms import Binary, Constant, Guard, Import

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor


def _expr(visitor: FactsVisitor, node: ast.Expr) -> None:
    visitor.term(node.value)


def _assign(visitor: FactsVisitor, node: ast.Assign) -> None:
    value = visitor.term(node.value)
    for target in node.targets:
        assign(visitor, target, value, node.value)


def _ann_assign(visitor: FactsVisitor, node: ast.AnnAssign) -> None:
    _note_declaration(visitor, node)
    if node.value is not None:
        assign(visitor, node.target, visitor.term(node.value), node.value)


def _type_alias(visitor: FactsVisitor, node: Any) -> None:
    """`type Name = value`, of Python 3.12."""
    assign(visitor, node.name, visitor.term(node.value), node.value)


def _note_declaration(visitor: FactsVisitor, node: ast.AnnAssign) -> None:
    """`name: Class` in a class body, or `self.name: Class` in a method."""
    match node.target:
        case ast.Name(id=name) if visitor.scope.owner is not None:
            owner: int | None = visitor.scope.owner
        case ast.Attribute(value=ast.Name(id=receiver), attr=name):
            parameters = visitor.function.parameters
            owner = visitor.function.owner if parameters and parameters[0].name == receiver else None
        case _:
            return
    if owner is not None:
        annotation = visitor.annotation(node.annotation)
        visitor.table.classes[owner].annotations.setdefault(name, annotation)


def _aug_assign(visitor: FactsVisitor, node: ast.AugAssign) -> None:
    left = visitor.term(node.target)
    right = visitor.term(node.value)
    operator = operator_text(node.op)
    at = visitor.expressions.behind(node.target, f"{operator}=")
    made = visitor.expressions.under_tests(visitor.add(Binary(operator, left, right, at), node))
    assign(visitor, node.target, made, node)


def _delete(visitor: FactsVisitor, node: ast.Delete) -> None:
    for target in node.targets:
        _read_deleted(visitor, target)
    for path in bound_paths([node]):
        visitor.state.forget(path)


def _read_deleted(visitor: FactsVisitor, target: ast.expr) -> None:
    """Read what `del` evaluates: the object that loses something, and the key."""
    match target:
        case ast.Attribute(value=base):
            visitor.term(base)
        case ast.Subscript(value=base):
            removal = Removal(visitor.term(base), visitor.state.guards, visitor.span(target))
            visitor.expressions.key(target)
            visitor.function.events.append(removal)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            for each in targets:
                _read_deleted(visitor, each)


def _return(visitor: FactsVisitor, node: ast.Return) -> None:
    value = visitor.add(Constant(None), node) if node.value is None else visitor.term(node.value)
    span = visitor.span(node if node.value is None else node.value)
    visitor.function.returns.append(Return(value, visitor.state.guards, span))
    visitor.state.live = False


def _raise(visitor: FactsVisitor, node: ast.Raise) -> None:
    if node.exc is not None:
        visitor.function.events.append(Escape(visitor.term(node.exc), visitor.state.guards, visitor.span(node.exc)))
    visitor.state.live = False


def _assert(visitor: FactsVisitor, node: ast.Assert) -> None:
    visitor.pass_test(node.test, Guard(visitor.test(node.test), True))


def _break(visitor: FactsVisitor, node: ast.Break) -> None:
    if visitor.scope.loops:
        loop = visitor.scope.loops[-1]
        loop.breaks.append(visitor.state.end(loop.mark))
    visitor.state.live = False


def _continue(visitor: FactsVisitor, node: ast.Continue) -> None:
    if visitor.scope.loops:
        loop = visitor.scope.loops[-1]
        loop.continues.append(visitor.state.end(loop.mark))
    visitor.state.live = False


def _outside(visitor: FactsVisitor, node: ast.Global | ast.Nonlocal) -> None:
    visitor.scope.outside.update(node.names)


def _import(visitor: FactsVisitor, node: ast.Import) -> None:
    for alias in node.names:
        bound, module = alias.asname or alias.name.partition(".")[0], alias.name
        if alias.asname is None:
            module = bound
            if alias.name != bound:
                visitor.add(Import(alias.name, 0), alias)
        visitor.bind_name(bound, visitor.add(Import(module, 0), alias), visitor.span(alias))


def _import_from(visitor: FactsVisitor, node: ast.ImportFrom) -> None:
    module = node.module or ""
    for alias in node.names:
        if alias.name == "*":
            star = visitor.add(Import(module, node.level), node)
            visitor.table.stars.append(visitor.binding(star, visitor.span(node), visitor.span(node)))
            continue
        imported = visitor.add(Import(module, node.level, alias.name), alias)
        visitor.bind_name(alias.asname or alias.name, imported, visitor.span(alias))


VISITORS: Mapping[type[ast.stmt], Callable[[FactsVisitor, Any], None]] = {
    ast.Expr: _expr,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Delete: _delete,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Global: _outside,
    ast.Nonlocal: _outside,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    **({ast.TypeAlias: _type_alias} if sys.version_info >= (3, 12) else {}),
}
