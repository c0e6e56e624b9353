"""The libcst transformers that repairs are made of: change a definition, rename references, refine the builder.

Each one changes what it is told to by place, and leaves every other character of the file as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import libcst as cst

from qscache_lint.finding.tree import SyntaxTree
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.reasons import reason
from qscache_lint.values import Position, Span

AnyFor = TypeVar("AnyFor", cst.For, cst.CompFor)
AnyAssign = TypeVar("AnyAssign", cst.Assign, cst.AnnAssign, cst.AugAssign)
AnySequence = TypeVar("AnySequence", cst.List, cst.Tuple)


def rewrite(source: bytes, transformers: Sequence[PlacedTransformer]) -> bytes:
    """Run transformers over a file, one after the other, each with the places of the original.

    Raises Refused for a file that cannot be parsed, or not be given back as it was, and for a place that no transformer
    could change.
    """
    parsed = Parsed.read(source)
    changed = parsed.module.visit(_Together(transformers, parsed.tree))
    for transformer in transformers:
        if transformer.pending:
            raise Refused(reason("form-not-rewritable", line=min(transformer.pending).row))
    return parsed.written(changed)


def renamed(expression: cst.BaseExpression, parsed: Parsed, names: Mapping[Position, str]) -> cst.BaseExpression:
    """An expression of a parsed file with other names where these begin in the file."""
    changed = expression.visit(_Together([Rename(names)], parsed.tree))
    assert isinstance(changed, cst.BaseExpression)
    return changed


class PlacedTransformer:
    """One change: asked for every node of the kinds below, with the span of the original node.

    `rows` are those on which it changes something, without those of `__all__`. `pending` are the places that it was to
    change and has not met yet.
    """

    rows: Collection[int] = ()
    pending: Collection[Position] = ()

    def function(
        self, span: Span, node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        """`span` is that of the function's name."""
        return node

    def name(self, span: Span, node: cst.Name) -> cst.BaseExpression:
        return node

    def attribute(self, span: Span, node: cst.Attribute) -> cst.BaseExpression:
        """`span` is that of the attribute's name."""
        return node

    def operation(self, span: Span, node: cst.BinaryOperation) -> cst.BaseExpression:
        """`span` is that of the operator, with the space around it."""
        return node

    def iteration(self, span: Span, node: AnyFor) -> AnyFor:
        """`span` is that of what is iterated."""
        return node

    def generator(self, span: Span, node: cst.GeneratorExp) -> None:
        """`span` is that of what is iterated first; there is nothing to change."""

    def import_from(self, spans: Mapping[str, Span], node: cst.ImportFrom) -> cst.ImportFrom | cst.RemovalSentinel:
        """`spans` gives the span of each alias by the name that it binds."""
        return node

    def imported(self, node: cst.Import) -> cst.Import | cst.RemovalSentinel:
        return node

    def names_listed(self, node: AnySequence) -> AnySequence:
        """A list or tuple that is given or added to `__all__`."""
        return node


class _Together(cst.CSTTransformer):
    """Runs several placed transformers in one walk, so that places stay those of the original.

    The walk leaves out the statements in which none of them has something to change.
    """

    def __init__(self, transformers: Sequence[PlacedTransformer], tree: SyntaxTree) -> None:
        super().__init__()
        self._transformers = transformers
        self._tree = tree
        self._positions = tree.positions
        self._rows = sorted({*tree.rows_with(["__all__"]), *(row for each in transformers for row in each.rows)})

    def on_visit(self, node: cst.CSTNode) -> bool:
        return self._tree.stands_on(node, self._rows) and super().on_visit(node)

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

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        span = self._positions.span(original_node)
        for transformer in self._transformers:
            changed = transformer.name(span, updated_node)
            if changed is not updated_node:
                return changed
        return updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        span = self._positions.span(original_node.attr)
        for transformer in self._transformers:
            changed = transformer.attribute(span, updated_node)
            if changed is not updated_node:
                return changed
        return updated_node

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        span = self._positions.span(original_node.operator)
        for transformer in self._transformers:
            changed = transformer.operation(span, updated_node)
            if changed is not updated_node:
                return changed
        return updated_node

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        return self._iteration(original_node.iter, updated_node)

    def leave_CompFor(self, original_node: cst.CompFor, updated_node: cst.CompFor) -> cst.CompFor:
        return self._iteration(original_node.iter, updated_node)

    def leave_GeneratorExp(
        self, original_node: cst.GeneratorExp, updated_node: cst.GeneratorExp
    ) -> cst.GeneratorExp:
        span = self._positions.span(original_node.for_in.iter)
        for transformer in self._transformers:
            transformer.generator(span, original_node)
        return updated_node

    def _iteration(self, iterated: cst.BaseExpression, node: AnyFor) -> AnyFor:
        span = self._positions.span(iterated)
        for transformer in self._transformers:
            node = transformer.iteration(span, node)
        return node

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        if isinstance(original_node.names, cst.ImportStar):
            return updated_node
        spans = {bound_by(alias): self._positions.span(alias) for alias in original_node.names}
        for transformer in self._transformers:
            changed = transformer.import_from(spans, updated_node)
            if not isinstance(changed, cst.ImportFrom):
                return changed
            updated_node = changed
        return updated_node

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import | cst.RemovalSentinel:
        for transformer in self._transformers:
            changed = transformer.imported(updated_node)
            if not isinstance(changed, cst.Import):
                return changed
            updated_node = changed
        return updated_node

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        names = {target.target.value for target in updated_node.targets if isinstance(target.target, cst.Name)}
        return self._listed(updated_node) if "__all__" in names else updated_node

    def leave_AnnAssign(self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign) -> cst.AnnAssign:
        return self._listed(updated_node) if _is_all(updated_node.target) else updated_node

    def leave_AugAssign(self, original_node: cst.AugAssign, updated_node: cst.AugAssign) -> cst.AugAssign:
        return self._listed(updated_node) if _is_all(updated_node.target) else updated_node

    def _listed(self, node: AnyAssign) -> AnyAssign:
        value = node.value.visit(_Lists(self._transformers)) if node.value is not None else None
        return node.with_changes(value=value)


class _Lists(cst.CSTTransformer):
    """Hands the lists of an `__all__` to transformers."""

    def __init__(self, transformers: Sequence[PlacedTransformer]) -> None:
        super().__init__()
        self._transformers = transformers

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> cst.BaseExpression:
        for transformer in self._transformers:
            updated_node = transformer.names_listed(updated_node)
        return updated_node

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> cst.BaseExpression:
        for transformer in self._transformers:
            updated_node = transformer.names_listed(updated_node)
        return updated_node


def _is_all(target: cst.BaseExpression) -> bool:
    return isinstance(target, cst.Name) and target.value == "__all__"


def bound_by(alias: cst.ImportAlias) -> str:
    """The name that an import binds."""
    return alias.evaluated_alias or alias.evaluated_name


class Rename(PlacedTransformer):
    """Give the names that begin at these places other names."""

    def __init__(self, names: Mapping[Position, str]) -> None:
        self._names = names
        self.rows = {place.row for place in names}
        self.pending: set[Position] = set(names)

    def name(self, span: Span, node: cst.Name) -> cst.Name:
        new = self._names.get(span.start)
        self.pending.discard(span.start)
        return node if new is None else node.with_changes(value=new)


class RefineBuilder(PlacedTransformer):
    """Where a variable with the value is refined, refine what `expression` builds instead.

    `receivers` are the places of the methods that do it, `arguments` those of the variable itself, `operators` those
    of `|` and its kin.
    """

    def __init__(
        self,
        variables: Collection[str],
        expression: cst.BaseExpression,
        receivers: Collection[Span],
        arguments: Collection[Span],
        operators: Collection[Span],
    ) -> None:
        self._variables = variables
        self._expression = expression
        self._receivers = receivers
        self._arguments = arguments
        self._operators = operators
        self.pending: set[Position] = {place.start for place in (*receivers, *arguments, *operators)}
        self.rows = {place.row for place in self.pending}

    def _is_variable(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Name) and node.value in self._variables

    def name(self, span: Span, node: cst.Name) -> cst.BaseExpression:
        if span not in self._arguments or not self._is_variable(node):
            return node
        self.pending.discard(span.start)
        return self._expression.deep_clone()

    def attribute(self, span: Span, node: cst.Attribute) -> cst.BaseExpression:
        if span not in self._receivers or not self._is_variable(node.value):
            return node
        self.pending.discard(span.start)
        return node.with_changes(value=self._expression.deep_clone())

    def operation(self, span: Span, node: cst.BinaryOperation) -> cst.BaseExpression:
        met = {place.start for place in self._operators if span.start <= place.start and place.end <= span.end}
        if not met:
            return node
        self.pending -= met
        changed = {
            side: self._expression.deep_clone()
            for side in ("left", "right")
            if self._is_variable(getattr(node, side))
        }
        return node.with_changes(**changed) if changed else node


class IterateDirectly(PlacedTransformer):
    """Turn `async for` into `for` where these are iterated: rows in a list are there already."""

    def __init__(self, places: Collection[Span]) -> None:
        self._places = places
        self.rows = {place.start.row for place in places}

    def iteration(self, span: Span, node: AnyFor) -> AnyFor:
        if span not in self._places or node.asynchronous is None:
            return node
        return node.with_changes(asynchronous=None)

    def generator(self, span: Span, node: cst.GeneratorExp) -> None:
        if span in self._places and node.for_in.asynchronous is not None:
            raise Refused(reason("async-generator", line=span.start.row))


class ChangeFunction(PlacedTransformer):
    """Replace the function whose name stands at `place` by what `change` makes of it."""

    def __init__(self, place: Span, change: FunctionChange) -> None:
        self._place = place
        self._change = change
        self.rows = {place.start.row}
        self.pending: set[Position] = {place.start}

    def function(
        self, span: Span, node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        if span != self._place:
            return node
        self.pending.clear()
        return self._change.apply(node)


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
