"""What all rules find in an analysis; which of it is shown is chosen later."""

from __future__ import annotations

from qscache_lint.finding.located import OrderOf, found_in_trees, visited
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules import RULES
from qscache_lint.values import Finding


def all_findings(analysis: Analysis, order_of: OrderOf = visited) -> list[Finding]:
    """The findings of every rule, in the order of reports. Raises InternalError, see `finding.located`."""
    located = found_in_trees(analysis, order_of)
    found = [finding for rule in RULES for finding in rule.check(rule, located)]
    late = [finding for rule in RULES if rule.review is not None for finding in rule.review(rule, located, found)]
    return sorted((*found, *late), key=lambda finding: finding.order)
