"""How many findings there are: by rule, by cached value, by what was recorded of them, by confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.reports.paths import shown
from qscache_lint.values import Confidence

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.values import CachedValue


def totals(report: Report, here: Path) -> Iterator[tuple[int, str]]:
    """Each count with what it counts: rules in their order, cached values with the most findings first."""
    findings = [(project, finding) for project in report.projects for finding in project.findings]
    for code, count in sorted(Counter(finding.code for _, finding in findings).items()):
        yield count, code
    kept = Counter(
        titled(project, finding.kept, here) for project, finding in findings if finding.kept is not None
    )
    for title, count in sorted(kept.items(), key=lambda item: (-item[1], item[0])):
        yield count, title
    told = (project.testimony(finding) for project, finding in findings)
    verdicts = Counter(testimony.verdict.value for testimony in told if testimony is not None)
    for verdict, count in sorted(verdicts.items()):
        yield count, f"witness: {verdict}"
    sure = Counter(finding.confidence for _, finding in findings)
    for confidence in Confidence:
        if sure[confidence]:
            yield sure[confidence], f"{confidence.value} confidence"


def titled(project: ProjectReport, kept: CachedValue, here: Path) -> str:
    """A cached value as people speak of it: what it is called, and where it is stored."""
    return f"{kept.name} in {shown(project.root, kept.path, here)}:{kept.span.start.row}"
