"""JSON Lines: each finding as `json` has it, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.reports.json import ascii_json, finding_entry

if TYPE_CHECKING:
    from qscache_lint.api import Report


def as_json_lines(report: Report, here: Path) -> Iterator[str]:
    """The findings, one line each."""
    for project in report.projects:
        for finding in project.findings:
            yield ascii_json(finding_entry(project, finding, here), indent=0)
