"""One file as libcst sees it: its nodes by the place where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

import libcst as cst

from qscache_lint.finding.parse import parse
from qscache_lint.finding.positions import Positions
from qscache_lint.meter import Meter
from qscache_lint.values import Span

Node = TypeVar("Node", bound=cst.CSTNode)

_MOST_BYTES = 150_000
"""Source whose trees are kept: the repairs of a function look at a few files again and again. A tree takes some 300
times the memory of its source."""


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


class _Trees:
    """Parses files, and keeps the trees that were asked for last."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0
        self._kept: dict[bytes, SyntaxTree | str] = {}

    def read(self, source: bytes) -> SyntaxTree | str:
        """The tree of a file; a text says why libcst cannot parse it."""
        known = self._kept.pop(source, None)
        if known is None:
            module = parse(source)
            known = module if isinstance(module, str) else SyntaxTree(module)
            self.files += 1
            self.bytes += len(source)
        self._kept[source] = known
        while sum(map(len, self._kept)) > _MOST_BYTES:
            del self._kept[next(iter(self._kept))]
        return known


_TREES = _Trees()
read_tree = _TREES.read


@contextmanager
def counting(meter: Meter) -> Iterator[None]:
    """Count the files that libcst parses inside the `with`, and their bytes."""
    files, size = _TREES.files, _TREES.bytes
    try:
        yield
    finally:
        meter.count("parsed by libcst", _TREES.files - files)
        meter.count("bytes parsed by libcst", _TREES.bytes - size)


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
