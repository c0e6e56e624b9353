"""What all rules find in an analysis; which of it is shown is chosen later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from qscache_lint.errors import Fault, isolated
from qscache_lint.finding.located import OrderOf, found_in_trees, paths_of, visited, without
from qscache_lint.project.analysis import Analysis
from qscache_lint.rules import RULES
from qscache_lint.rules.base import Rule
from qscache_lint.values import Finding


def all_findings(analysis: Analysis, order_of: OrderOf = visited) -> list[Finding]:
    """The findings of every rule, in the order of reports. What a rule fails in is a fault of the project."""
    located = found_in_trees(analysis, order_of)
    found = [finding for rule in RULES for finding in _found(rule.code, partial(rule.check, rule), located)]
    reviewing = () if located.evaluator.project.faults else RULES  # what was not found may be missed there
    late = [finding for rule in reviewing for finding in _found(rule.code, partial(_reviewed, rule, found), located)]
    return sorted((*found, *late), key=lambda finding: finding.order)


def _reviewed(rule: Rule, found: Sequence[Finding], located: Analysis) -> Iterable[Finding]:
    return () if rule.review is None else rule.review(rule, located, found)


def _found(code: str, check: Callable[[Analysis], Iterable[Finding]], located: Analysis) -> list[Finding]:
    """The findings of a rule, without the files that it fails in."""

    def findings(analysis: Analysis, path: str = "") -> list[Finding] | Fault:
        return isolated(lambda: list(check(analysis)), f"checking {code}", path)

    found = findings(located)
    if not isinstance(found, Fault):
        return found
    paths = paths_of(located)
    alone = (findings(without(located, paths - {path}), path) for path in sorted(paths))
    faults = [each for each in alone if isinstance(each, Fault)] or [found]
    located.evaluator.project.faults.extend(faults)
    rest = findings(without(located, {fault.path for fault in faults}))
    return [] if isinstance(rest, Fault) else rest
