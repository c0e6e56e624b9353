"""One line for each finding: `path:row:col: CODE message`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.printable import printable
from qscache_lint.reports.paths import shown
from qscache_lint.reports.testimony import with_seen
from qscache_lint.values import Finding

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report


def concise(report: Report, here: Path) -> Iterator[str]:
    """The findings, one line each."""
    for project in report.projects:
        for finding in project.findings:
            yield _headline(project, finding, here)


def _headline(project: ProjectReport, finding: Finding, here: Path) -> str:
    """The one line that says where, which rule and what."""
    path, start = shown(project.root, finding.path, here), finding.span.start
    return f"{path}:{start.row}:{start.column}: {finding.code} {printable(with_seen(project, finding))}"
