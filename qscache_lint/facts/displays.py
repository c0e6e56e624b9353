"""Displays and comprehensions become `Container` terms."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qscache_lint.facts.model import Iteration
from qscache_lint.facts.targets import target_paths
from qscache_lint.facts.terms import Container, Element, Entry, Member, Ref

if TYPE_CHECKING:
    from qscache_lint.facts.expressions import ExpressionReader

_Kind: TypeAlias = Literal["tuple", "list", "set", "generator", "async generator", "dict"]
_CONTAINERS: Mapping[type[ast.expr], _Kind] = {
    ast.Tuple: "tuple",
    ast.List: "list",
    ast.Set: "set",
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.GeneratorExp: "generator",
    ast.DictComp: "dict",
}


def _sequence(reader: ExpressionReader, node: ast.Tuple | ast.List | ast.Set) -> Ref:
    return reader.add(Container(_CONTAINERS[type(node)], tuple([_entry(reader, each) for each in node.elts])), node)


def _entry(reader: ExpressionReader, element: ast.expr) -> Entry:
    if not isinstance(element, ast.Starred):
        return Entry(None, reader.read(element), reader.span(element))
    value, span = reader.read(element.value), reader.span(element.value)
    reader.visitor.function.events.append(Iteration(value, reader.visitor.state.guards, span))
    return Entry(None, reader.add(Element(value), element.value), span, star=True)


def _dict(reader: ExpressionReader, node: ast.Dict) -> Ref:
    entries = [
        Entry(None if key is None else reader.read(key), reader.read(value), reader.span(value), star=key is None)
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    return reader.add(Container("dict", tuple(entries)), node)


def _comprehension(reader: ExpressionReader, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Ref:
    mark = reader.visitor.state.mark()
    own: set[str] = set()
    drawn: Ref | None = None
    for part in node.generators:
        iterated = reader.read(part.iter)
        drawn = iterated if drawn is None else drawn
        reader.visitor.function.events.append(Iteration(iterated, reader.visitor.state.guards, reader.span(part.iter)))
        _bind_quietly(reader, part.target, reader.add(Element(iterated), part.target))
        own.update(target_paths(part.target))
        for condition in part.ifs:
            reader.visitor.test(condition)
            reader.visitor.assume(condition, True)
    if isinstance(node, ast.DictComp):
        entry = Entry(reader.read(node.key), reader.read(node.value), reader.span(node.value), star=True)
    else:
        entry = Entry(None, reader.read(node.elt), reader.span(node.elt), star=True)
    reader.return_to(mark, reader.place(node), own)
    is_async = isinstance(node, ast.GeneratorExp) and any(part.is_async for part in node.generators)
    kind: _Kind = "async generator" if is_async else _CONTAINERS[type(node)]
    return reader.add(Container(kind, (entry,), drawn), node)


def _bind_quietly(reader: ExpressionReader, target: ast.expr, value: Ref) -> None:
    """Bind a comprehension's own names, which are not seen outside of it."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for position, element in enumerate(target.elts):
            inner = element.value if isinstance(element, ast.Starred) else element
            _bind_quietly(reader, inner, reader.add(Member(value, position), inner))
    elif isinstance(target, ast.Name):
        reader.visitor.state.bind(target.id, value)


READERS: Mapping[type[ast.expr], Callable[[ExpressionReader, Any], Ref]] = {
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
}
