"""JSON in the shape of ruff's, with trail, confidence and fixes over several files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.codes import page_of
from qscache_lint.reports.paths import shown_in
from qscache_lint.values import Finding, Fix, Position

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report


def as_json(report: Report, here: Path) -> Iterator[str]:
    """The findings as one JSON array; file names are absolute, those in messages as seen from `here`."""
    entries = [_finding(project, finding, here) for project in report.projects for finding in project.findings]
    yield msgspec.json.format(msgspec.json.encode(entries), indent=2).decode()


def _finding(project: ProjectReport, finding: Finding, here: Path) -> dict[str, object]:
    fix = project.fixes.get(finding)
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "confidence": finding.confidence,
        "filename": str(project.root / finding.path),
        "location": _position(finding.span.start),
        "end_location": _position(finding.span.end),
        "noqa_row": finding.span.start.row,
        "url": page_of(finding.code),
        "trail": [
            {
                "filename": str(project.root / step.path),
                "location": _position(step.span.start),
                "message": step.message,
            }
            for step in finding.trail
        ],
        "suggestion": finding.suggestion,
        "fix": None if fix is None else _fix(project, fix, here),
        "alternatives": [_fix(project, each, here) for each in (() if fix is None else fix.alternatives)],
    }


def _fix(project: ProjectReport, fix: Fix, here: Path) -> dict[str, object]:
    return {
        "name": fix.name,
        "applicability": fix.applicability,
        "message": shown_in(fix.message, project.root, here),
        "edits": [
            {
                "filename": str(project.root / edit.path),
                "location": _position(edit.span.start),
                "end_location": _position(edit.span.end),
                "content": edit.content,
            }
            for edit in fix.edits
        ],
    }


def _position(position: Position) -> dict[str, int]:
    return {"row": position.row, "column": position.column}
