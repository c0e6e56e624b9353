"""One page for a browser that needs nothing else: summary, filter, and each finding with its flow, code and repair.

The page is a template in `page/`, which escapes all that it is given. Its security policy lets its own script run, and
nothing else.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint import __version__
from qscache_lint.printable import printable
from qscache_lint.reports.groups import Group, alike, groups_of
from qscache_lint.reports.missed import place_of
from qscache_lint.reports.paths import shown, shown_in
from qscache_lint.reports.testimony import missed_message, missing, seen
from qscache_lint.reports.totals import titled
from qscache_lint.source.edits import apply_edits, diff
from qscache_lint.source.text import split_rows
from qscache_lint.values import Finding, Fix, Position, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.api.reports import Missed

_CONTEXT = 2
"""Lines of code shown before and behind the one that a finding is about."""


@dataclass(frozen=True)
class Node:
    """A place on the way of a value: what becomes of it there (`built`, `cached`, `passed`, `used`)."""

    kind: str
    place: str
    note: str


@dataclass(frozen=True)
class Row:
    """A line of code, or of a patch; of the line of a finding the part that it marks."""

    number: int
    before: str
    marked: str = ""
    behind: str = ""

    @property
    def is_marked(self) -> bool:
        return bool(self.marked)


@dataclass(frozen=True)
class Shown:
    """A finding as the page has it."""

    code: str
    name: str
    place: str
    app: str
    message: str
    confidence: str
    in_loop: bool
    seen: str
    flow: tuple[Node, ...]
    code_rows: tuple[Row, ...]


@dataclass(frozen=True)
class Unfound:
    """What was recorded and not found."""

    place: str
    message: str
    reason: str
    flow: tuple[tuple[str, str], ...]
    code_rows: tuple[Row, ...]


@dataclass(frozen=True)
class Repair:
    """A fix: what it does, why it is not safe, and its patch, line by line, each with its kind."""

    name: str
    applicability: str
    summary: str
    reasons: tuple[str, ...]
    patch: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """All about one cached value."""

    title: str
    store: str
    findings: tuple[Shown, ...]
    help: tuple[str, ...]
    repairs: tuple[Repair, ...]


@dataclass(frozen=True)
class Total:
    """A line of a summary: what it is about, how often, and what the filter asks for to show these."""

    key: str
    about: str
    count: int


def as_html(report: Report, here: Path) -> Iterator[str]:
    """The findings as one page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qscache_lint.reports", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [_section(group, here) for project in report.projects for group in groups_of(project)]
    findings = [finding for section in sections for finding in section.findings]
    yield environment.get_template("page.html").render(
        version=__version__,
        checked=report.checked,
        count=report.count,
        notes=[printable(note) for note in (*report.warnings, *report.notes, *report.errors)],
        sections=sections,
        missed=[_missed(project, each, here) for project in report.projects for each in project.missed],
        missing=[note for project in report.projects for note in missing(project)],
        rules=_rules(findings),
        apps=_totals(Counter(finding.app for finding in findings)),
        caches=_totals(Counter(section.title for section in sections for _ in section.findings if section.store)),
        script_hash=_hash("page.js"),
        style_hash=_hash("page.css"),
    )


def _hash(name: str) -> str:
    """What the security policy of the page knows a part of it by."""
    content = resources.files("qscache_lint.reports").joinpath("page", name).read_bytes()
    return base64.b64encode(sha256(content.rstrip(b"\n")).digest()).decode()


def _rules(findings: list[Shown]) -> list[Total]:
    from qscache_lint.rules import RULES

    counted = Counter(finding.code for finding in findings)
    return [Total(rule.code, rule.summary, counted[rule.code]) for rule in RULES if counted[rule.code]]


def _totals(counted: Counter[str]) -> list[Total]:
    return [Total(key, "", count) for key, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]


def _section(group: Group, here: Path) -> Section:
    project, first = group.project, group.findings[0]
    title, store = f"{first.code} {first.name}", ""
    if group.kept is not None:
        title, store = titled(project, group.kept, here), group.kept.store
    fixes = [fix for fix in map(project.fixes.get, group.findings) if fix is not None]
    several = sorted((*fixes, *(each for fix in fixes for each in fix.alternatives)), key=lambda fix: not fix.summary)
    return Section(
        printable(title),
        store,
        tuple(_finding(group, finding, here) for finding in group.findings),
        tuple(printable(text) for text in dict.fromkeys(map(project.help_for, group.findings)) if text),
        tuple(_repair(project, same, here) for same in alike(several)),
    )


def _finding(group: Group, finding: Finding, here: Path) -> Shown:
    project = group.project
    directory, _, _ = finding.path.rpartition("/")
    return Shown(
        finding.code,
        finding.name,
        _place(project, finding.path, finding.span.start, here),
        printable(directory) or ".",
        printable(finding.message),
        finding.confidence.value,
        project.around[finding].in_loop,
        printable(seen(project, finding)),
        tuple(_flow(group, finding, here)),
        tuple(_code(project, finding.path, finding.span)),
    )


def _missed(project: ProjectReport, missed: Missed, here: Path) -> Unfound:
    span = place_of(project, missed)
    return Unfound(
        _place(project, missed.path, span.start, here),
        printable(missed_message(missed)),
        printable(shown_in(missed.reason, project.root, here)),
        tuple((_place(project, step.path, step.span.start, here), printable(step.message)) for step in missed.trail),
        tuple(_code(project, missed.path, span)),
    )


def _place(project: ProjectReport, path: str, start: Position, here: Path) -> str:
    return f"{shown(project.root, path, here)}:{start.row}:{start.column}"


def _flow(group: Group, finding: Finding, here: Path) -> Iterator[Node]:
    """The way of the value: built, cached, handed on, and what is done with it in the end."""
    is_cached = False
    for step in finding.trail:
        is_store = group.kept is not None and (step.path, step.span) == group.kept.place
        is_cached = is_cached or is_store
        kind = "cached" if is_store else "passed" if is_cached else "built"
        yield Node(kind, _place(group.project, step.path, step.span.start, here), printable(step.message))
    if finding.trail and finding not in group.definitions:
        clause = printable(finding.message.partition(": ")[0])
        yield Node("used", _place(group.project, finding.path, finding.span.start, here), clause)


def _code(project: ProjectReport, path: str, span: Span) -> Iterator[Row]:
    """The lines around a place; nothing for a file that cannot be read."""
    try:
        rows = [row.rstrip("\r\n") for row in split_rows(project.text(path))]
    except OSError:
        return
    at, start = span.start.row, span.start.column - 1
    for number in range(max(at - _CONTEXT, 1), min(at + _CONTEXT, len(rows)) + 1):
        row = rows[number - 1]
        if number != at:
            yield Row(number, _source(row))
            continue
        end = span.end.column - 1 if span.end.row == at else len(row)
        end = max(end, start + 1)
        yield Row(number, _source(row[:start]), _source(row[start:end]), _source(row[end:]))


def _source(text: str) -> str:
    return printable(text, kept="\t")


def _repair(project: ProjectReport, same: list[Fix], here: Path) -> Repair:
    fix = same[0]
    reasons = dict.fromkeys(shown_in(reason.message, project.root, here) for each in same for reason in each.reasons)
    return Repair(
        printable(fix.name) if fix.summary else "no automatic fix",
        fix.applicability.value if fix.edits else "",
        printable(shown_in(fix.summary, project.root, here)),
        tuple(map(printable, reasons)),
        tuple(_patch(project, fix, here)),
    )


_KINDS = {"+": "added", "-": "removed", "@": "place"}


def _patch(project: ProjectReport, fix: Fix, here: Path) -> Iterator[tuple[str, str]]:
    """The lines of the patch that a fix is, each with its kind."""
    for path in dict.fromkeys(edit.path for edit in fix.edits):
        try:
            before = project.text(path)
        except OSError:  # it has gone meanwhile
            continue
        after = apply_edits(before, [edit for edit in fix.edits if edit.path == path])
        for line in diff(shown(project.root, path, here), before, after):
            kind = "file" if line.startswith(("+++", "---")) else _KINDS.get(line[0], "")
            for each in line.rstrip("\n").split("\n"):
                yield kind, _source(each.rstrip("\r"))
