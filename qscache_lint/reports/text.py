"""Text for people: paragraphs of the width of a terminal, and the line of a place with a mark below it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

import click

from qscache_lint.printable import printable
from qscache_lint.source.text import split_rows
from qscache_lint.values import Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport

WIDTH = 100
"""Columns of text that goes anywhere but to a terminal."""

_INDENT = 6
_CUT = "…"
_ENOUGH = 20
"""Columns of code below which a narrow terminal is not taken at its word."""


def paragraph(label: str, text: str, width: int, margin: int = 2) -> Iterator[str]:
    """Text behind a label, which stays as it is, wrapped to a width; `margin` columns stand before it."""
    indent = margin + len(click.unstyle(label))
    hanging = margin + _INDENT - 2
    lines = _wrapped(text, indent, hanging, width)
    if len(lines[0]) > width:  # a long path leaves no room for the first word
        lines = [" " * indent, *_wrapped(text, hanging, hanging, width)]
    yield f"{' ' * margin}{label}{lines[0][indent:]}".rstrip()
    yield from lines[1:]


def _wrapped(text: str, indent: int, hanging: int, width: int) -> list[str]:
    lines = textwrap.wrap(
        printable(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [" " * indent]


def frame(project: ProjectReport, path: str, span: Span, width: int, margin: int = 2) -> Iterator[str]:
    """The line of a place with a mark below it; nothing for a file that cannot be read.

    Of a line that is wider than the text, the part around the place is shown.
    """
    try:
        lines = [line.rstrip("\r\n") for line in split_rows(project.text(path))]
    except OSError:
        return
    row = span.start.row
    if row > len(lines):
        return
    line, start = lines[row - 1], span.start.column - 1
    length = max(span.end.column - span.start.column, 1) if span.end.row == row else 1
    before, marked, behind = _code(line[:start]), _code(line[start : start + length]), _code(line[start + length :])
    gutter = f"{' ' * (margin + len(str(row)))} |"
    before, marked, behind = _fitting(before, marked, behind, max(width - len(gutter) - 1, _ENOUGH))
    lead = "".join("\t" if char == "\t" else " " * _columns(char) for char in before)
    mark = "^" * max(_columns(marked), 1)
    yield gutter
    yield f"{' ' * margin}{row} | {before}{marked}{behind}"
    yield f"{gutter} {lead}{click.style(mark, fg='red')}"


def _fitting(before: str, marked: str, behind: str, room: int) -> tuple[str, str, str]:
    """A line around a place, as far as there is room: without its indentation, and signs where code is left out."""
    if _columns(before + marked + behind) <= room:
        return before, marked, behind
    before, marked = before.lstrip(), _first(marked, room - 2)
    spare = room - _columns(marked)
    before = _last(before, max(spare - _columns(behind), spare * 2 // 3))
    return before, marked, _first(behind, spare - _columns(before))


def _last(text: str, room: int) -> str:
    """The end of a text, as far as there is room."""
    return _first(text[::-1], room)[::-1]


def _first(text: str, room: int) -> str:
    """The beginning of a text, as far as there is room; some is lost where it is longer."""
    if _columns(text) <= room:
        return text
    taken = 0
    for number, char in enumerate(text):
        taken += _columns(char)
        if taken >= room:
            return f"{text[:number]}{_CUT}"
    return text


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _code(line: str) -> str:
    return printable(line, kept="\t")
