"""Where the expressions of formatted strings stand, before Python 3.12 tells.

Older parsers read each expression apart and only guess its place. Here the string is read again, by its characters.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from qscache_lint.facts.places import BETWEEN, Places
from qscache_lint.source.syntax import parse_expression

PLACES_ARE_TOLD = sys.version_info >= (3, 12)
_STRING = re.compile(rb"(?P<prefix>(?i:[rbuf]{0,2}))(?P<quotes>\"\"\"|'''|\"|')")
_END = {
    quotes: re.compile(rb"(?:\\[\s\S]|(?!%b)[^\\])*%b" % (quotes, quotes)) for quotes in (b'"""', b"'''", b'"', b"'")
}
_PLAIN = {
    False: re.compile(rb"(?:[^{}\\]|\{\{|\}\}|\\N\{[^}]*\}|\\(?![{}])[\s\S]|\\)+"),
    True: re.compile(rb"(?:[^{}]|\{\{|\}\})+"),
}
"""Text in a formatted string up to the next field, by whether the string is raw."""


def placed(node: ast.JoinedStr, places: Places) -> list[ast.expr]:
    """The expressions of a formatted string in their order, each with the place where it stands."""
    return _given(node) if PLACES_ARE_TOLD else searched(node, places)


def searched(node: ast.JoinedStr, places: Places) -> list[ast.expr]:
    """The expressions of a formatted string in their order, where the text has them.

    Those that the parser gives when they are not all found.
    """
    given = _given(node)
    if not given:
        return given
    first = places.offset(node.lineno, node.col_offset)
    text = places.slice(first, places.offset(node.end_lineno or node.lineno, node.end_col_offset or 0))
    found = [_read_again(text[start:end], first + start, places) for start, end in _expressions(text)]
    return [each for each in found if each is not None] if len(found) == len(given) and None not in found else given


def _given(node: ast.JoinedStr) -> list[ast.expr]:
    return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]


def _read_again(text: bytes, offset: int, places: Places) -> ast.expr | None:
    """An expression, parsed anew and moved to the offset of the file where its text stands."""
    text, space = text.rstrip(), len(text) - len(text.lstrip())
    text, offset = text[space:], offset + space
    parsed = parse_expression(b"(" + text + b")")
    if parsed is None:
        return None
    row, column = places.point(offset)
    is_bare = (parsed.lineno, parsed.col_offset) == (1, 0)
    for node in ast.walk(parsed):
        if isinstance(node, (ast.expr, ast.keyword, ast.arg)):
            _move(node, row - 1, column - len("("))
    if is_bare:  # `a, b`, which ours are the brackets of
        parsed.col_offset = column
        parsed.end_lineno, parsed.end_col_offset = places.point(offset + len(text))
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
        prefix = literal["prefix"].lower()
        if b"f" in prefix:
            yield from _fields(text, literal.end(), closing.end() - len(literal["quotes"]), _PLAIN[b"r" in prefix])
        start = closing.end()


def _skipped(text: bytes, start: int) -> int:
    between = BETWEEN.match(text, start)
    return start if between is None else between.end()


def _fields(text: bytes, start: int, end: int, plain: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """The offsets of the expressions in one formatted string."""
    index = start
    while index < end:
        before = plain.match(text, index, end)
        if before is not None:
            index = before.end()
            continue
        stop = _expression_end(text, index + 1, end)
        yield index + 1, stop
        index = _field_end(text, stop, end)


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
    index = start
    while index < end and text[index : index + 1] != b"}":
        is_field = text[index : index + 1] == b"{"
        index = _field_end(text, _expression_end(text, index + 1, end), end) if is_field else index + 1
    return index + 1
