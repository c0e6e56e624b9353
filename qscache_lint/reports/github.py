"""Annotations of GitHub Actions: one workflow command for each finding.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.printable import printable
from qscache_lint.reports.paths import relative, service_base
from qscache_lint.reports.severity import Severity, severity_of
from qscache_lint.reports.testimony import seen
from qscache_lint.values import Finding

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report

_COMMANDS: Mapping[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}


def as_github(report: Report, here: Path) -> Iterator[str]:
    """The findings as annotations; files are named from the top of the checkout."""
    base = service_base(here)
    for project in report.projects:
        for finding in project.findings:
            yield _annotation(project, finding, base)


def _annotation(project: ProjectReport, finding: Finding, base: Path) -> str:
    start, end = finding.span.start, finding.span.end
    properties = {
        "title": f"{finding.code} {finding.name}",
        "file": _file(project, finding.path, base),
        "line": str(start.row),
        "col": str(start.column),
        "endLine": str(end.row),
    }
    if end.row == start.row:  # a column belongs to a single line
        properties["endColumn"] = str(end.column)
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[severity_of(finding.code)]} {written}::{_message(_text(project, finding, base))}"


def _text(project: ProjectReport, finding: Finding, base: Path) -> str:
    """What is found, what was recorded of it, the way of the value, and the advice, one a line."""
    told = seen(project, finding)
    trail = (
        f"{_file(project, step.path, base)}:{step.span.start.row}: {printable(step.message)}" for step in finding.trail
    )
    help_ = project.help_for(finding)
    advice = (f"help: {printable(help_)}",) if help_ else ()
    return "\n".join((printable(finding.message), *((told,) if told else ()), *trail, *advice))


def _file(project: ProjectReport, path: str, base: Path) -> str:
    within = relative(project.root, path, base)
    return printable(str(project.root / path) if within is None else within)


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
