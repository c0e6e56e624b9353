"""Assignments: a value is given to a target of any form."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qscache_lint.facts.model import AttributeStore, Escape, ItemStore, Iteration
from qscache_lint.facts.targets import path_of
from qscache_lint.facts.terms import Member, Opaque, Ref, Updated

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor


def assign(visitor: FactsVisitor, target: ast.expr, value: Ref, given: ast.expr | ast.stmt) -> None:
    """Give `value`, which is written as `given`, to an assignment target of any form."""
    match target:
        case ast.Name(id=name):
            visitor.bind_name(name, value, visitor.span(target), visitor.span(given))
        case ast.Attribute():
            base = visitor.term(target.value)
            name = visitor.mangled(target.attr)
            spans = (visitor.span(target), visitor.span(given))
            visitor.function.events.append(AttributeStore(base, name, value, visitor.state.guards, *spans))
            path = path_of(target)
            if path is not None:
                visitor.state.bind(path, value)
        case ast.Subscript():
            _assign_item(visitor, target, value, given)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            visitor.function.events.append(Iteration(value, visitor.state.guards, visitor.span(target)))
            _unpack(visitor, elements, value, given)
        case ast.Starred():
            assign(visitor, target.value, visitor.add(Opaque("starred target", (value,)), target), given)
        case _:
            visitor.function.events.append(Escape(value, visitor.state.guards, visitor.span(target)))


def _assign_item(visitor: FactsVisitor, target: ast.Subscript, value: Ref, given: ast.expr | ast.stmt) -> None:
    base = visitor.term(target.value)
    key = visitor.expressions.key(target)
    spans = (visitor.span(target), visitor.span(given))
    visitor.function.events.append(ItemStore(base, key, value, visitor.state.guards, *spans))
    path = path_of(target.value)
    if path is not None:
        visitor.state.bind(path, visitor.add(Updated(base, key, value), target))


def _unpack(visitor: FactsVisitor, elements: Sequence[ast.expr], value: Ref, given: ast.expr | ast.stmt) -> None:
    starred = False
    written = _one_for_each(elements, given)
    for position, element in enumerate(elements):
        is_star = isinstance(element, ast.Starred)
        starred = starred or is_star
        member = Member(value, position - len(elements) if starred else position)
        term = Opaque("starred target", (value,)) if is_star else member
        inner = element.value if isinstance(element, ast.Starred) else element
        assign(visitor, inner, visitor.add(term, element), written[position])


def _one_for_each(targets: Sequence[ast.expr], given: ast.expr | ast.stmt) -> Sequence[ast.expr | ast.stmt]:
    """The expression that gives each target its value: a member of a display with as many, else all of it."""
    parts = given.elts if isinstance(given, (ast.Tuple, ast.List)) else ()
    is_plain = not any(isinstance(each, ast.Starred) for each in (*targets, *parts))
    return parts if is_plain and len(parts) == len(targets) else [given] * len(targets)
