"""Where syntax stands: rows and columns of Python's parser, which counts bytes of UTF-8, as 1-based code points.

The parser tells where expressions and statements stand. Names and operators inside of them are found in the text.
"""

from __future__ import annotations

import ast
import re
from array import array
from bisect import bisect_right
from functools import cached_property
from typing import TypeAlias

from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.text import decode
from qscache_lint.values import Position, Span

Place: TypeAlias = tuple[int, int, int, int]
"""First row and column, last row and the column behind the end: what a `Span` says, without the objects."""

_WIDE = re.compile(rb"[\x80-\xff]+")
_NEWLINE = re.compile(rb"\r\n?|\n")
BETWEEN = re.compile(rb"(?:[\s()\\]|#[^\r\n]*)*")
"""What may stand between an operand and its operator."""
_HEAD = re.compile(rb"(?:async[\s\\]+)?(?:def|class)[\s\\]+")
_IDENTIFIER = in_source(rb"\w+").wide
"""A name as it is written: the parser gives it in Unicode's normal form."""


class Places:
    """The places of one file's syntax."""

    def __init__(self, source: bytes) -> None:
        self._text = decode(source).encode(errors="replace")
        self._is_plain = self._text.isascii()

    @cached_property
    def _rows(self) -> array[int]:
        """The offset at which each row begins."""
        return array("L", (0, *(match.end() for match in _NEWLINE.finditer(self._text))))

    @cached_property
    def _wide_rows(self) -> frozenset[int]:
        """The rows in which a code point may take several bytes."""
        return frozenset(bisect_right(self._rows, match.start()) for match in _WIDE.finditer(self._text))

    def of(self, node: ast.expr | ast.stmt | ast.alias | ast.ExceptHandler | ast.pattern) -> Place:
        """Where a node stands."""
        last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        if self._is_plain:
            return (node.lineno, node.col_offset + 1, last, end + 1)
        return (node.lineno, self._column(node.lineno, node.col_offset), last, self._column(last, end))

    def text(self, node: ast.expr) -> str:
        """The source of a node."""
        start = self._rows[node.lineno - 1] + node.col_offset
        end = self._rows[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
        return self._text[start:end].decode()

    def offset(self, row: int, column: int) -> int:
        """The offset of a place that the parser has given, in the text that `slice` takes."""
        return self._rows[row - 1] + column

    def point(self, offset: int) -> tuple[int, int]:
        """The row and column, as the parser gives them, of an offset."""
        row = bisect_right(self._rows, offset)
        return row, offset - self._rows[row - 1]

    def slice(self, start: int, end: int) -> bytes:
        """A part of the text, as UTF-8."""
        return self._text[start:end]

    def defined_name(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Place:
        """Where the name in the head of a definition stands."""
        start = self._rows[node.lineno - 1] + node.col_offset
        head = _HEAD.match(self._text, start)
        return self._identifier(start if head is None else head.end(), node.lineno)

    def attribute_name(self, node: ast.Attribute) -> Place:
        """Where the name behind the dot stands."""
        row, end = node.end_lineno or node.lineno, node.end_col_offset or 0
        if self._is_plain:
            return (row, end - len(node.attr) + 1, row, end + 1)
        value = node.value
        dot = self._behind(self.offset(value.end_lineno or value.lineno, value.end_col_offset or 0))
        return self._identifier(self._behind(dot + len(".")), row)

    def handler_name(self, node: ast.ExceptHandler) -> Place:
        """Where the name stands that an `except … as` binds."""
        caught = node.type or node
        row, column = (caught.end_lineno or 1), (caught.end_col_offset or 0)
        start = self._behind(self.offset(row, column)) + len("as")
        return self._identifier(self._behind(start), row)

    def behind(self, node: ast.expr, token: str) -> Span:
        """Where a token stands that follows a node: an operator, or the bracket of a subscript."""
        row, column = (node.end_lineno or 1), (node.end_col_offset or 0)
        start = self._rows[row - 1] + column
        if self._text.startswith(token.encode(), start):
            return span_of(self._at(start, row, len(token)))
        return span_of(self._at(self._behind(start), row, len(token)))

    def _behind(self, start: int) -> int:
        between = BETWEEN.match(self._text, start)
        return start if between is None else between.end()

    def _identifier(self, offset: int, row: int) -> Place:
        """The place of a name; it stands in `row` or one of the next."""
        written = _IDENTIFIER.match(self._text, offset)
        return self._at(offset, row, 0 if written is None else written.end() - offset)

    def _at(self, offset: int, row: int, width: int) -> Place:
        """The place of a token of some bytes; it stands in `row` or one of the next."""
        while row < len(self._rows) and self._rows[row] <= offset:
            row += 1
        column = offset - self._rows[row - 1]
        return (row, self._column(row, column), row, self._column(row, column + width))

    def _column(self, row: int, column: int) -> int:
        """The column in code points, from 1 on, of one in bytes."""
        if self._is_plain:
            return column + 1
        if row not in self._wide_rows:
            return column + 1
        start = self._rows[row - 1]
        return len(self._text[start : start + column].decode(errors="replace")) + 1


def span_of(place: Place) -> Span:
    """A place as a span."""
    row, column, last, end = place
    return Span(Position(row, column), Position(last, end))
