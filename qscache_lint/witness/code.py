"""A file of the project as it is now, as far as places of a recording are looked for in it."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from tokenize import TokenInfo

from qscache_lint.source.logical_lines import logical_rows, tokens_up_to_error
from qscache_lint.source.surroundings import FileSurroundings
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Position, Span


@dataclass(frozen=True)
class Spot:
    """A place that a finding names: its statement, what stands around it, and what the code says there.

    `is_method`: that is the name of a method or attribute.
    """

    path: str
    rows: tuple[int, int]
    start: Position
    scope: str
    text: str
    is_method: bool


class FileNow:
    """The code of one file, which is named by its path in the project."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path = path
        self._source = source

    @cached_property
    def digest(self) -> str:
        """What recordings have for the content of a file."""
        return sha256(self._source).hexdigest()[:16]

    def spot(self, span: Span) -> Spot:
        """A place in the file, with what is around it."""
        rows, scope = self.rows_around(span.start.row), self._surroundings.at(span.start).scope
        return Spot(self.path, rows, span.start, scope, self._text(span), self._is_method(span))

    def rows_around(self, row: int) -> tuple[int, int]:
        """The first and last row of the statement, or the head of one, that a row is in."""
        return self._logical_rows.get(row, (row, row))

    def spells(self, operation: str, first: int, last: int) -> bool:
        """Whether the code on some rows, and in the statements there, does an operation by itself."""
        rows = range(self.rows_around(first)[0], self.rows_around(last)[1] + 1)
        spelt = rf"\.\s*{operation}\b" if operation.isidentifier() else re.escape(operation[:1])
        return re.search(spelt, "".join(map(self._row, rows))) is not None

    def done_from(self, start: Position, operation: str) -> frozenset[Position]:
        """Where the expression that begins at a place does an operation by itself: `filter` in `rows(1).filter(…)`."""
        number = self._number_at.get((start.row, start.column - 1), len(self._tokens))
        return frozenset(
            Position(token.start[0], token.start[1] + 1)
            for before, token in _chain(self._tokens, number)
            if token.string == operation[:1] == "[" or (token.string == operation and before == ".")
        )

    def function(self, position: Position) -> str:
        """The qualified name of the function around a place, decorators included; "" outside of functions."""
        return self._surroundings.function_at(position)

    def has(self, scope: str) -> bool:
        """Whether there is a function or class of the name; the module is always there."""
        return not scope or self._surroundings.has(scope)

    def first_row(self, scope: str) -> int | None:
        """The row on which a function or class begins, with its decorators, where there is one of the name."""
        return self._surroundings.first_row(scope)

    def _text(self, span: Span) -> str:
        """The code of a place, up to the end of its first row."""
        row = self._row(span.start.row)
        return row[span.start.column - 1 : span.end.column - 1 if span.end.row == span.start.row else len(row)].rstrip()

    def _is_method(self, span: Span) -> bool:
        """Whether a place is behind a dot."""
        before = self._row(span.start.row)[: span.start.column - 1].rstrip()
        return before.endswith(".") or (not before and self._row(span.start.row - 1).rstrip().endswith("."))

    def _row(self, row: int) -> str:
        return self._rows[row - 1] if 1 <= row <= len(self._rows) else ""

    @cached_property
    def _rows(self) -> list[str]:
        return split_rows(decode(self._source))

    @cached_property
    def _logical_rows(self) -> dict[int, tuple[int, int]]:
        return logical_rows(self._tokens)

    @cached_property
    def _tokens(self) -> tuple[TokenInfo, ...]:
        return tokens_up_to_error("".join(self._rows))

    @cached_property
    def _number_at(self) -> dict[tuple[int, int], int]:
        """The tokens by their place."""
        return {token.start: number for number, token in enumerate(self._tokens) if token.string.strip()}

    @cached_property
    def _surroundings(self) -> FileSurroundings:
        return FileSurroundings(self.path, self._source)


_OPEN, _CLOSED = frozenset("([{"), frozenset(")]}")
_NOT_CODE = (tokenize.NL, tokenize.COMMENT)


def _chain(tokens: Sequence[TokenInfo], number: int) -> Iterator[tuple[str, TokenInfo]]:
    """The tokens of a name, a call, or a chain of them, from some token on, without those inside brackets; each with
    what stands before it."""
    depth, before = 0, ""
    for token in tokens[number:]:
        if token.type in _NOT_CODE:
            continue
        depth -= token.string in _CLOSED
        if depth < 0 or (depth == 0 and before and not _goes_on(before, token.string)):
            return
        if depth == 0:
            yield before or tokens[number - 1].string, token
            before = token.string
        depth += token.string in _OPEN


def _goes_on(before: str, token: str) -> bool:
    """Whether a token belongs to the same chain as the one before it; brackets have nothing between them."""
    return before in (".", "await", *_OPEN) or token in (".", "(", "[")
