"""Units: the parts of a file that can be looked at one by one.

A unit is an outermost function or method with its decorators, the head of a class, or another statement outside of
functions. Whatever a unit does, it does by the names that stand in it. The bodies of most functions can be left out of
a file, so that its parser meets only what matters, and be read apart when somebody asks.
"""

from __future__ import annotations

import ast
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from qscache_lint.source.syntax import parsed
from qscache_lint.source.text import encoding_of

_NEWLINE = re.compile(rb"\r\n?|\n")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_QUOTES = b"'''"
_REACHES_OUT = re.compile(
    rb"\bglobal[ \t]|^[ \t]*class[ \t]|^[ \t]*[\w.]+\.\w+[ \t]*:|^[ \t]*from\b[^\n]*\bimport[ \t(]*\*", re.MULTILINE
)
"""What a body may have that others see: globals, classes, declarations of attributes."""


class Function(NamedTuple):
    """The rows of an outermost function, all counted from 1: of its `def`, and the first and last one of its body.

    `indent` is the width of the body's indentation, and `end` that of the last row up to the end of the body, in bytes.
    """

    row: int
    body: int
    indent: int
    last: int
    end: int


class Layout(NamedTuple):
    """Where the units of a file begin: their first rows, in order, and the rows of those that are functions."""

    rows: tuple[int, ...]
    functions: dict[int, Function]


def layout_of(module: ast.Module | None) -> Layout:
    """The layout of a file; None is one that cannot be parsed, which is one unit."""
    found = {} if module is None else dict(_beginnings(module.body))
    functions = {row: _rows(node) for row, node in found.items() if node is not None}
    return Layout(tuple(sorted({1, *found})), functions)


class Units:
    """The units of one file, numbered in the order of the code; a file that cannot be parsed is one unit."""

    def __init__(self, source: bytes, layout: Layout | None = None) -> None:
        layout = layout or layout_of(parsed(source))
        self.source = source
        self._starts = array("I", (0, *(match.end() for match in _NEWLINE.finditer(source))))
        self.layout = layout
        self._rows = layout.rows
        self._bytes = [self._start(row) for row in self._rows]
        self._functions = frozenset(map(self.at_row, layout.functions))
        apart = filter(self._is_apart, layout.functions.values()) if self._is_utf8 else ()
        self.left_out = {each.body: each for each in apart}
        """The functions whose body can be left out, by the row in which it begins."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self._rows)))

    def at_row(self, row: int) -> int:
        """The unit in which a 1-based row stands."""
        return bisect_right(self._rows, row) - 1

    def at_byte(self, offset: int) -> int:
        """The unit in which a byte of the file stands."""
        return bisect_right(self._bytes, offset) - 1

    @property
    def outside(self) -> Iterator[int]:
        """The units that are no functions."""
        return (number for number in self if number not in self._functions)

    @property
    def _is_utf8(self) -> bool:
        """Whether the columns of Python's own parser, which are bytes of UTF-8, are those of the file."""
        return encoding_of(self.source) in ("utf-8", "utf-8-sig")

    def pruned(self) -> bytes:
        """The source without the bodies in `left_out`: all else stands where it did, and a body still ends there."""
        kept: list[bytes] = []
        done = 0
        for each in sorted(self.left_out.values()):
            start = self._start(each.body)
            indent = self.source[start : start + each.indent]
            width = self._width(each)
            kept.append(self.source[done:start])
            if each.body == each.last:
                kept.append(indent + b"_" * (width - each.indent))
            else:  # one token: of what stands between brackets, libcst makes four nodes for each row
                rows = b"\n" * (each.last - each.body)
                kept.append(indent + _QUOTES + rows + b" " * (width - len(_QUOTES)) + _QUOTES)
            done = self._start(each.last) + each.end
        return b"".join([*kept, self.source[done:]])

    def text(self, function: Function) -> bytes:
        """The source of a function, without its decorators."""
        return self.source[self._start(function.row) : self._start(function.last) + function.end]

    def _start(self, row: int) -> int:
        return self._starts[min(row, len(self._starts)) - 1]

    def _width(self, function: Function) -> int:
        """The number of code points in a function's last row, up to the end of its body."""
        last = self._start(function.last)
        return len(self.source[last : last + function.end].decode())

    def _is_apart(self, function: Function) -> bool:
        """Whether a body stands in rows of its own, and does nothing that others see without calling it."""
        start = self._start(function.body)
        is_alone = not self.source[start : start + function.indent].strip()
        has_room = function.body == function.last or self._width(function) >= len(_QUOTES)
        return is_alone and has_room and _REACHES_OUT.search(self.text(function)) is None


def _rows(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    first = node.body[0]
    row = _first_row(first)
    return Function(node.lineno, row, first.col_offset, node.end_lineno or row, node.end_col_offset or 0)


def _first_row(statement: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _beginnings(
    statements: Iterable[ast.stmt],
) -> Iterator[tuple[int, ast.FunctionDef | ast.AsyncFunctionDef | None]]:
    """The first row of each unit among some statements and those inside them, with the node of a function."""
    pending = [*statements][::-1]
    while pending:  # branches may follow one another by the thousand
        statement = pending.pop()
        if isinstance(statement, _FUNCTIONS):
            yield _first_row(statement), statement
        else:
            yield _first_row(statement), None
            pending.extend([*_inside(statement)][::-1])


def _inside(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements directly inside a class or another compound statement."""
    for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        for block in ("body", "orelse", "finalbody"):
            yield from getattr(part, block, ())
