"""GitLab's code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.fingerprints import Fingerprint, fingerprints
from qscache_lint.reports.json import ascii_json
from qscache_lint.reports.paths import relative, service_base
from qscache_lint.reports.severity import Severity, severity_of
from qscache_lint.reports.testimony import with_seen
from qscache_lint.values import Finding

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report

_SEVERITIES: Mapping[Severity, str] = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.NOTE: "info",
}


def as_gitlab(report: Report, here: Path) -> Iterator[str]:
    """The findings as one JSON array; files are named from the top of the checkout."""
    base = service_base(here)
    entries = [
        _entry(project, finding, fingerprint)
        for project in report.projects
        for finding, fingerprint in fingerprints(project.findings, project.around, _naming(project.root, base))
    ]
    yield ascii_json(entries)


def _naming(root: Path, base: Path) -> Callable[[str], str]:
    return lambda path: relative(root, path, base) or str(root / path)


def _entry(project: ProjectReport, finding: Finding, fingerprint: Fingerprint) -> dict[str, object]:
    span = finding.span
    return {
        "description": f"{finding.code} {finding.name}: {with_seen(project, finding)}",
        "check_name": finding.code,
        "fingerprint": fingerprint.digest,
        "severity": _SEVERITIES[severity_of(finding.code)],
        "location": {
            "path": fingerprint.path,
            "lines": {"begin": span.start.row, "end": span.end.row},
        },
    }
