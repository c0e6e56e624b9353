"""Bytes to a libcst module, or the reason why not."""

from __future__ import annotations

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


def parse(source: bytes) -> cst.Module | Unreadable:
    """Parse a file with the encoding it declares. Never raises for any input."""
    import libcst as cst

    if _nesting(source) > _MAX_NESTING:
        return Unreadable(1, 1, "brackets are nested too deeply")
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        return Unreadable(error.editor_line, error.editor_column, f"syntax error: {_first_line(error.message)}")
    except (UnicodeDecodeError, LookupError, SyntaxError) as error:
        return Unreadable(1, 1, f"cannot be decoded: {_first_line(str(error))}")
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")


def _nesting(source: bytes) -> int:
    """An upper bound of the brackets open at once, strings and comments included."""
    if source.count(b"(") + source.count(b"[") + source.count(b"{") <= _MAX_NESTING:
        return 0
    depth = deepest = 0
    for byte in source:
        if byte in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b")]}" and depth:
            depth -= 1
    return deepest


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "invalid source"
