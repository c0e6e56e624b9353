"""Where nodes stand: the positions of libcst's `PositionProvider`, at a fifth of its cost.

The provider walks the tree twice and makes three objects for each node. Here one generation of the code notes between
which two tokens a node stands, and rows and columns are counted once for each token. `tests/unit/test_positions.py`
shows that both agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType

import libcst as cst

# The base of the provider's own state. libcst has no public name for it, and no cheaper public way to positions.
from libcst._nodes.internal import CodegenState

from qscache_lint.values import Position, Span

_NEWLINE = re.compile(r"\r\n?|\n")
_START = Position(1, 1)


class Positions:
    """The place of every node of one parsed module."""

    def __init__(self, module: cst.Module, first_row: int = 1) -> None:
        state = _PlacingState(module.default_indent, module.default_newline)
        module._codegen(state)
        self._module = module  # its nodes are told apart by their identity, for which they have to stay
        self._places = state.places
        self._points = tuple(_points(state.tokens, first_row))
        self._spans: dict[tuple[int, int], Span] = {}

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands, without the space around it; the start of the file for a node that is not in it."""
        place = self._places.get(id(node))
        if place is None:
            return Span(_START, _START)
        known = self._spans.get(place)
        if known is None:
            known = self._spans[place] = Span(self._points[place[0]], self._points[place[1]])
        return known


def _points(tokens: Sequence[str], row: int) -> Iterator[Position]:
    """The positions between the tokens, from `row` on: before the first one, after the first one, and so on."""
    column = 1
    yield Position(row, column)
    for token in tokens:
        lines = _NEWLINE.split(token) if "\n" in token or "\r" in token else ()
        if lines:
            row += len(lines) - 1
            column = 1
        column += len(lines[-1]) if lines else len(token)
        yield Position(row, column)


class _PlacingState(CodegenState):
    """Writes a module down again, and notes for each node the numbers of the tokens before and after it."""

    def __init__(self, indent: str, newline: str) -> None:
        super().__init__(indent, newline)
        self.places: dict[int, tuple[int, int]] = {}
        """By the identity of a node, because libcst's own hash is a Python function."""
        self._starts: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._starts.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._starts.pop()
        # When it is there, the node has said itself what belongs to it.
        self.places.setdefault(id(node), (start, len(self.tokens)))

    def record_syntactic_position(  # type: ignore[override]  # a generator's context manager is three times slower
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> AbstractContextManager[None]:
        return _Recording(self, node, start_node, end_node)

    def pop_trailing_newline(self) -> None:
        """Keeps the last token: nodes that end behind it refer to it."""


class _Recording(AbstractContextManager[None]):
    """What is written inside the `with` is `node`, unless it begins or ends with a node of its own."""

    __slots__ = ("_end_node", "_node", "_start", "_start_node", "_state")

    def __init__(
        self, state: _PlacingState, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self._state = state
        self._node = node
        self._start_node = start_node
        self._end_node = end_node
        self._start = len(state.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        places = self._state.places
        start = self._start if self._start_node is None else places[id(self._start_node)][0]
        end = len(self._state.tokens) if self._end_node is None else places[id(self._end_node)][1]
        places[id(self._node)] = (start, end)
