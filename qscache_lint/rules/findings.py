"""What all rules find in an analysis; which of it is shown is chosen later."""

from __future__ import annotations

from qscache_lint.project.analysis import Analysis
from qscache_lint.rules import RULES
from qscache_lint.values import Finding


def all_findings(analysis: Analysis) -> list[Finding]:
    """The findings of every rule, in the order of reports. Raises InternalError, see `finding.visitor`."""
    located = _located(analysis)
    found = (finding for rule in RULES for finding in rule.check(rule, located))
    return sorted(found, key=lambda finding: finding.order)


def _located(analysis: Analysis) -> Analysis:
    """What the trees of the files have, too. Without anything to find, no file is parsed again."""
    if not (analysis.definitions or analysis.uses or analysis.serialized):
        return analysis
    from qscache_lint.finding.visitor import found_in_trees

    return found_in_trees(analysis)
