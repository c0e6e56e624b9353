"""One file as libcst sees it: its nodes by the place where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TypeVar

import libcst as cst

from qscache_lint.finding.parse import parse
from qscache_lint.finding.positions import Positions
from qscache_lint.values import Span

Node = TypeVar("Node", bound=cst.CSTNode)

_MOST_TREES = 16
"""Parsed files that are kept: what a report and the repairs of a few functions look at, again and again."""


class SyntaxTree:
    """A parsed file with the place of every node. Rows and columns are 1-based, columns in code points."""

    def __init__(self, module: cst.Module) -> None:
        self.module = module

    @cached_property
    def positions(self) -> Positions:
        """Where the nodes stand."""
        return Positions(self.module)

    def at(self, span: Span, kind: type[Node]) -> Node | None:
        """The outermost node of a kind that stands exactly at `span`; None when there is none."""
        return next((node for node in self._nodes.get(span, ()) if isinstance(node, kind)), None)

    @cached_property
    def _nodes(self) -> dict[Span, list[cst.CSTNode]]:
        visitor = _PlaceVisitor(self.positions)
        self.module.visit(visitor)
        return visitor.nodes


@lru_cache(maxsize=_MOST_TREES)
def read_tree(source: bytes) -> SyntaxTree | str:
    """The tree of a file; a text says why libcst cannot parse it."""
    module = parse(source)
    return module if isinstance(module, str) else SyntaxTree(module)


def places_of(node: cst.CSTNode, positions: Positions) -> Iterator[Span]:
    """Where a node stands, as libcst and as Python's own parser see it."""
    yield positions.span(node)
    if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:  # its brackets are a part of it for Python
        yield Span(positions.span(node.lpar[-1]).start, positions.span(node.rpar[0]).end)


class _PlaceVisitor(cst.CSTVisitor):
    """Notes every node by its place, the outer before the inner."""

    def __init__(self, positions: Positions) -> None:
        super().__init__()
        self.nodes: dict[Span, list[cst.CSTNode]] = {}
        self._positions = positions

    def on_visit(self, node: cst.CSTNode) -> bool:
        for span in places_of(node, self._positions):
            self.nodes.setdefault(span, []).append(node)
        return True
