"""Functions and classes: their heads are read where they stand, the bodies of functions later."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from qscache_lint.facts.model import Decorator, ParameterFacts
from qscache_lint.facts.places import span_of
from qscache_lint.facts.scope import Scope
from qscache_lint.facts.table import OpenClass, OpenFunction
from qscache_lint.facts.terms import ClassTerm, FunctionTerm, Ref

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Definition: TypeAlias = _Definition | ast.Lambda


def define_function(visitor: FactsVisitor, node: Definition, name: str) -> Ref:
    """Enter a function or lambda into the table; its body is read later."""
    scope = visitor.scope
    is_lambda = isinstance(node, ast.Lambda)
    opened = OpenFunction(
        name=name,
        qualname=_qualname(visitor, name),
        parent=scope.function,
        owner=None if is_lambda else scope.owner,
        span=visitor.span(node) if isinstance(node, ast.Lambda) else span_of(visitor.places.defined_name(node)),
    )
    if not isinstance(node, ast.Lambda):
        opened.decorators = _decorators(visitor, node.decorator_list)
        opened.is_async = isinstance(node, ast.AsyncFunctionDef)
        if node.returns is not None:
            opened.annotation = visitor.annotation(node.returns)
    opened.parameters = tuple(_parameters(visitor, node.args))
    index = visitor.table.add_function(opened)
    visitor.read_later(node, Scope(function=index, outer=scope))
    return visitor.add(FunctionTerm(index), node)


def _parameters(visitor: FactsVisitor, node: ast.arguments) -> Iterator[ParameterFacts]:
    positional = [*node.posonlyargs, *node.args]
    defaults = [*(None for _ in positional[len(node.defaults) :]), *node.defaults]
    for parameter, default in zip(positional, defaults, strict=True):
        yield _parameter(visitor, parameter, "positional", default)
    if node.vararg is not None:
        yield _parameter(visitor, node.vararg, "*", None)
    for parameter, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        yield _parameter(visitor, parameter, "keyword", default)
    if node.kwarg is not None:
        yield _parameter(visitor, node.kwarg, "**", None)


def _parameter(visitor: FactsVisitor, node: ast.arg, kind: str, default: ast.expr | None) -> ParameterFacts:
    value = None if default is None else visitor.term(default)
    annotation = None if node.annotation is None else visitor.annotation(node.annotation)
    return ParameterFacts(node.arg, kind, value, annotation)


def _function_def(visitor: FactsVisitor, node: _Definition) -> None:
    value = define_function(visitor, node, node.name)
    visitor.bind_name(node.name, value, span_of(visitor.places.defined_name(node)))


def _class_def(visitor: FactsVisitor, node: ast.ClassDef) -> None:
    span = span_of(visitor.places.defined_name(node))
    bases = tuple([visitor.term(base) for base in node.bases if not isinstance(base, ast.Starred)])
    for keyword in node.keywords:
        visitor.term(keyword.value)
    opened = OpenClass(
        name=node.name,
        qualname=_qualname(visitor, node.name),
        owner=visitor.scope.owner,
        function=visitor.scope.function,
        span=span,
        bases=bases,
        decorators=_decorators(visitor, node.decorator_list),
    )
    visitor.table.classes.append(opened)
    index = len(visitor.table.classes) - 1
    around = visitor.scope
    visitor.scope = Scope(function=around.function, owner=index, outer=around)
    visitor.run(node.body)
    visitor.scope = around
    visitor.bind_name(node.name, visitor.add(ClassTerm(index), node), span)


def _qualname(visitor: FactsVisitor, name: str) -> str:
    if visitor.scope.owner is not None:
        return f"{visitor.table.classes[visitor.scope.owner].qualname}.{name}"
    if visitor.scope.function:
        return f"{visitor.function.qualname}.{name}"
    return name


def _decorators(visitor: FactsVisitor, nodes: Sequence[ast.expr]) -> tuple[Decorator, ...]:
    return tuple([Decorator(visitor.term(node), visitor.span(node), visitor.places.text(node)) for node in nodes])


VISITORS: Mapping[type[ast.stmt], Callable[[FactsVisitor, Any], None]] = {
    ast.FunctionDef: _function_def,
    ast.AsyncFunctionDef: _function_def,
    ast.ClassDef: _class_def,
}
