"""Where the expressions of formatted strings stand, before Python 3.12 tells.

Older parsers read each expression apart and only guess its place. Here the string is read again, by its characters.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from qscache_lint.facts.places import Places

PLACES_ARE_TOLD = sys.version_info >= (3, 12)
_STRING = re.compile(rb"(?i:[rbuf]{0,2})(?P<quotes>\"\"\"|'''|\"|')")
_END = {
    quotes: re.compile(rb"(?:\\[\s\S]|(?!%b)[^\\])*%b" % (quotes, quotes)) for quotes in (b'"""', b"'''", b'"', b"'")
}
_BETWEEN = re.compile(rb"(?:[\s()\\]|#[^\r\n]*)*")


def placed(node: ast.JoinedStr, places: Places) -> list[ast.expr]:
    """The expressions of a formatted string in their order, each with the place where it stands."""
    given = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    if PLACES_ARE_TOLD or not given:
        return given
    start = places.offset(node.lineno, node.col_offset)
    end = places.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
    text = places.slice(start, end)
    found = [_moved(text, *expression, node) for expression in _expressions(text)]
    return [each for each in found if each is not None] if len(found) == len(given) and None not in found else given


def _moved(text: bytes, start: int, end: int, string: ast.JoinedStr) -> ast.expr | None:
    """The expression between two offsets of a string, parsed anew and moved to its place in the file."""
    before = text[:start]
    row = string.lineno + len(before.splitlines()) - 1 if before else string.lineno
    line = before.rpartition(b"\n")[2]
    column = len(line) + (string.col_offset if row == string.lineno else 0)
    try:
        parsed = ast.parse(b"(" + text[start:end] + b")", mode="eval").body
    except SyntaxError:
        return None
    for node in ast.walk(parsed):
        if isinstance(node, (ast.expr, ast.keyword, ast.arg)):
            _move(node, row - 1, column - 1)
    return parsed


def _move(node: ast.expr | ast.keyword | ast.arg, rows: int, columns: int) -> None:
    if node.lineno == 1:
        node.col_offset += columns
    if node.end_lineno == 1:
        node.end_col_offset = (node.end_col_offset or 0) + columns
    node.lineno += rows
    node.end_lineno = (node.end_lineno or 1) + rows


def _expressions(text: bytes) -> Iterator[tuple[int, int]]:
    """The offsets of the expressions in a string, or in several that stand side by side."""
    start = 0
    while (literal := _STRING.match(text, _skipped(text, start))) is not None:
        closing = _END[literal["quotes"]].match(text, literal.end())
        if closing is None:
            return
        if b"f" in literal[0].lower():
            yield from _fields(text, literal.end(), closing.end() - len(literal["quotes"]))
        start = closing.end()


def _skipped(text: bytes, start: int) -> int:
    between = _BETWEEN.match(text, start)
    return start if between is None else between.end()


def _fields(text: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The offsets of the expressions in one formatted string."""
    index = start
    while index < end:
        if text[index : index + 2] in (b"{{", b"}}"):
            index += 2
        elif text[index : index + 1] == b"{":
            stop = _expression_end(text, index + 1, end)
            yield index + 1, stop
            index = _field_end(text, stop, end)
        else:
            index += 1


def _expression_end(text: bytes, start: int, end: int) -> int:
    """Where the expression of a field ends: before `!r`, `:format`, `=` or the brace."""
    depth = 0
    index = start
    while index < end:
        character = text[index : index + 1]
        quotes = _STRING.match(text, index) if character in (b'"', b"'") else None
        closing = None if quotes is None else _END[quotes["quotes"]].match(text, quotes.end())
        if closing is not None:
            index = closing.end()
            continue
        if not depth and _ends_expression(text, index):
            return index
        depth += (character in (b"(", b"[", b"{")) - (character in (b")", b"]", b"}"))
        index += 1
    return end


def _ends_expression(text: bytes, index: int) -> bool:
    character, following = text[index : index + 1], text[index + 1 : index + 2]
    if character in (b":", b"}"):
        return True
    if character == b"!":
        return following != b"="
    is_comparison = following == b"=" or text[index - 1 : index] in (b"=", b"!", b"<", b">")
    return character == b"=" and not is_comparison


def _field_end(text: bytes, start: int, end: int) -> int:
    """Behind the brace that ends a field whose expression has ended; a format may have fields of its own."""
    depth = 1
    index = start
    while index < end and depth:
        depth += (text[index : index + 1] == b"{") - (text[index : index + 1] == b"}")
        index += 1
    return index
