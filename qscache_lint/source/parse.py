"""Bytes to a libcst module, or the reason why not."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import libcst as cst


class Unreadable(msgspec.Struct, frozen=True):
    """A file that could not be read or parsed: `row` is that of the syntax error, else 1."""

    row: int
    column: int
    reason: str


_MAX_NESTING = 180
"""Brackets open at once. CPython itself refuses 200; beyond that the parser's own recursion is at risk."""


_MAX_PREFIXES = 1000
"""`lambda: lambda: …` or `not not …`: expressions inside one another without brackets; the parser recurses for each."""

_MAX_DEPTH = 1000
"""Expressions in one another, `a + b + …` and `a.b().c()…` included: beyond that libcst's parser takes minutes."""

_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")
_STATED_PLACE = re.compile(r"error at (\d+):(\d+)")
_REASON = re.compile(r"^(?:parser|tokenizer) error: (?:error at \d+:\d+: )?")
_DEEP_PREFIXES = re.compile(
    rb"(?:(?:lambda\b[^:\n]*:|\bnot\b|\bawait\b|[-+~])[ \t]*){%d,}(?=[\w(\[{\"'])" % _MAX_PREFIXES
)


def too_deep(source: bytes) -> Unreadable | None:
    """Why a file is not even given to the parser; None for one that is."""
    from qscache_lint.source.syntax import is_too_deep  # a warm run parses nothing

    if _nesting(source) > _MAX_NESTING:
        return Unreadable(1, 1, "brackets are nested too deeply")
    if _DEEP_PREFIXES.search(source) or is_too_deep(source, _MAX_DEPTH):
        return Unreadable(1, 1, "expressions are nested too deeply")
    return None


def parse(source: bytes) -> cst.Module | Unreadable:
    """Parse a file with the encoding it declares. Never raises for any input."""
    return too_deep(source) or parse_shallow(source)


def parse_shallow(source: bytes) -> cst.Module | Unreadable:
    """Parse a file, or a part of one, that is known not to be too deep."""
    import libcst as cst

    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        row, column = _place(source, error)
        return Unreadable(row, column, f"syntax error: {_REASON.sub('', _first_line(error.message))}")
    except (UnicodeDecodeError, LookupError, SyntaxError) as error:
        return Unreadable(1, 1, f"cannot be decoded: {_first_line(str(error))}")
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")


def refused_by_python(source: bytes) -> Unreadable:
    """Why Python does not read a file that libcst has parsed, which takes every literal as it stands."""
    try:
        ast.parse(source)
    except SyntaxError as refused:
        return Unreadable(*_stated(refused), f"syntax error: {refused.msg}")
    except (ValueError, RecursionError, MemoryError) as refused:
        return Unreadable(1, 1, f"syntax error: {_first_line(str(refused))}")
    return Unreadable(1, 1, "syntax error: a literal that cannot be read")


def _place(source: bytes, error: cst.ParserSyntaxError) -> tuple[int, int]:
    """Where the syntax error is.

    CPython is asked first: libcst's own fields point behind the error, and for what cannot be split into tokens they
    say nothing. Syntax that only libcst refuses has its place in libcst's message.
    """
    if b"\0" in source:
        return source.count(b"\n", 0, source.index(b"\0")) + 1, 1
    try:
        ast.parse(source)
    except SyntaxError as refused:
        return _stated(refused)
    except (ValueError, RecursionError, MemoryError):
        return 1, 1
    stated = _STATED_PLACE.search(error.message)
    return (1, 1) if stated is None else (max(int(stated[1]), 1), max(int(stated[2]), 1))


def _stated(refused: SyntaxError) -> tuple[int, int]:
    """The row and column that Python gives, which may be missing or 0."""
    return max(refused.lineno or 1, 1), max(refused.offset or 1, 1)


def _nesting(source: bytes) -> int:
    """An upper bound of the brackets open at once, strings and comments included."""
    if source.count(b"(") + source.count(b"[") + source.count(b"{") <= _MAX_NESTING:
        return 0
    depth = deepest = 0
    for byte in source.translate(None, _NO_BRACKETS):
        if byte in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "invalid source"
