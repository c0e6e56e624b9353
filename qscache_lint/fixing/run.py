"""Repairing a whole project in memory: plan, rewrite, analyse again, keep what is proved to help.

A repair counts only when the result parses, its findings are gone and no finding is new. Each round takes one repair
and plans anew on the result, until nothing is left or the cap is reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from qscache_lint.fixing.model import Change, Repair
from qscache_lint.fixing.planning import functions_behind, plan_repairs
from qscache_lint.project.abstract import FunctionId
from qscache_lint.project.analysis import Analysis, analyse
from qscache_lint.values import Applicability, Finding, Span

MOST_ROUNDS = 20

Find = Callable[[Analysis], list[Finding]]


@dataclass(frozen=True)
class Repaired:
    """The outcome: every file before and after, the repairs behind that, and those that were left."""

    changes: tuple[Change, ...]
    applied: tuple[Repair, ...]
    waiting: tuple[Repair, ...]
    refused: tuple[Repair, ...]
    analysis: Analysis


@dataclass
class _Progress:
    originals: dict[str, bytes] = field(default_factory=dict)
    current: dict[str, bytes] = field(default_factory=dict)
    applied: list[Repair] = field(default_factory=list)
    failed: dict[tuple[str, str], Repair] = field(default_factory=dict)


def repair_project(
    analysis: Analysis,
    find: Find,
    reported: Collection[tuple[str, Span]],
    *,
    unsafe: bool,
    keep_cached_name: bool = False,
) -> Repaired:
    """Apply every repair that may be applied, in memory.

    `find` gives the findings of an analysis, `reported` the places of those to be repaired, `unsafe` admits unsafe
    repairs. A repair mends its findings everywhere in the project, or nowhere.
    """
    progress = _Progress()
    wanted = {_name(analysis, function) for function in functions_behind(analysis, reported)}
    planned = _plan(analysis, wanted, keep_cached_name)
    for _ in range(MOST_ROUNDS):
        taken = [
            repair
            for repair in planned
            if _is_allowed(repair, unsafe) and _name(analysis, repair.target) not in progress.failed
        ]
        if not taken:
            break
        analysis = _take(analysis, taken[0], find, progress)
        planned = _plan(analysis, wanted, keep_cached_name)
    return Repaired(
        changes=tuple(
            Change(path, progress.originals[path], after)
            for path, after in sorted(progress.current.items())
            if after != progress.originals[path]
        ),
        applied=tuple(progress.applied),
        waiting=tuple(repair for repair in planned if repair.changes and not _is_allowed(repair, unsafe)),
        refused=(*(repair for repair in planned if not repair.changes), *progress.failed.values()),
        analysis=analysis,
    )


def _plan(analysis: Analysis, wanted: set[tuple[str, str]], keep_cached_name: bool) -> list[Repair]:
    return [repair for repair in plan_repairs(analysis, keep_cached_name) if _name(analysis, repair.target) in wanted]


def _is_allowed(repair: Repair, unsafe: bool) -> bool:
    if repair.applicability is Applicability.SAFE:
        return True
    return unsafe and repair.applicability is Applicability.UNSAFE


def _name(analysis: Analysis, target: FunctionId) -> tuple[str, str]:
    """A function's file and name: its number may change from one round to the next."""
    function = analysis.evaluator.project.function(target)
    return (target.path, "" if function is None else function.qualname)


def _take(analysis: Analysis, repair: Repair, find: Find, progress: _Progress) -> Analysis:
    """Apply one repair; the analysis of the result, or the old one when the result is no better."""
    overlay = {change.path: change.after for change in repair.changes}
    tree = analysis.evaluator.project.tree
    fresh = analyse(tree.with_overlay(overlay), analysis.evaluator.knowledge, overlay, earlier=analysis)
    if not _is_better(find(analysis), find(fresh)):
        progress.failed[_name(analysis, repair.target)] = Repair(
            repair.name,
            repair.target,
            Applicability.DISPLAY_ONLY,
            "not repaired here: the result would still have findings, or new ones",
        )
        return analysis
    for change in repair.changes:
        progress.originals.setdefault(change.path, change.before)
        progress.current[change.path] = change.after
    progress.applied.append(repair)
    return fresh


def _is_better(before: list[Finding], after: list[Finding]) -> bool:
    """Fewer findings, and no file has more of one code than it had."""
    old, new = _counted(before), _counted(after)
    return len(after) < len(before) and all(new[key] <= old[key] for key in new)


def _counted(findings: list[Finding]) -> Mapping[tuple[str, str], int]:
    return Counter((finding.path, finding.code) for finding in findings)
