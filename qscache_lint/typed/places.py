"""Places as type checkers count them: columns in bytes of UTF-8, from 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qscache_lint.oracles import Asked
from qscache_lint.source.text import decode, split_rows
from qscache_lint.typed.request import Place
from qscache_lint.values import Position


def places(asked: Iterable[Asked], source: bytes, path: str) -> Iterator[Place]:
    """The places of questions about one file, which the checker knows by `path`."""
    rows = split_rows(decode(source))
    for each in asked:
        start, end = each.span.start, each.span.end
        if end.row <= len(rows):
            yield Place(each, path, start.row, _bytes(rows, start), end.row, _bytes(rows, end))


def _bytes(rows: list[str], at: Position) -> int:
    return len(rows[at.row - 1][: at.column - 1].encode(errors="replace"))
