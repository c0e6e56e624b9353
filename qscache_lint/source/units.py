"""Units: the parts of a file that can be looked at one by one.

A unit is an outermost function or method with its decorators, the head of a class, or another statement outside of
functions. Whatever a unit does, it does by the names that stand in it.
"""

from __future__ import annotations

import ast
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_NEWLINE = re.compile(rb"\r\n?|\n")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Layout(NamedTuple):
    """Where the units of a file begin: their first rows, in order, and those of them that are functions."""

    rows: tuple[int, ...]
    functions: frozenset[int]


ONE_UNIT = Layout((1,), frozenset())
"""The layout of a file that cannot be parsed."""


def layout_of(module: ast.Module) -> Layout:
    """The layout of a file."""
    found = dict(_beginnings(module.body))
    return Layout(tuple(sorted({1, *found})), frozenset(row for row, is_function in found.items() if is_function))


class Units:
    """The units of one file, numbered in the order of the code."""

    def __init__(self, source: bytes, layout: Layout) -> None:
        self._rows = layout.rows
        starts = array("L", row_starts(source))
        self._bytes = [starts[min(row, len(starts)) - 1] for row in layout.rows]
        self._functions = frozenset(map(self.at_row, layout.functions))

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


def row_starts(source: bytes) -> Iterator[int]:
    """The offsets at which the rows of a file begin."""
    yield 0
    yield from (match.end() for match in _NEWLINE.finditer(source))


def _first_row(statement: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _beginnings(
    statements: Iterable[ast.stmt],
) -> Iterator[tuple[int, bool]]:
    """The first row of each unit among some statements and those inside them, and whether it is a function."""
    pending = [*statements][::-1]
    while pending:  # branches may follow one another by the thousand
        statement = pending.pop()
        if isinstance(statement, _FUNCTIONS):
            yield _first_row(statement), True
        else:
            yield _first_row(statement), False
            pending.extend([*_inside(statement)][::-1])


def _inside(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statements directly inside a class or another compound statement."""
    for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        for block in ("body", "orelse", "finalbody"):
            yield from getattr(part, block, ())
