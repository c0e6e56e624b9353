"""Findings as diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lsprotocol import types

from qscache_lint.api import ProjectReport
from qscache_lint.codes import document_of
from qscache_lint.language_server.positions import Rows, uri_of
from qscache_lint.reports.severity import Severity, severity_of
from qscache_lint.values import Finding

NAME = "qscache-lint"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_UNNECESSARY = "QSC901"


class Shown:
    """A report as editors see it: places in their units, files by their names in the protocol."""

    def __init__(self, report: ProjectReport, encoding: str) -> None:
        self.report = report
        self._encoding = encoding
        self._rows: dict[str, Rows] = {}

    def rows(self, path: str) -> Rows:
        """The rows of a file of the project."""
        if path not in self._rows:
            self._rows[path] = Rows(self._text(path), self._encoding)
        return self._rows[path]

    def uri(self, path: str) -> str:
        """The name of a file of the project."""
        return uri_of(self.report.root / path)

    def diagnostics(self) -> Mapping[Path, list[types.Diagnostic]]:
        """All findings, by file."""
        found: dict[Path, list[types.Diagnostic]] = {}
        for finding in self.report.findings:
            found.setdefault(self.report.root / finding.path, []).append(self.diagnostic(finding))
        return found

    def diagnostic(self, finding: Finding) -> types.Diagnostic:
        """One finding, with the steps of its trail as related information."""
        return types.Diagnostic(
            range=self.rows(finding.path).range(finding.span),
            message=finding.message,
            severity=_SEVERITIES[severity_of(finding.code)],
            code=finding.code,
            code_description=types.CodeDescription(document_of(finding.code)),
            source=NAME,
            tags=[types.DiagnosticTag.Unnecessary] if finding.code == _UNNECESSARY else None,
            related_information=[
                types.DiagnosticRelatedInformation(
                    types.Location(self.uri(step.path), self.rows(step.path).range(step.span)), step.message
                )
                for step in finding.trail
            ],
        )

    def _text(self, path: str) -> str:
        try:
            return self.report.text(path)
        except OSError:
            return ""
