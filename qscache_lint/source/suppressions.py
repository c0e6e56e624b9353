"""`# noqa` and `# flake8: noqa`, spelled as flake8 spells them.

A comment on any physical line of a logical line counts for the whole logical line, as in flake8 itself.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cached_property

from flake8 import defaults

from qscache_lint.source.text import split_rows

_BETWEEN_LINES = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_SEPARATOR = re.compile(r"[,\s]")


class Suppressions:
    """What the comments of one file silence."""

    def __init__(self, text: str) -> None:
        self._lines = split_rows(text)
        self._mentions = "noqa" in text.lower()

    def silences(self, row: int, code: str) -> bool:
        """Whether a finding with `code` at 1-based `row` is silenced."""
        if not self._mentions:
            return False
        if self._whole_file:
            return True
        match = defaults.NOQA_INLINE_REGEXP.search(self._logical_lines.get(row) or self._physical(row))
        if match is None:
            return False
        codes = match.groupdict()["codes"]
        if codes is None:
            return True
        named = {part for part in _SEPARATOR.split(codes) if part}
        return any(code.startswith(part) for part in named)

    @cached_property
    def _whole_file(self) -> bool:
        return any(defaults.NOQA_FILE.match(line) for line in self._lines)

    @cached_property
    def _logical_lines(self) -> dict[int, str]:
        joined: dict[int, str] = {}
        for first, last in self._logical_ranges():
            text = "".join(self._lines[first - 1 : last])
            joined.update(dict.fromkeys(range(first, last + 1), text))
        return joined

    def _logical_ranges(self) -> Iterator[tuple[int, int]]:
        first = 0
        try:
            for token in tokenize.generate_tokens(io.StringIO("".join(self._lines)).readline):
                if not first and token.type not in _BETWEEN_LINES:
                    first = token.start[0]
                if token.type == tokenize.NEWLINE:
                    yield first, token.end[0]
                    first = 0
        except (tokenize.TokenError, SyntaxError):
            return

    def _physical(self, row: int) -> str:
        return self._lines[row - 1] if 0 < row <= len(self._lines) else ""
