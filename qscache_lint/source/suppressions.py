"""`# noqa` and `# flake8: noqa`, spelled as flake8 spells them.

A comment on any physical line of a logical line counts for the whole logical line, as in flake8 itself.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from functools import cached_property

import msgspec
from flake8 import defaults

from qscache_lint.source.logical_lines import logical_rows, rows_within_strings, tokens_up_to_error
from qscache_lint.source.text import split_rows
from qscache_lint.values import Applicability, Edit, Finding, Fix, Position, Span

REMOVE_SUPPRESSION = "remove-suppression"
"""The fix for a comment that silences nothing."""

_SEPARATOR = re.compile(r"[,\s]")
_CODE = re.compile(r"[^,\s]+")
_WHITE = " \t\f\r\n"
_AROUND_REASONS = " \t\f\r\n,;:-"
"""What stands between a mark and the reason behind it."""


class NamedCode(msgspec.Struct, frozen=True):
    """A code that the `noqa` of a comment names, and where; it silences findings in `rows`, from first to last.

    Nothing, where flake8 looks at another mark of the same logical line.
    """

    code: str
    span: Span
    rows: tuple[int, int] | None


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
        match = defaults.NOQA_INLINE_REGEXP.search(self._logical_line(row))
        if match is None:
            return False
        codes = match.groupdict()["codes"]
        if codes is None:
            return True
        named = {part for part in _SEPARATOR.split(codes) if part}
        return any(code.startswith(part) for part in named)

    def named(self) -> Iterator[NamedCode]:
        """Every code that a comment names.

        None in a file that is silenced as a whole, or that Python's tokenizer refuses.
        """
        if not self._mentions or self._whole_file or not self._is_read:
            return
        for comment in self._comments:
            match = defaults.NOQA_INLINE_REGEXP.search(comment.string)
            if match is None or match["codes"] is None:
                continue
            row, column = comment.start
            rows = self._rows_silenced(row, column + match.start())
            first = column + match.start("codes") + 1
            for code in _CODE.finditer(match["codes"]):
                start, end = Position(row, first + code.start()), Position(row, first + code.end())
                yield NamedCode(code[0], Span(start, end), rows)

    def removal(self, finding: Finding) -> Fix:
        """The fix of a finding about a code that a comment names in vain."""
        span, content = without_code(self._lines[finding.span.start.row - 1], finding.span)
        message = f"remove {finding.about} from the comment: it silences nothing, and the program does not change"
        return Fix(REMOVE_SUPPRESSION, Applicability.SAFE, message, (Edit(finding.path, span, content),))

    def addition(self, finding: Finding, reason: str) -> Edit | None:
        """The edit that may silence a finding: its code in the mark of a comment that is there, or a mark on its row.

        Where a row cannot end in a comment, as in a string of several rows, the mark stands at the end of the logical
        line. None where the file cannot be made tokens up to there. Whether flake8 looks at the mark is not said: a
        string before it may have the text of another.
        """
        row = finding.span.start.row
        named = self._end_of_codes(row)
        if named is not None:
            return Edit(finding.path, Span(named, named), f", {finding.code}")
        last = self._ranges.get(row, (row, row))[1]
        at_row = next((each for each in (row, last) if each in self._rows_with_end), None)
        if at_row is None:
            return None
        at = Position(at_row, len(self._lines[at_row - 1].rstrip(_WHITE)) + 1)
        end = Position(at_row, len(self._lines[at_row - 1].rstrip("\r\n")) + 1)
        why = f" - {reason}" if reason else ""
        return Edit(finding.path, Span(at, end), f"  # noqa: {finding.code}{why}")

    def _end_of_codes(self, row: int) -> Position | None:
        """The end of the codes that the first comment to name some has, in the logical line around a row.

        Read in the comment alone: flake8's pattern may go on into the code of the next row.
        """
        first, last = self._ranges.get(row, (row, row))
        for comment in self._comments:
            mark = defaults.NOQA_INLINE_REGEXP.search(comment.string)
            if first <= comment.start[0] <= last and mark is not None and mark["codes"] is not None:
                codes = mark.start("codes") + len(mark["codes"].rstrip(", \t\r\n"))
                return Position(comment.start[0], comment.start[1] + codes + 1)
        return None

    @cached_property
    def _rows_with_end(self) -> frozenset[int]:
        """The rows that may end in a comment: no string and no backslash goes on behind them."""
        ends = {token.start[0] for token in self._tokens if token.type in (tokenize.NL, tokenize.NEWLINE)}
        return frozenset(ends - rows_within_strings(self._tokens))  # which counts from 0: the rows behind an end

    def _rows_silenced(self, row: int, column: int) -> tuple[int, int] | None:
        """The rows that a mark at a place, with a column from 0, speaks of."""
        first, last = self._ranges.get(row, (row, row))
        offset = sum(map(len, self._lines[first - 1 : row - 1])) + column
        match = defaults.NOQA_INLINE_REGEXP.search(self._logical_line(row))
        return (first, last) if match is not None and match.start() == offset else None

    def _logical_line(self, row: int) -> str:
        """The text of the logical line around a row; of the row alone where there is none."""
        first, last = self._ranges.get(row, (row, row))
        return "".join(self._lines[max(first, 1) - 1 : max(last, 0)])

    @cached_property
    def _whole_file(self) -> bool:
        return any(defaults.NOQA_FILE.match(line) for line in self._lines)

    @cached_property
    def _ranges(self) -> dict[int, tuple[int, int]]:
        """The first and last row of the logical line that each row is in."""
        return logical_rows(self._tokens)

    @property
    def _comments(self) -> Iterator[tokenize.TokenInfo]:
        return (token for token in self._tokens if token.type == tokenize.COMMENT)

    @property
    def _is_read(self) -> bool:
        """Whether all of the file has been made tokens."""
        return bool(self._tokens) and self._tokens[-1].type == tokenize.ENDMARKER

    @cached_property
    def _tokens(self) -> tuple[tokenize.TokenInfo, ...]:
        """The tokens of the file, as far as they can be told."""
        return tokens_up_to_error("".join(self._lines))


def without_code(line: str, code: Span) -> tuple[Span, str]:
    """What to put where in a line, so that its comment no longer names a code that stands there.

    A mark without any other code goes; what else the comment says stays.
    """
    row, first = code.start.row, code.start.column - 1
    marks = defaults.NOQA_INLINE_REGEXP.finditer(line)
    mark = next(each for each in marks if each.start("codes") <= first < each.end("codes"))
    codes = [each.span() for each in _CODE.finditer(line, *mark.span("codes"))]
    if len(codes) == 1:
        return _without_mark(line, row, mark.start(), codes[0][1])
    number = next(number for number, (start, _) in enumerate(codes) if start == first)
    start, end = codes[number] if number else (codes[0][0], codes[1][0])
    return _span(row, codes[number - 1][1] if number else start, end), ""


def _without_mark(line: str, row: int, start: int, end: int) -> tuple[Span, str]:
    """The same for a whole mark between two columns, from 0."""
    code, behind = line[:start].rstrip(), line[end:].strip(_AROUND_REASONS)
    ending = len(line.rstrip("\r\n"))
    if not code and not behind:
        whole = ending == len(line)
        return (_span(row, 0, ending) if whole else Span(Position(row, 1), Position(row + 1, 1))), ""
    kept = behind if not behind or behind.startswith("#") else f"# {behind}"
    if not code:
        return _span(row, start, ending), kept
    return _span(row, len(code), ending), f"  {kept}" if kept else ""


def _span(row: int, start: int, end: int) -> Span:
    return Span(Position(row, start + 1), Position(row, end + 1))
