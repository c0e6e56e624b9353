"""For people at a terminal: the line, the code at hand, the way of the value, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qscache_lint.printable import printable
from qscache_lint.reports.paths import shown, shown_in
from qscache_lint.source.text import split_rows
from qscache_lint.values import Applicability, Confidence, Finding, Fix, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report

_WIDTH = 100


def full(report: Report, here: Path) -> Iterator[str]:
    """The findings with source frame, trail and suggestion, and a count at the end."""
    for project in report.projects:
        for finding in project.findings:
            yield from _finding(project, finding, here)
            yield ""
    yield _count(report)


def _finding(project: ProjectReport, finding: Finding, here: Path) -> Iterator[str]:
    path = shown(project.root, finding.path, here)
    start = finding.span.start
    code = click.style(f"{finding.code} {finding.name}", fg="red", bold=True)
    note = "" if finding.confidence is Confidence.HIGH else f" ({finding.confidence.value} confidence)"
    yield f"{click.style(path, bold=True)}:{start.row}:{start.column}: {code}{note}"
    yield from _frame(project, finding.path, finding.span)
    yield from _paragraph("", finding.message)
    for step in finding.trail:
        place = f"{shown(project.root, step.path, here)}:{step.span.start.row}:{step.span.start.column}"
        yield f"  {click.style('-->', fg='blue')} {place}: {printable(step.message)}"
    if finding.suggestion:
        yield from _paragraph(click.style("help: ", fg="green"), finding.suggestion)
    yield from _fix(project, finding, here)


def _frame(project: ProjectReport, path: str, span: Span) -> Iterator[str]:
    """The line of the finding with a mark below it; nothing for a file that cannot be read."""
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


def _paragraph(label: str, text: str) -> Iterator[str]:
    """Text behind a label, in lines of a readable width."""
    lines = textwrap.wrap(printable(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
    yield f"  {label}{lines[0]}"
    yield from (f"      {line}" for line in lines[1:])


def _fix(project: ProjectReport, finding: Finding, here: Path) -> Iterator[str]:
    fix = project.fixes.get(finding)
    if fix is None:
        return
    yield from _written(fix, shown_in(fix.message, project.root, here))
    for alternative in fix.alternatives:
        message = shown_in(alternative.message, project.root, here)
        yield from _paragraph(click.style("or: ", fg="yellow"), f"{alternative.name}: {message}")


def _written(fix: Fix, message: str) -> Iterator[str]:
    if fix.applicability is Applicability.DISPLAY_ONLY:
        yield from _paragraph(click.style("fix: ", fg="yellow"), message)
        return
    command = "qscache-lint fix" if fix.applicability is Applicability.SAFE else "qscache-lint fix --unsafe-fixes"
    yield from _paragraph(click.style("fix: ", fg="green"), f"{fix.name} ({command}): {message}")


def _count(report: Report) -> str:
    if not report.count:
        return "No cached QuerySet is misused."
    return f"Found {report.count} problem{'s' if report.count > 1 else ''}."
