"""What the settings show of all that is found."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from qscache_lint.codes import CODES
from qscache_lint.errors import InternalError
from qscache_lint.per_file import ignores
from qscache_lint.run_result import ReportedFinding
from qscache_lint.settings import Settings, selects
from qscache_lint.values import Confidence, Finding

if TYPE_CHECKING:
    from qscache_lint.project.analysis import Analysis


def chosen(found: Iterable[ReportedFinding], settings: Settings, *, respect_noqa: bool = True) -> list[Finding]:
    """What the settings show of what was found, sorted, one for each code and place."""
    codes = selected(settings)
    shown = [
        each.finding
        for each in found
        if each.finding.code in codes
        and not (respect_noqa and each.silenced)
        and not ignores(settings, each.finding.path, each.finding.code)
        and _is_at_issue(settings, codes, each.finding)
        and (settings.min_confidence is Confidence.MEDIUM or each.finding.confidence is Confidence.HIGH)
    ]
    unique: dict[tuple[object, ...], Finding] = {}
    for finding in sorted(shown, key=lambda finding: finding.order):
        unique.setdefault((finding.path, finding.span, finding.code), finding)
    return list(unique.values())


def _is_at_issue(settings: Settings, codes: Container[str], finding: Finding) -> bool:
    """Whether one of the rules that a finding is about runs in its file, or it is about none that there is."""
    named = [code for code in CODES if finding.about and code.startswith(finding.about)]
    return not named or any(code in codes and not ignores(settings, finding.path, code) for code in named)


def selected(settings: Settings) -> frozenset[str]:
    """The codes of the rules that the settings select."""
    return frozenset(code for code, enabled in CODES.items() if selects(settings, code, enabled))


def find(analysis: Analysis, settings: Settings) -> list[Finding]:
    """The findings of the selected rules in an analysis, whatever comments say.

    Raises InternalError after a mistake of ours: a finding that is missing would prove a repair.
    """
    from qscache_lint.rules.findings import all_findings

    found = chosen((ReportedFinding(finding, silenced=False) for finding in all_findings(analysis)), settings)
    for fault in analysis.evaluator.project.faults:
        raise InternalError(f"{fault.path}: {fault.what}")
    return found
