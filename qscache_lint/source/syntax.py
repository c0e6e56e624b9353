"""Bytes to Python's own syntax tree, or the reason why not."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from itertools import accumulate, zip_longest

import msgspec

from qscache_lint import limits
from qscache_lint.source.text import declared_encoding, without_source_warnings


class Unreadable(msgspec.Struct, frozen=True):
    """A file that could not be read or parsed: `row` is that of the syntax error, else 1."""

    row: int
    column: int
    reason: str
    is_fault: bool = False
    """Whether it is a mistake of ours that it was not read."""


_NESTING_BYTES = b".([{+-*/|&%^~@"
_LEVELS_OF_BYTE = 3
"""Nodes that may stand in one another for one byte: the statement `x` is three, the name and its context among them."""
_NESTING_WORDS = (b"if", b"else", b"not", b"lambda", b"await", b"for")
"""What every further level of syntax is written with; blocks alone are at most a hundred levels deep."""
_ROWS = re.compile(r"\r\n?|\n")
_NEWER_SYNTAX = (
    (14, re.compile(r"""(?<!\w)(?:[tT][rR]?|[rR][tT])["']""")),
    (14, re.compile(r"^\s*except\s+[\w.]+(?:\s*,\s*(?:\w+\.)*[A-Z]\w*)+\s*:")),
    (13, re.compile(r"^\s*(?:(?:async\s+)?def|class|type)\s+\w+\s*\[[^]=]*=")),
    (12, re.compile(r"^\s*type\s+\w+\s*(?:\[.*\])?\s*=")),
    (12, re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[\s*\*{0,2}\w")),
    (11, re.compile(r"^\s*except\s*\*")),
)
"""Syntax that a Python 3 of this minor version was the first to have: what an older one stops in."""

_NEWER_FIELDS = (
    re.compile(  # text in the quotes that the formatted string itself has
        r"""(?<!\w)(?:[fF][rR]?|[rR][fF])(["'])(?:(?!\1)[^{}\\])*\{(?:(?:(?!\1)[^{}\\])*[(\[,+=%*|])?\s*[fFrRbBuU]{0,2}\1"""
        r"""(?:[^{}]|\{[^{}]*\})*\1\s*[\]).,%+!:=}]"""
    ),
    re.compile(r"""\{[^{}]*["'][^"'{}]*\\[^{}]*\}"""),  # a backslash in text in a field
)
"""What a field of a formatted string may hold since Python 3.12, and where older ones stop, as their messages begin."""
_IN_A_FIELD = ("f-string: expecting '}'", "f-string: unmatched", "f-string expression part cannot include a backslash",
               "unexpected character after line continuation")  # fmt: skip

_PYTHON_2 = re.compile(
    r"""\b(?:print|exec)\s+[^\s=(]|\braise\s+[\w.]+\s*,|\bexcept\s+[\w.()\s,]+,\s*\w+\s*:"""
    r"""|\bdef\s+\w+\s*\(\s*\((?=[^()]*\)\s*[,)])|\blambda\s*\((?=[^()]*\)\s*[,:])"""
    r"""|`[^`]+`|<>|\b0\d+\b|\b(?:\d+|0[xX][\da-fA-F]+)[lL]\b|\b[uU][rR]["']"""
)
"""Syntax of Python 2 that Python 3 stops in."""


COMPILER_FAILURES = (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError, SystemError)
"""What Python raises where it cannot parse or compile a source, errors of its own included."""


def parse(source: bytes) -> ast.Module | Unreadable:
    """Parse a file with the encoding that it declares. Never raises for any input."""
    try:
        with without_source_warnings():
            module = ast.parse(source)
    except (RecursionError, MemoryError):
        return Unreadable(1, 1, "nested too deeply")
    except COMPILER_FAILURES as refused:
        return _unreadable(source, refused)
    undecodable = "" if source.isascii() else _undecodable(source)
    if undecodable:
        return Unreadable(1, 1, undecodable)
    row = too_deep_row(module, source, limits.SYNTAX_LEVELS)
    return module if row is None else Unreadable(row, 1, "nested too deeply")


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree of a file; None when it cannot be parsed."""
    module = parse(source)
    return None if isinstance(module, Unreadable) else module


def parse_expression(text: str | bytes) -> ast.expr | None:
    """The syntax tree of an expression; None when it cannot be parsed."""
    try:
        with without_source_warnings():
            return ast.parse(text, mode="eval").body
    except COMPILER_FAILURES:
        return None


def compiles(source: str | bytes) -> bool:
    """Whether the running Python can compile a file."""
    try:
        with without_source_warnings():
            compile(source, "<source>", "exec", dont_inherit=True)
    except COMPILER_FAILURES:
        return False
    return True


def is_same_program(before: bytes, after: bytes) -> bool:
    """Whether two files have the same syntax tree, whatever their layout and comments; not where one has none."""
    left, right = parsed(before), parsed(after)
    if left is None or right is None:
        return False
    pairs = zip_longest(ast.walk(left), ast.walk(right))
    return all(one is not None and other is not None and _own(one) == _own(other) for one, other in pairs)


def _own(node: ast.AST) -> object:
    """What a node says by itself, with the kinds of those in it: deep trees are compared node by node."""
    return type(node), [(name, _kinds(value)) for name, value in ast.iter_fields(node)]


def _kinds(value: object) -> object:
    if isinstance(value, list):
        return [_kinds(each) for each in value]
    return type(value) if isinstance(value, ast.AST) else repr(value)


def too_deep_row(module: ast.Module, source: bytes, most: int) -> int | None:
    """The row of a statement in which syntax stands in one another more than `most` times; None when there is none.

    Only what has room for that many levels is looked at more closely.
    """
    written = len(source) - len(source.translate(None, _NESTING_BYTES)) + sum(map(source.count, _NESTING_WORDS))
    if written <= most:
        return None
    lines = source.splitlines(keepends=True)
    longest, ends = max(map(len, lines)), [0, *accumulate(map(len, lines))]
    pending: list[tuple[ast.AST, int]] = [(module, 0)]
    while pending:
        node, level = pending.pop()
        if level > most:
            return getattr(node, "lineno", 1)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt) and level + _LEVELS_OF_BYTE * _bytes_of(child, ends) <= most:
                continue
            if not isinstance(child, ast.expr):
                pending.append((child, level + 1))
            elif _most_bytes(child, longest) > most and _depth(child) > most:
                return child.lineno
    return None


def _bytes_of(node: ast.stmt, ends: Sequence[int]) -> int:
    """The bytes of the rows of a statement, as the ends of all rows tell; of a decorated one, those of the file."""
    if getattr(node, "decorator_list", ()) or (node.end_lineno or sys.maxsize) >= len(ends):
        return ends[-1]
    return ends[node.end_lineno or -1] - ends[node.lineno - 1]


def _most_bytes(node: ast.expr, longest: int) -> int:
    """An upper bound of the bytes of an expression in a file whose longest row has `longest`."""
    rows = (node.end_lineno or node.lineno) - node.lineno
    return (rows + 1) * longest if rows else (node.end_col_offset or 0) - node.col_offset


def _depth(node: ast.AST) -> int:
    deepest, level = 0, [node]
    while level:
        deepest += 1
        level = [child for each in level for child in ast.iter_child_nodes(each)]
    return deepest


def _unreadable(source: bytes, refused: Exception) -> Unreadable:
    """Where and why Python refuses a file, in one sentence."""
    if b"\0" in source:
        return Unreadable(source.count(b"\n", 0, source.index(b"\0")) + 1, 1, "cannot be decoded: it has null bytes")
    undecodable = _undecodable(source)
    if undecodable:
        return Unreadable(1, 1, undecodable)
    if not isinstance(refused, SyntaxError):
        return Unreadable(1, 1, f"syntax error: {_first_line(str(refused))}")
    text = source.decode(declared_encoding(source))
    return _syntax_error(text, _refused_as_text(text) or refused)


def _undecodable(source: bytes) -> str:
    """Why Python cannot decode a file that it reads; of bytes that it is given it does not decode the comments."""
    try:
        source.decode(declared_encoding(source)).encode()  # some encodings may hold half of a surrogate pair
    except (SyntaxError, LookupError, UnicodeError) as undecodable:
        return f"cannot be decoded: {_first_line(str(undecodable))}"
    return ""


def _refused_as_text(text: str) -> SyntaxError | None:
    """What Python says of the text: where it has decoded bytes, its columns are wrong before 3.13."""
    try:
        with without_source_warnings():
            ast.parse(text)
    except SyntaxError as refused:
        return refused
    except COMPILER_FAILURES:
        return None
    return None


def _syntax_error(text: str, refused: SyntaxError) -> Unreadable:
    row, column = max(refused.lineno or 1, 1), max(refused.offset or 1, 1)
    if refused.msg.startswith(("too many nested", "too many levels")):
        return Unreadable(row, column, "nested too deeply")
    rows = _ROWS.split(text)
    line = rows[row - 1] if row <= len(rows) else ""
    other = _other_python(line, row, column, refused.msg)
    return Unreadable(row, column, other or f"syntax error: {_first_line(refused.msg)}")


def _other_python(line: str, row: int, column: int, message: str) -> str | None:
    """Which Python reads a line that this one does not, as far as the place says at which it stops."""
    for minor, pattern in _NEWER_SYNTAX:
        if sys.version_info < (3, minor) and _is_in(pattern, line, column):
            return _needs(minor, line, row)
    is_field = sys.version_info < (3, 12) and message.startswith(_IN_A_FIELD)
    if is_field and any(pattern.search(line[:limits.SCANNED_ROW]) for pattern in _NEWER_FIELDS):
        return _needs(12, line, row)
    return f"Python 2 syntax on line {row}" if _is_in(_PYTHON_2, line, column) else None


def _needs(minor: int, line: str, row: int) -> str:
    return f"needs Python 3.{minor} or newer: `{line.strip()[:limits.QUOTED_CHARACTERS]}` on line {row}"


def _is_in(pattern: re.Pattern[str], line: str, column: int) -> bool:
    return any(found.start() < column <= found.end() for found in pattern.finditer(line))


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "invalid source"
