"""What was recorded and not found, as a section of the report for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qscache_lint.reports.paths import shown, shown_in
from qscache_lint.reports.testimony import missed_message, missing
from qscache_lint.reports.text import frame, paragraph
from qscache_lint.source.text import split_rows
from qscache_lint.values import Position, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport
    from qscache_lint.api.reports import Missed


def not_found(project: ProjectReport, here: Path, width: int) -> Iterator[str]:
    """The places of a project at which something was recorded and not found, each with the reason; nothing without."""
    if project.witness is None:
        return
    if project.missed:
        yield click.style("Witnessed, but not found:", bold=True)
        yield ""
    for missed in project.missed:
        yield from _told(project, missed, here, width)
        yield ""
    notes = [*missing(project)]
    for note in notes:
        yield from paragraph("", note, width, margin=0)
    if notes:
        yield ""


def _told(project: ProjectReport, missed: Missed, here: Path, width: int) -> Iterator[str]:
    column = "" if missed.column is None else f":{missed.column}"
    path = click.style(shown(project.root, missed.path, here), bold=True)
    yield f"{path}:{missed.row}{column}: {click.style('witnessed', fg='magenta', bold=True)}"
    yield from frame(project, missed.path, place_of(project, missed), width)
    yield from paragraph("", missed_message(missed), width)
    yield from paragraph(click.style("not found: ", fg="yellow"), shown_in(missed.reason, project.root, here), width)
    for step in missed.trail:
        start = step.span.start
        place = f"{shown(project.root, step.path, here)}:{start.row}:{start.column}: "
        yield from paragraph(f"{click.style('-->', fg='blue')} {place}", step.message, width)


def place_of(project: ProjectReport, missed: Missed) -> Span:
    """The place to mark: from where it begins, or, where no column is known, the whole row."""
    try:
        rows = split_rows(project.text(missed.path))
    except OSError:
        rows = []
    row = rows[missed.row - 1].rstrip() if missed.row <= len(rows) else ""
    first = missed.column or len(row) - len(row.lstrip()) + 1
    return Span(Position(missed.row, first), Position(missed.row, max(len(row), first) + 1))
