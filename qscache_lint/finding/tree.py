"""One file as libcst sees it: its nodes by the place where they stand."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

import libcst as cst

from qscache_lint import limits
from qscache_lint.finding.parse import parse
from qscache_lint.finding.parts import Part
from qscache_lint.finding.positions import Positions
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.text import split_rows
from qscache_lint.values import Position, Span

Node = TypeVar("Node", bound=cst.CSTNode)


_WORD = re.compile(r"\w+")
_HIDING = re.compile(r"\\(?:[xuUN0-7]|[\r\n])")
"""What lets a string say a word that does not stand there."""


class SyntaxTree:
    """A parsed file with the place of every node. Rows and columns are 1-based, columns in code points."""

    def __init__(self, module: cst.Module, first_row: int = 1) -> None:
        self.module = module
        self._first_row = first_row

    @cached_property
    def positions(self) -> Positions:
        """Where the nodes stand."""
        return Positions(self.module, self._first_row)

    @cached_property
    def written(self) -> bytes:
        """The file as its nodes are written down again."""
        return self.module.bytes

    def at(self, span: Span, kind: type[Node]) -> Node | None:
        """The outermost node of a kind that stands exactly at `span`; None when there is none."""
        return next((node for node in self._placed.nodes.get(span, ()) if isinstance(node, kind)), None)

    def every(self, kind: type[Node]) -> list[Node]:
        """The nodes of just this class, in the order of the code."""
        return [node for node in self._placed.kinds.get(kind, ()) if isinstance(node, kind)]

    @cached_property
    def functions(self) -> dict[Span, cst.FunctionDef]:
        """The functions by the place of their names."""
        return {self.positions.span(node.name): node for node in self.every(cst.FunctionDef)}

    @cached_property
    def _placed(self) -> _PlaceVisitor:
        visitor = _PlaceVisitor(self.positions)
        self.module.visit(visitor)
        return visitor

    # -- parts of the file

    def rows_with(self, words: Iterable[str]) -> list[int]:
        """The rows on which one of some words may stand, in order."""
        return sorted({row for word in ("\\", *words) for row in self._rows.get(word, ())})

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        """The rows on which each word stands; those of a backslash have words that only Python reads."""
        found: dict[str, list[int]] = {}
        for row, text in enumerate(split_rows(self.module.code), 1):
            hidden = ("\\",) if _HIDING.search(text) else ()
            for word in {*_WORD.findall(text), *hidden}:
                found.setdefault(word, []).append(row)
        return found

    def stands_on(self, node: cst.CSTNode, rows: Sequence[int]) -> bool:
        """Whether a statement of this tree stands on one of some rows, which are in order; True for other nodes.

        A visitor that looks for something on these rows leaves out the statements without.
        """
        if not isinstance(node, cst.BaseStatement):
            return True
        span = self.positions.span(node)
        decorators = node.decorators if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else ()
        first = self.positions.span(decorators[0]) if decorators else span
        place = bisect_left(rows, first.start.row)
        return place < len(rows) and rows[place] <= span.end.row

    def code_of(self, module: cst.Module) -> str:
        """The text of a module with some statements of this one: only the others are written down."""
        if not module.has_trailing_newline or not module.body:
            return module.code
        statements = (self._texts.get(id(each)) or module.code_for_node(each) for each in module.body)
        around = ("".join(map(module.code_for_node, part)) for part in (module.header, module.footer))
        header, footer = around
        return "".join((header, *statements, footer))

    @cached_property
    def _texts(self) -> dict[int, str]:
        """The text of each statement of the module, by its identity."""
        return {id(each): self.module.code_for_node(each) for each in self.module.body}


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
        while sum(map(len, self._kept)) > limits.SOURCE_WITH_TREES:
            del self._kept[next(iter(self._kept))]
        return known

    def read_parts(self, parts: Sequence[Part]) -> Iterator[SyntaxTree | str]:
        """The trees of parts of one file, which are not kept."""
        self.files += 1
        for part in parts:
            self.bytes += len(part.source)
            module = parse(part.source)
            yield module if isinstance(module, str) else SyntaxTree(module, part.first_row)


_TREES = _Trees()
read_tree = _TREES.read
read_parts = _TREES.read_parts


@contextmanager
def counting(statistics: RunStatistics) -> Iterator[None]:
    """Count the files that libcst parses inside the `with`, and their bytes."""
    files, size = _TREES.files, _TREES.bytes
    try:
        yield
    finally:
        statistics.count("parsed by libcst", _TREES.files - files)
        statistics.count("bytes parsed by libcst", _TREES.bytes - size)


def places_of(node: cst.CSTNode, positions: Positions) -> Iterator[Span]:
    """Where a node stands, as libcst and as Python's own parser see it."""
    yield positions.span(node)
    if isinstance(node, cst.LeftSquareBracket):  # libcst counts the space behind it
        start = positions.span(node).start
        yield Span(start, Position(start.row, start.column + 1))
    if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:  # its brackets are a part of it for Python
        yield Span(positions.span(node.lpar[-1]).start, positions.span(node.rpar[0]).end)


class _PlaceVisitor(cst.CSTVisitor):
    """Notes every node by its place and by its kind, the outer before the inner."""

    def __init__(self, positions: Positions) -> None:
        super().__init__()
        self.nodes: dict[Span, list[cst.CSTNode]] = {}
        self.kinds: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        self._positions = positions

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.kinds.setdefault(type(node), []).append(node)
        for span in places_of(node, self._positions):
            self.nodes.setdefault(span, []).append(node)
        return True
