"""For people at a terminal: the line, the code at hand, the way of the value, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qscache_lint.printable import printable
from qscache_lint.reports.obstacles import obstacles, shared
from qscache_lint.reports.paths import shown, shown_in
from qscache_lint.source.text import split_rows
from qscache_lint.values import NO_FIX, Applicability, Confidence, Finding, Fix, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report

WIDTH = 100
"""Columns of text that goes anywhere but to a terminal."""

_INDENT = " " * 6


def full(report: Report, here: Path, width: int | None = None) -> Iterator[str]:
    """The findings with source frame, trail and suggestion, and a count at the end; text is wrapped to a width."""
    for project in report.projects:
        for finding in project.findings:
            yield from _finding(project, finding, here, width or WIDTH)
            yield ""
    common = list(shared(report))
    for line in common:
        yield from paragraph("", line, width or WIDTH)
    if common:
        yield ""
    yield from _count(report)


def _finding(project: ProjectReport, finding: Finding, here: Path, width: int) -> Iterator[str]:
    path = shown(project.root, finding.path, here)
    start = finding.span.start
    code = click.style(f"{finding.code} {finding.name}", fg="red", bold=True)
    note = "" if finding.confidence is Confidence.HIGH else f" ({finding.confidence.value} confidence)"
    yield f"{click.style(path, bold=True)}:{start.row}:{start.column}: {code}{note}"
    yield from frame(project, finding.path, finding.span)
    yield from paragraph("", finding.message, width)
    for step in finding.trail:
        place = f"{shown(project.root, step.path, here)}:{step.span.start.row}:{step.span.start.column}"
        yield from paragraph(f"{click.style('-->', fg='blue')} {place}: ", step.message, width)
    help_ = project.help_for(finding)
    if help_:
        yield from paragraph(click.style("help: ", fg="green"), help_, width)
    yield from _fix(project, finding, here, width)


def frame(project: ProjectReport, path: str, span: Span) -> Iterator[str]:
    """The line of a place with a mark below it; nothing for a file that cannot be read."""
    try:
        lines = [line.rstrip("\r\n") for line in split_rows(project.text(path))]
    except OSError:
        return
    row = span.start.row
    if row > len(lines):
        return
    line, start = lines[row - 1], span.start.column - 1
    gutter = " " * len(str(row))
    width = max(span.end.column - span.start.column, 1) if span.end.row == row else 1
    mark = "^" * max(len(_code(line[start : start + width])), width)
    lead = "".join("\t" if char == "\t" else " " for char in _code(line[:start]))
    yield f"  {gutter} |"
    yield f"  {row} | {_code(line)}"
    yield f"  {gutter} | {lead}{click.style(mark, fg='red')}"


def _code(line: str) -> str:
    return printable(line, kept="\t")


def paragraph(label: str, text: str, width: int) -> Iterator[str]:
    """Text behind a label, which stays as it is, wrapped to a width."""
    indent = len(f"  {click.unstyle(label)}")
    lines = _wrapped(text, indent, width)
    if len(lines[0]) > width:  # a long path leaves no room for the first word
        lines = [" " * indent, *_wrapped(text, len(_INDENT), width)]
    yield f"  {label}{lines[0][indent:]}".rstrip()
    yield from lines[1:]


def _wrapped(text: str, indent: int, width: int) -> list[str]:
    lines = textwrap.wrap(
        printable(text),
        width,
        initial_indent=" " * indent,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [" " * indent]


def _fix(project: ProjectReport, finding: Finding, here: Path, width: int) -> Iterator[str]:
    fix = project.fixes.get(finding)
    if fix is None:
        return
    for label, each in (("fix: ", fix), *(("or: ", each) for each in fix.alternatives)):
        if each.summary:
            yield from _written(label, each, shown_in(each.summary, project.root, here), width)
        if each.reasons:
            said = "unsafe because: " if each.summary else NO_FIX
            yield from paragraph(click.style(said, fg="yellow"), obstacles(each.reasons, project.root, here), width)


def _written(label: str, fix: Fix, summary: str, width: int) -> Iterator[str]:
    """One fix with the command that applies it, or a suggestion."""
    if not fix.edits:
        yield from paragraph(click.style(label, fg="yellow"), f"{fix.name}: {summary}", width)
        return
    command = "qscache-lint fix" if fix.applicability is Applicability.SAFE else "qscache-lint fix --unsafe-fixes"
    yield from paragraph(click.style(label, fg="green"), f"{fix.name} ({command}): {summary}", width)


def _count(report: Report) -> Iterator[str]:
    """What it comes to; nothing where nothing was checked."""
    found = _several(report.count, "problem")
    if report.would_change:
        yield f"Would fix {found} in {_several(report.would_change, 'file')}."
    elif report.would_change is not None:
        yield "Nothing would change."
    elif report.count:
        yield f"Found {found}."
    elif report.checked:
        yield f"No problems found in {_several(report.checked, 'file')}."


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
