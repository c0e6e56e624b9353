"""What all rules find in an analysis; which of it is shown is chosen later."""

from __future__ import annotations

from qscache_lint.project.analysis import Analysis
from qscache_lint.rules import RULES
from qscache_lint.values import Finding


def all_findings(analysis: Analysis) -> list[Finding]:
    """The findings of every rule, in the order of reports."""
    found = (finding for rule in RULES for finding in rule.check(rule, analysis))
    return sorted(found, key=lambda finding: finding.order)
