"""Bytes to Python's own syntax tree, or the reason why not."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize

import msgspec

from qscache_lint.source.text import without_source_warnings


class Unreadable(msgspec.Struct, frozen=True):
    """A file that could not be read or parsed: `row` is that of the syntax error, else 1."""

    row: int
    column: int
    reason: str


_ROWS = re.compile(r"\r\n?|\n")
_SHOWN = 40
"""Characters of a line that a reason quotes."""
_NEWER_SYNTAX = (
    (12, re.compile(r"^\s*type\s+\w+\s*(?:\[.*\])?\s*=")),
    (12, re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[")),
    (11, re.compile(r"^\s*except\s*\*")),
    (14, re.compile(r"""\b[tT][rR]?["']""")),
    (14, re.compile(r"^\s*except\s+[\w.]+(?:\s*,\s*(?:\w+\.)*[A-Z]\w*)+\s*:")),
)
"""Syntax that a Python 3 of this minor version was the first to have, by the line at which an older one stops."""

_PYTHON_2 = re.compile(
    r"""^\s*(?:print\s+[^=(\s]|print\s*>>|exec\s+["'\w]|raise\s+[\w.]+\s*,|except\s+[\w.()\s,]+,\s*\w+\s*:)"""
    r"""|`[^`]+`|<>|\b0\d+\b|\b\d+[lL]\b|\bur["']"""
)
"""Syntax of Python 2 that Python 3 does not read."""


def parse(source: bytes) -> ast.Module | Unreadable:
    """Parse a file with the encoding that it declares. Never raises for any input."""
    try:
        with without_source_warnings():
            return ast.parse(source)
    except (SyntaxError, ValueError) as refused:
        return _unreadable(source, refused)
    except (RecursionError, MemoryError):
        return Unreadable(1, 1, "nested too deeply")


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree of a file; None when it cannot be parsed."""
    module = parse(source)
    return None if isinstance(module, Unreadable) else module


def parse_expression(text: str | bytes) -> ast.expr | None:
    """The syntax tree of an expression; None when it cannot be parsed."""
    try:
        with without_source_warnings():
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _unreadable(source: bytes, refused: SyntaxError | ValueError) -> Unreadable:
    """Where and why Python refuses a file, in one sentence."""
    if b"\0" in source:
        return Unreadable(source.count(b"\n", 0, source.index(b"\0")) + 1, 1, "cannot be decoded: it has null bytes")
    try:
        rows = _ROWS.split(source.decode(tokenize.detect_encoding(io.BytesIO(source).readline)[0]))
    except (SyntaxError, UnicodeDecodeError) as undecodable:
        return Unreadable(1, 1, f"cannot be decoded: {_first_line(str(undecodable))}")
    if not isinstance(refused, SyntaxError):
        return Unreadable(1, 1, f"syntax error: {_first_line(str(refused))}")
    row, column = max(refused.lineno or 1, 1), max(refused.offset or 1, 1)
    if refused.msg.startswith("too many nested"):
        return Unreadable(row, column, "nested too deeply")
    return Unreadable(row, column, _reason(rows[row - 1] if row <= len(rows) else "", row, refused.msg))


def _reason(line: str, row: int, message: str) -> str:
    for minor, pattern in _NEWER_SYNTAX:
        if sys.version_info < (3, minor) and pattern.search(line):
            return f"needs Python 3.{minor} or newer: `{line.strip()[:_SHOWN]}` on line {row}"
    if _PYTHON_2.search(line):
        return f"Python 2 syntax on line {row}"
    return f"syntax error: {_first_line(message)}"


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "invalid source"
