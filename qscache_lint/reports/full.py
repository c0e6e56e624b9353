"""For people at a terminal: what is cached, the code at hand, the way of the value, where it is used, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qscache_lint.reports.groups import Group, alike, groups_of
from qscache_lint.reports.obstacles import obstacles, shared
from qscache_lint.reports.paths import shown, shown_in
from qscache_lint.reports.text import WIDTH, frame, paragraph
from qscache_lint.values import NO_FIX, Applicability, Confidence, Finding, Fix, Reason, Step

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report

_INSIDE = 4
"""The margin of what stands below another finding."""


def full(report: Report, here: Path, width: int | None = None) -> Iterator[str]:
    """The findings, those about one cached value together, and a count at the end; text is wrapped to a width."""
    for project in report.projects:
        for group in groups_of(project):
            yield from _Told(group, here, width or WIDTH).lines()
            yield ""
    for project in report.projects:
        yield from _not_found(project, here, width or WIDTH)
    common = list(shared(report))
    for line in common:
        yield from paragraph("", line, width or WIDTH)
    if common:
        yield ""
    yield from _count(report)


def _not_found(project: ProjectReport, here: Path, width: int) -> Iterator[str]:
    """The section of what was recorded and not found, if there is a recording."""
    if project.witness is not None:
        from qscache_lint.reports.missed import not_found

        yield from not_found(project, here, width)


@dataclass(frozen=True)
class _Told:
    """What is told of one group."""

    group: Group
    here: Path
    width: int

    def lines(self) -> Iterator[str]:
        first, *others = self.group.findings
        yield from self._head(first)
        told, known = {_clauses(first)[1]}, {*first.trail, *self.group.shared}
        uses = [each for each in others if each in self.group.uses]
        for finding in others:
            is_use = finding in self.group.uses
            if uses and finding is uses[0]:
                also = "" if self.group.definitions else "also "
                yield click.style(f"  {also}used in {_several(len(uses), 'place')}:", bold=True)
            yield from self._further(finding, told, known, shows_code=is_use)
            told.add(_clauses(finding)[1])
        yield from self._advice()

    # -- the findings

    def _head(self, finding: Finding) -> Iterator[str]:
        """The first finding: whole, with its trail."""
        yield self._headline(finding)
        yield from frame(self.group.project, finding.path, finding.span, self.width)
        yield from paragraph("", f"{finding.message}{self._notes(finding)}", self.width)
        yield from self._seen(finding)
        for number, step in enumerate(finding.trail, 1):
            label = click.style(f"{number}.", fg="blue")
            yield from paragraph(f"{label} {self._place(step)}: ", step.message, self.width)

    def _further(self, finding: Finding, told: set[str], known: set[Step], *, shows_code: bool) -> Iterator[str]:
        """Another finding about the value, without the cost that has been told and the steps that are known."""
        yield f"  {self._headline(finding)}"
        if shows_code:
            yield from [*frame(self.group.project, finding.path, finding.span, self.width, _INSIDE)][1:]
        clause, cost = _clauses(finding)
        message = clause if cost in told else finding.message
        yield from paragraph("", f"{message}{self._notes(finding)}", self.width, _INSIDE)
        yield from self._seen(finding, _INSIDE)
        way = [f"{self._place(step)} {step.message}" for step in finding.trail if step not in known]
        if way:
            yield from paragraph(click.style("via ", fg="blue"), ", ".join(way), self.width, _INSIDE)

    def _seen(self, finding: Finding, margin: int = 2) -> Iterator[str]:
        """What was recorded of a finding, if there is a recording."""
        if self.group.project.witness is None:
            return
        from qscache_lint.reports.testimony import seen

        if told := seen(self.group.project, finding):
            label, _, text = told.partition(" ")
            yield from paragraph(click.style(f"{label} ", fg="magenta"), text, self.width, margin)

    def _headline(self, finding: Finding) -> str:
        path = shown(self.group.project.root, finding.path, self.here)
        start = finding.span.start
        code = click.style(f"{finding.code} {finding.name}", fg="red", bold=True)
        return f"{click.style(path, bold=True)}:{start.row}:{start.column}: {code}"

    def _notes(self, finding: Finding) -> str:
        """What else is known of a finding, behind its message."""
        notes = ["in a loop"] if self.group.project.around[finding].in_loop else []
        if finding.confidence is not Confidence.HIGH:
            notes.append(f"{finding.confidence.value} confidence")
        return f" ({', '.join(notes)})" if notes else ""

    def _place(self, step: Step) -> str:
        return f"{shown(self.group.project.root, step.path, self.here)}:{step.span.start.row}:{step.span.start.column}"

    # -- what to do

    def _advice(self) -> Iterator[str]:
        """What helps, and the fixes, each once for all findings that it is for."""
        project, findings = self.group.project, self.group.findings
        for help_ in dict.fromkeys(filter(None, map(project.help_for, findings))):
            yield from paragraph(click.style("help: ", fg="green"), help_, self.width)
        fixes = [fix for fix in map(project.fixes.get, findings) if fix is not None]
        offered = [fix for fix in fixes if fix.summary]
        alternatives = [each for fix in fixes for each in fix.alternatives]
        ordered = sorted(offered, key=lambda fix: _TRUSTED.index(fix.applicability))
        for number, same in enumerate(alike([*ordered, *alternatives])):
            yield from self._fix("or: " if number else "fix: ", same)
        without = [each for each in findings if each in project.fixes and not project.fixes[each].summary]
        codes = ", ".join(dict.fromkeys(each.code for each in without))
        label = f"{NO_FIX.removesuffix(': ')} for {codes}: " if offered else NO_FIX
        yield from self._reasons(label, [project.fixes[each] for each in without])

    def _fix(self, label: str, alike: Sequence[Fix]) -> Iterator[str]:
        """A fix with the command that applies it, or a suggestion."""
        fix = alike[0]
        summary = shown_in(fix.summary, self.group.project.root, self.here)
        if fix.edits:
            yield from paragraph(
                click.style(label, fg="green"), f"{fix.name} ({_COMMANDS[fix.applicability]}): {summary}", self.width
            )
        else:
            yield from paragraph(click.style(label, fg="yellow"), f"{fix.name}: {summary}", self.width)
        yield from self._reasons("unsafe because: ", alike)

    def _reasons(self, label: str, alike: Sequence[Fix]) -> Iterator[str]:
        """What stands in the way of some fixes, as far as they have reasons."""
        reasons: dict[Reason, None] = dict.fromkeys(reason for fix in alike for reason in fix.reasons)
        if reasons:
            told = obstacles([*reasons], self.group.project.root, self.here)
            yield from paragraph(click.style(label, fg="yellow"), told, self.width)


_TRUSTED = (Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY_ONLY)

_COMMANDS = {
    Applicability.SAFE: "qscache-lint fix",
    Applicability.UNSAFE: "qscache-lint fix --unsafe-fixes",
    Applicability.DISPLAY_ONLY: "by hand",
}


def _clauses(finding: Finding) -> tuple[str, str]:
    """What is done, and what that costs: before and behind the colon of a message."""
    clause, _, cost = finding.message.partition(": ")
    return clause, cost


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
