"""The libcst transformers that repairs are made of: split a definition, rename calls, follow with imports.

Each one changes what it is told to by place, and leaves every other character of the file as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import libcst as cst

from qscache_lint.facts.positions import Positions
from qscache_lint.fixing.model import Refused
from qscache_lint.source.parse import Unreadable, parse
from qscache_lint.values import Span

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def rewrite(source: bytes, transformers: Sequence[PlacedTransformer]) -> bytes:
    """Run transformers over a file, one after the other, each with the places of the original."""
    module = parse(source)
    if isinstance(module, Unreadable):
        raise Refused(module.reason)
    if module.bytes not in (source, source.removeprefix(_BYTE_ORDER_MARK)):
        raise Refused("the file has line ends that cannot be kept")
    combined = module.visit(_Together(transformers, Positions(module)))
    written = combined.bytes
    had_mark = source.startswith(_BYTE_ORDER_MARK)
    return _BYTE_ORDER_MARK + written if had_mark and not written.startswith(_BYTE_ORDER_MARK) else written


class PlacedTransformer:
    """One change: asked for every function definition, call and import, with the span of the original node."""

    def function(
        self, span: Span, node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        return node

    def call(self, span: Span, node: cst.Call) -> cst.Call:
        return node

    def import_from(self, spans: Mapping[str, Span], node: cst.ImportFrom) -> cst.ImportFrom | cst.RemovalSentinel:
        """`spans` gives the span of each alias by its written name."""
        return node

    def assignment(self, node: cst.Assign) -> cst.Assign:
        return node


class _Together(cst.CSTTransformer):
    """Runs several placed transformers in one walk, so that places stay those of the original."""

    def __init__(self, transformers: Sequence[PlacedTransformer], positions: Positions) -> None:
        super().__init__()
        self._transformers = transformers
        self._positions = positions

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        span = self._positions.span(original_node.name)
        for transformer in self._transformers:
            changed = transformer.function(span, updated_node)
            if isinstance(changed, cst.FlattenSentinel):
                return changed
            updated_node = changed
        return updated_node

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        span = self._positions.span(original_node)
        for transformer in self._transformers:
            updated_node = transformer.call(span, updated_node)
        return updated_node

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(original_node.names, cst.ImportStar):
            return updated_node
        spans = {alias.evaluated_name: self._positions.span(alias) for alias in original_node.names}
        for transformer in self._transformers:
            changed = transformer.import_from(spans, updated_node)
            if not isinstance(changed, cst.ImportFrom):
                return changed
            updated_node = changed
        return updated_node

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        for transformer in self._transformers:
            updated_node = transformer.assignment(updated_node)
        return updated_node


class RenameCalls(PlacedTransformer):
    """Let the calls at `places` call `name` instead."""

    def __init__(self, places: Collection[Span], name: str) -> None:
        self._places = frozenset(places)
        self._name = name

    def call(self, span: Span, node: cst.Call) -> cst.Call:
        if span not in self._places:
            return node
        function = node.func
        if isinstance(function, cst.Attribute):
            return node.with_changes(func=function.with_changes(attr=cst.Name(self._name)))
        if isinstance(function, cst.Name):
            return node.with_changes(func=function.with_changes(value=self._name))
        raise Refused("a caller reaches the function in an unusual way")


class ReplaceImport(PlacedTransformer):
    """In the imports at `places`, import `new` instead of `old`, or beside it."""

    def __init__(self, places: Collection[Span], old: str, new: str, *, keep_old: bool) -> None:
        self._places = frozenset(places)
        self._old = old
        self._new = new
        self._keep_old = keep_old

    def import_from(self, spans: Mapping[str, Span], node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(node.names, cst.ImportStar) or spans.get(self._old) not in self._places:
            return node
        names: list[cst.ImportAlias] = []
        for alias in node.names:
            if alias.evaluated_name != self._old:
                names.append(alias)
                continue
            fresh = alias.with_changes(name=cst.Name(self._new))
            if not self._keep_old:
                names.append(fresh)
                continue
            pair = sorted((alias, cst.ImportAlias(cst.Name(self._new))), key=lambda each: each.evaluated_name)
            names.append(pair[0].with_changes(comma=_comma_between(node.names)))
            names.append(pair[1].with_changes(comma=alias.comma))
        return node.with_changes(names=names)


def _comma_between(aliases: Sequence[cst.ImportAlias]) -> cst.Comma:
    """A comma as the statement writes it between two names."""
    for alias in aliases[:-1]:
        if isinstance(alias.comma, cst.Comma):
            return alias.comma
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


class ExtendAll(PlacedTransformer):
    """Where `__all__` lists `old`, list `new` behind it."""

    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = new

    def assignment(self, node: cst.Assign) -> cst.Assign:
        names = [target.target.value for target in node.targets if isinstance(target.target, cst.Name)]
        if "__all__" not in names or not isinstance(node.value, (cst.List, cst.Tuple)):
            return node
        elements: list[cst.BaseElement] = []
        for element in node.value.elements:
            elements.append(element)
            value = element.value
            if isinstance(value, cst.SimpleString) and value.evaluated_value == self._old:
                quote = value.quote
                copy = cst.Element(cst.SimpleString(f"{quote}{self._new}{quote}"), comma=element.comma)
                separator = cst.Comma(whitespace_after=_space_after(node.value.elements))
                elements[-1] = element.with_changes(comma=separator)
                elements.append(copy)
        return node.with_changes(value=node.value.with_changes(elements=elements))


def _space_after(elements: Sequence[cst.BaseElement]) -> cst.BaseParenthesizableWhitespace:
    for element in elements[:-1]:
        if isinstance(element.comma, cst.Comma):
            return element.comma.whitespace_after
    return cst.SimpleWhitespace(" ")


class RemoveImport(PlacedTransformer):
    """Remove the import of `name` that binds it as `bound`."""

    def __init__(self, bound: str) -> None:
        self._bound = bound

    def import_from(self, spans: Mapping[str, Span], node: cst.ImportFrom) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(node.names, cst.ImportStar):
            return node
        kept = [alias for alias in node.names if (alias.evaluated_alias or alias.evaluated_name) != self._bound]
        if len(kept) == len(node.names):
            return node
        if not kept:
            return cst.RemoveFromParent()
        last = kept[-1]
        trailing = node.names[-1].comma
        return node.with_changes(names=[*kept[:-1], last.with_changes(comma=trailing)])


class ChangeFunction(PlacedTransformer):
    """Replace the function whose name stands at `place` by what `change` makes of it."""

    def __init__(self, place: Span, change: FunctionChange) -> None:
        self._place = place
        self._change = change

    def function(
        self, span: Span, node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        return self._change.apply(node) if span == self._place else node


class FunctionChange:
    """What becomes of one function definition."""

    def apply(self, node: cst.FunctionDef) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        raise NotImplementedError


def without_decorator(node: cst.FunctionDef, index: int) -> cst.FunctionDef:
    """The function without its decorator number `index`; comments above the decorator stay."""
    decorators = list(node.decorators)
    removed = decorators.pop(index)
    lines = [*removed.leading_lines]
    if index < len(decorators):
        following = decorators[index]
        decorators[index] = following.with_changes(leading_lines=[*lines, *following.leading_lines])
        return node.with_changes(decorators=decorators)
    return node.with_changes(
        decorators=decorators, lines_after_decorators=[*lines, *node.lines_after_decorators]
    )
