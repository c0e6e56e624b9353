"""What the baseline of the settings hides, for all entries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.api.reports import Hidden, ProjectReport
from qscache_lint.api.selecting import selected
from qscache_lint.settings import Settings

if TYPE_CHECKING:
    from qscache_lint.baseline import Baseline


def baseline_of(root: Path, settings: Settings) -> Baseline | None:
    """The baseline that the settings name. Raises UsageError when it cannot be read."""
    if not settings.baseline:
        return None
    from qscache_lint.baseline import Baseline

    return Baseline.read(root / settings.baseline)


def without_known(project: ProjectReport, baseline: Baseline) -> ProjectReport:
    """A report without what a baseline knows. Of this a finding is missed where it would be reported: its rule is
    selected, and its file was asked for."""
    from qscache_lint.baseline import Found

    compared = baseline.compare(Found(project.root, project.findings, project.around))
    codes = selected(project.settings)
    stale = {
        key: count
        for key, count in compared.unmatched.items()
        if key.code in codes and project.has_asked_for(baseline.file_of(key))
    }
    return replace(project, findings=compared.fresh, hidden=Hidden(baseline, compared.hidden, stale))
