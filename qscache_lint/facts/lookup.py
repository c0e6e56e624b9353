"""Which terms the expressions of a file are, by the place where each stands.

The facts of a module say where a value is made, not where it is read: `rows` in `rows.first()` is the term that was
assigned to it. Here the file is visited once more, and what each expression comes to is noted on the way. Terms have
the same numbers as in the facts, because both follow from the bytes alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qscache_lint.facts.definitions import Definition
from qscache_lint.facts.expressions import ExpressionReader
from qscache_lint.facts.model import AttributeStore, Binding, ModuleRecord
from qscache_lint.facts.places import Place, Places, span_of
from qscache_lint.facts.scope import Scope
from qscache_lint.facts.terms import Ref, Term
from qscache_lint.facts.visitor import FactsVisitor, visit_with
from qscache_lint.source.syntax import Unreadable, parse
from qscache_lint.values import Position, Span


@dataclass(frozen=True)
class Expression:
    """An expression, or a name that gets a value, and the term that it is."""

    span: Span
    term: Ref
    is_constant: bool = False


def expressions(source: bytes) -> tuple[Expression, ...] | Unreadable:
    """Every expression of a file that has a value, in the order of the code, the outer ones first."""
    module = parse(source)
    if isinstance(module, Unreadable):
        return module
    visitor = _Visitor(Places(source))
    try:
        record = visit_with(visitor, module)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")
    found = {span_of(place): Expression(span_of(place), *noted) for place, noted in visitor.noted.items()}
    found.update((span, Expression(span, ref)) for span, ref in _targets(record))
    return tuple(sorted(found.values(), key=_outer_first))


def innermost(found: Iterable[Expression], at: Position) -> Expression | None:
    """The smallest expression around a place."""
    around = [each for each in found if each.span.start <= at < each.span.end]
    return max(around, key=_outer_first, default=None)


def in_row(found: Iterable[Expression], row: int) -> tuple[Expression, ...]:
    """The expressions that begin in a row and are no constants."""
    return tuple(each for each in found if each.span.start.row == row and not each.is_constant)


def _outer_first(each: Expression) -> tuple[Position, tuple[int, int]]:
    end = each.span.end
    return each.span.start, (-end.row, -end.column)


class _Visitor(FactsVisitor):
    """A visitor that notes the term of every expression, by its place.

    Of several expressions at one place the outermost counts, which is read last.
    """

    def __init__(self, places: Places) -> None:
        super().__init__(places)
        self.noted: dict[Place, tuple[Ref, bool]] = {}
        self.expressions = _Reader(self, places)

    def note(self, node: ast.expr, ref: Ref) -> None:
        self.noted[self.expressions.place(node)] = (ref, isinstance(node, ast.Constant))

    def _read_function(self, node: Definition, scope: Scope) -> None:
        super()._read_function(node, scope)
        parameters = self.table.functions[scope.function]
        for ref, parameter in enumerate(_parameters(node.args), parameters.first):
            end = parameter.col_offset + len(parameter.arg.encode())
            name = ast.Name(parameter.arg, ast.Store())
            name.lineno = name.end_lineno = parameter.lineno
            name.col_offset, name.end_col_offset = parameter.col_offset, end
            self.note(name, ref)


class _Reader(ExpressionReader):
    """Tells the visitor what it has read."""

    def __init__(self, visitor: _Visitor, places: Places) -> None:
        super().__init__(visitor, places)
        self._noting = visitor

    def read(self, node: ast.expr) -> Ref:
        return self._note(node, super().read(node))

    def _call(self, node: ast.Call, function: Ref) -> Ref:
        return self._note(node, super()._call(node, function))

    def _known_path(self, node: ast.Attribute) -> Ref | None:
        known = super()._known_path(node)
        return None if known is None else self._note(node, known)

    def add(self, term: Term, node: ast.expr) -> Ref:
        return self._note(node, super().add(term, node))

    def _note(self, node: ast.expr, ref: Ref) -> Ref:
        self._noting.note(node, ref)
        return ref


def _parameters(node: ast.arguments) -> list[ast.arg]:
    """The parameters of a function, in the order of its facts."""
    named = [*node.posonlyargs, *node.args, node.vararg, *node.kwonlyargs, node.kwarg]
    return [parameter for parameter in named if parameter is not None]


def _targets(record: ModuleRecord) -> Iterator[tuple[Span, Ref]]:
    """The names and attributes that statements give values to, with these."""
    for function in record.functions:
        yield from _bound(function.bindings)
        yield from ((event.span, event.value) for event in function.events if isinstance(event, AttributeStore))
    for opened in record.classes:
        yield from _bound(opened.members)


def _bound(names: Mapping[str, tuple[Binding, ...]]) -> Iterator[tuple[Span, Ref]]:
    return ((binding.span, binding.value) for bindings in names.values() for binding in bindings)
