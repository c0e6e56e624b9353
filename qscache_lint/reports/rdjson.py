"""reviewdog's diagnostic format as JSON. Columns count bytes of UTF-8.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.reports.json import ascii_json
from qscache_lint.reports.paths import relative
from qscache_lint.reports.severity import Severity, severity_of
from qscache_lint.reports.testimony import with_seen
from qscache_lint.source.text import split_rows
from qscache_lint.values import Finding, Fix, Position, Span

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report

_SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: "ERROR",
    Severity.WARNING: "WARNING",
    Severity.NOTE: "INFO",
}


def as_rdjson(report: Report, here: Path) -> Iterator[str]:
    """The findings as one document; files are named from `here`, where reviewdog runs."""
    diagnostics = [
        entry for project in report.projects for entry in _Diagnostics(project, here).entries()
    ]
    yield ascii_json({"source": {"name": "qscache-lint"}, "severity": "WARNING", "diagnostics": diagnostics})


class _Diagnostics:
    """The diagnostics of one project."""

    def __init__(self, project: ProjectReport, here: Path) -> None:
        self._project = project
        self._here = here
        self._rows: dict[str, list[str]] = {}

    def entries(self) -> Iterator[dict[str, object]]:
        return map(self._entry, self._project.findings)

    def _entry(self, finding: Finding) -> dict[str, object]:
        return {
            "message": with_seen(self._project, finding),
            "location": self._location(finding.path, finding.span),
            "severity": _SEVERITIES[severity_of(finding.code)],
            "code": {"value": finding.code},
            "suggestions": self._suggestions(finding),
            "related_locations": [
                {"message": step.message, "location": self._location(step.path, step.span)} for step in finding.trail
            ],
        }

    def _suggestions(self, finding: Finding) -> list[dict[str, object]]:
        """The edits of the fix, where it changes no other file: a suggestion has one of its own file only."""
        fix: Fix | None = self._project.fixes.get(finding)
        if fix is None or any(edit.path != finding.path for edit in fix.edits):
            return []
        return [{"range": self._range(edit.path, edit.span), "text": edit.content} for edit in fix.edits]

    def _location(self, path: str, span: Span) -> dict[str, object]:
        root = self._project.root
        return {"path": relative(root, path, self._here) or str(root / path), "range": self._range(path, span)}

    def _range(self, path: str, span: Span) -> dict[str, object]:
        return {"start": self._position(path, span.start), "end": self._position(path, span.end)}

    def _position(self, path: str, position: Position) -> dict[str, int]:
        rows = self._rows_of(path)
        line = rows[position.row - 1] if position.row <= len(rows) else ""
        before = line[: position.column - 1]
        beyond = position.column - 1 - len(before)
        return {"line": position.row, "column": len(before.encode(errors="surrogatepass")) + beyond + 1}

    def _rows_of(self, path: str) -> list[str]:
        if path not in self._rows:
            try:
                self._rows[path] = split_rows(self._project.text(path))
            except OSError:
                self._rows[path] = []
        return self._rows[path]
