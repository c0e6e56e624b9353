"""A source with questions in it: of `rows.first()` may be made `reveal_type(_at.kind(rows, _at.q7))[0].first()`.

What an expression is stays the same by that. Only expressions in the bodies of functions are asked about: elsewhere
they may be types, bases or fields, which a call around them would make something else.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise

from qscache_lint.oracles import Asked
from qscache_lint.source.text import decode, split_rows
from qscache_lint.typed.places import places
from qscache_lint.typed.probe import PROBE
from qscache_lint.typed.request import Place

_IMPORT = f"import {PROBE} as _at\n".encode()

_WRAPPED = (ast.Attribute, ast.Await, ast.BinOp, ast.BoolOp, ast.Call, ast.IfExp, ast.Name, ast.Subscript)
"""Expressions around which a call may stand."""

_NO_VALUES = ("annotation", "returns", "bases", "decorator_list", "pattern", "type_params", "args")
"""Fields of statements in which expressions are no values, or are evaluated elsewhere."""

_IGNORING = re.compile(rb"#(\s*(?:type|pyrefly|pyright|mypy|zuban|ty)\s*:\s*ignore)")

_Span = tuple[int, int, int, int]


def marked(source: bytes, asked: Iterable[Asked], first: int) -> tuple[bytes, Mapping[Asked, int]]:
    """A source with questions, and the number of each that stands in it, from `first` on; none where it has errors."""
    text = decode(source)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source, {}
    row = _row_for_import(tree)
    known = {_span(node): node for node in _values(tree)}
    spans = {place.asked: span for place in places(asked, source, "") if (span := _asked_about(known, place))}
    if row is None or not spans:
        return source, {}
    numbers = {span: first + index for index, span in enumerate(dict.fromkeys(spans.values()))}
    rows = [each.encode(errors="replace") for each in split_rows(text)]
    rows[row - 1] = _IMPORT + rows[row - 1]
    starts = [*accumulate((len(each) for each in rows), initial=0)]
    starts[row - 1] += len(_IMPORT)
    code = _with_questions(b"".join(rows), numbers, starts)
    return _IGNORING.sub(rb"# \1", code), {each: numbers[span] for each, span in spans.items()}


def _asked_about(known: Mapping[_Span, ast.expr], place: Place) -> _Span | None:
    """Where the expression stands that a question is about, if it may be asked about."""
    found = known.get((place.row, place.column, place.last, place.end))
    if place.asked.part == "receiver":
        is_read = isinstance(found, ast.Attribute) and isinstance(found.ctx, ast.Load)
        found = found.value if isinstance(found, ast.Attribute) and is_read else None
    return _span(found) if isinstance(found, _WRAPPED) else None


def _span(node: ast.expr) -> _Span:
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def _with_questions(code: bytes, numbers: Mapping[_Span, int], starts: list[int]) -> bytes:
    """A text with a call around each span. Of several that begin or end at one place, the longer one is outside."""
    inserted: list[tuple[int, int, bytes]] = []
    for (row, column, last, end), number in numbers.items():
        begins, ends = starts[row - 1] + column, starts[last - 1] + end
        inserted.append((begins, begins - ends, b"reveal_type(_at.kind("))
        inserted.append((ends, ends - begins, b", _at.q%d))[0]" % number))
    inserted.sort()
    cuts = [0, *(at for at, _, _ in inserted), len(code)]
    pieces = (code[begin:end] for begin, end in pairwise(cuts))
    texts = (*(text for _, _, text in inserted), b"")
    return b"".join(piece + text for piece, text in zip(pieces, texts, strict=True))


def _row_for_import(tree: ast.Module) -> int | None:
    """The row of the first statement that may have an import before it; None where there is none."""
    before = 0
    for at, statement in enumerate(tree.body):
        if not _is_docstring(statement, at) and not _is_of_future(statement):
            decorators = getattr(statement, "decorator_list", [])
            row = min([statement.lineno, *(each.lineno for each in decorators)])
            return row if row > before else None
        before = statement.end_lineno or 0
    return None


def _is_docstring(statement: ast.stmt, at: int) -> bool:
    return at == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_of_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _values(tree: ast.Module) -> Iterator[ast.expr]:
    """The expressions in the bodies of functions that are values."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, is_inside = waiting.pop()
        if isinstance(node, ast.expr) and is_inside:
            yield node
        opens = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        waiting.extend((child, is_inside or opens) for child in _children(node))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr) and sys.version_info < (3, 12):
        return  # the fields of formatted strings have no places of their own
    without = _NO_VALUES if isinstance(node, (ast.stmt, ast.match_case)) else ()
    for name, value in ast.iter_fields(node):
        if name not in without:
            yield from (each for each in (value if isinstance(value, list) else (value,)) if isinstance(each, ast.AST))
