"""The logical lines of a file: statements of one part, and the heads of the others, with their tokens."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tokenize import TokenInfo

_SPACE = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A logical line: its first and last row, from 0, and its tokens."""

    first: int
    last: int
    tokens: Sequence[TokenInfo]

    @property
    def rows(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def comments(self) -> Sequence[str]:
        return [each.string for each in self.tokens if each.type == tokenize.COMMENT]

    @property
    def code(self) -> Sequence[TokenInfo]:
        """The tokens without space and comments."""
        return [each for each in self.tokens if each.type not in _SPACE]

    @property
    def is_string(self) -> bool:
        """Whether it is a string by itself, such as a docstring."""
        return [each.type for each in self.code] == [tokenize.STRING]


def tokens_of(rows: Sequence[str]) -> list[TokenInfo]:
    """The tokens of some rows; none where Python cannot tell them."""
    lines = iter([row.rstrip("\r\n") + "\n" for row in rows])
    try:
        return list(tokenize.generate_tokens(lambda: next(lines, "")))
    except (tokenize.TokenError, SyntaxError):
        return []


def tokens_up_to_error(text: str) -> tuple[TokenInfo, ...]:
    """The tokens of a file, as far as they can be told."""
    tokens: list[TokenInfo] = []
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            tokens.append(token)  # noqa: PERF402 (those before an error count)
    return tuple(tokens)


def logical_rows(tokens: Iterable[TokenInfo]) -> dict[int, tuple[int, int]]:
    """The first and last row, from 1, of the logical line that each row is in."""
    return {row: each for each in _logical_ranges(tokens) for row in range(each[0], each[1] + 1)}


def _logical_ranges(tokens: Iterable[TokenInfo]) -> Iterator[tuple[int, int]]:
    first = 0
    for token in tokens:
        if not first and (token.type == tokenize.NEWLINE or token.type not in _SPACE):
            first = token.start[0]
        if token.type == tokenize.NEWLINE:
            yield first, token.end[0]
            first = 0


def logical_lines(tokens: Sequence[TokenInfo]) -> list[LogicalLine]:
    """The logical lines for which no `# fmt: off` holds."""
    found: list[LogicalLine] = []
    inside: list[TokenInfo] = []
    is_formatted = True
    for token in tokens:
        if inside or token.type not in _SPACE:
            inside.append(token)
        elif token.string in _SWITCHES:
            is_formatted = _SWITCHES[token.string]
        if token.type == tokenize.NEWLINE:
            if is_formatted:
                found.append(LogicalLine(inside[0].start[0] - 1, token.start[0] - 1, tuple(inside)))
            inside = []
    return found


_SWITCHES = {"# fmt: off": False, "# fmt: on": True, "# yapf: disable": False, "# yapf: enable": True}


def indent_of(tokens: Sequence[TokenInfo]) -> str | None:
    """One level of indentation, as the file has it; None where it has none."""
    return next((token.string for token in tokens if token.type == tokenize.INDENT), None)


def rows_within_strings(tokens: Sequence[TokenInfo]) -> frozenset[int]:
    """The rows, from 0, that start within a string: the space there is part of it."""
    rows: set[int] = set()
    starts: list[int] = []
    for token in tokens:
        name = tokenize.tok_name[token.type]
        if name.endswith("STRING_START"):  # of formatted strings, since Python 3.12
            starts.append(token.start[0])
        elif name == "STRING" or name.endswith("STRING_END"):
            first = starts.pop() if name != "STRING" else token.start[0]
            rows.update(range(first, token.end[0]))
    return frozenset(rows)
