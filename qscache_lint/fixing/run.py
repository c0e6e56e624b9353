"""Repairing a whole project in memory: plan, rewrite, analyse again, keep what is proved to help.

A repair counts only when the result parses, its findings are gone and no finding is new. Each round takes the repairs
that do not touch the same parts of a file (see `source.units`), in the order of definitions, and plans anew on the
result, until nothing is left or the cap is reached. Where the result of several is no better, the first half of them is
tried, down to one.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qscache_lint.fixing.edits import merged, rows_touched
from qscache_lint.fixing.model import Change, Repair
from qscache_lint.fixing.planning import Place, functions_behind, plan_repairs
from qscache_lint.fixing.unused import without_unused
from qscache_lint.project.abstract import FunctionId, QuerySet
from qscache_lint.project.analysis import Analysis, analyse
from qscache_lint.values import Applicability, Finding

MOST_ROUNDS = 20

Find = Callable[[Analysis], list[Finding]]


@dataclass(frozen=True)
class Repaired:
    """The result: every file before and after, the repairs behind that, and those that were left."""

    changes: tuple[Change, ...]
    applied: tuple[Repair, ...]
    waiting: tuple[Repair, ...]
    refused: tuple[Repair, ...]
    analyses: tuple[Analysis, ...]
    """What was repaired, analysed anew."""
    ended: frozenset[Place] = frozenset()
    """The places of the findings that are no more, as they were before."""

    @classmethod
    def together(cls, parts: Iterable[Repaired]) -> Repaired:
        """The results of several parts of a project as one."""
        several = tuple(parts)
        return cls(
            changes=tuple(sorted((each for part in several for each in part.changes), key=lambda change: change.path)),
            applied=tuple(each for part in several for each in part.applied),
            waiting=tuple(each for part in several for each in part.waiting),
            refused=tuple(each for part in several for each in part.refused),
            analyses=tuple(each for part in several for each in part.analyses),
            ended=frozenset(place for part in several for place in part.ended),
        )


@dataclass
class _Progress:
    originals: dict[str, bytes] = field(default_factory=dict)
    current: dict[str, bytes] = field(default_factory=dict)
    applied: list[Repair] = field(default_factory=list)
    repaired: set[tuple[str, str]] = field(default_factory=set)
    failed: dict[tuple[str, str], Repair] = field(default_factory=dict)


def repair_project(
    analysis: Analysis,
    find: Find,
    reported: Collection[Place],
    *,
    unsafe: bool,
    keep_cached_name: bool = False,
) -> Repaired:
    """Apply every repair that may be applied, in memory.

    `find` gives the findings of an analysis, `reported` the places of those to be repaired, `unsafe` admits unsafe
    repairs. A repair mends its findings everywhere in the project, or nowhere.
    """
    progress = _Progress()
    behind = {place: _name(analysis, function) for place, function in functions_behind(analysis).items()}
    wanted = {name for place, name in behind.items() if place in reported}
    planned = _plan(analysis, wanted, keep_cached_name)
    for _ in range(MOST_ROUNDS):
        taken = _without_conflicts(analysis, _open(analysis, planned, unsafe, progress))
        if not taken:
            break
        analysis = _take(analysis, taken, find, progress)
        planned = _plan(analysis, wanted, keep_cached_name)
    refused = [repair for repair in planned if not repair.changes]
    left = [_left(repair) for repair in _open(analysis, planned, unsafe, progress)]
    return Repaired(
        changes=tuple(
            Change(path, progress.originals[path], after)
            for path, after in sorted(progress.current.items())
            if after != progress.originals[path]
        ),
        applied=tuple(progress.applied),
        waiting=tuple(repair for repair in planned if repair.changes and not _is_allowed(repair, unsafe)),
        refused=(*refused, *progress.failed.values(), *left),
        analyses=(analysis,),
        ended=frozenset(place for place, name in behind.items() if name in progress.repaired),
    )


def _plan(analysis: Analysis, wanted: set[tuple[str, str]], keep_cached_name: bool) -> list[Repair]:
    functions = {function for function in functions_behind(analysis).values() if _name(analysis, function) in wanted}
    return list(plan_repairs(analysis, functions, keep_cached_name))


def _open(analysis: Analysis, planned: Sequence[Repair], unsafe: bool, progress: _Progress) -> list[Repair]:
    """The repairs that may be applied and have not been tried in vain."""
    return [
        repair
        for repair in planned
        if repair.changes and _is_allowed(repair, unsafe) and _name(analysis, repair.target) not in progress.failed
    ]


def _is_allowed(repair: Repair, unsafe: bool) -> bool:
    if repair.applicability is Applicability.SAFE:
        return True
    return unsafe and repair.applicability is Applicability.UNSAFE


def _without_conflicts(analysis: Analysis, repairs: Sequence[Repair]) -> list[Repair]:
    """The repairs, in order, that touch no unit of an earlier one: the others are planned anew in the next round.

    Two that write the same new name are in each other's way, too: the second may find it taken.
    """
    touched: set[tuple[str, int]] = set()
    names: set[str] = set()
    taken: list[Repair] = []
    for repair in repairs:
        units = _units_of(analysis, repair)
        if touched.isdisjoint(units) and repair.new not in names:
            touched |= units
            names |= {repair.new} - {""}
            taken.append(repair)
    return taken


def _units_of(analysis: Analysis, repair: Repair) -> set[tuple[str, int]]:
    """The units that a repair touches, with their files."""
    of = analysis.evaluator.project.units.of
    rows = ((change.path, row) for change in repair.changes for row in rows_touched(change.before, change.after))
    return {(path, of(path).at_row(row)) for path, row in rows}


def _together(analysis: Analysis, repairs: Sequence[Repair]) -> list[Change]:
    """One change for each file of repairs that touch different units. An import may have lost its last user by all."""
    several: dict[str, list[Change]] = {}
    for change in (change for repair in repairs for change in repair.changes):
        several.setdefault(change.path, []).append(change)
    return [_merged(analysis, changes) for changes in several.values()]


def _merged(analysis: Analysis, changes: Sequence[Change]) -> Change:
    first, *others = changes
    if not others:
        return first
    after = merged(first.before, [each.after for each in changes])
    if _compiles(after):
        after = without_unused(analysis.evaluator, first.path, after)
    return Change(first.path, first.before, after)


def _name(analysis: Analysis, target: FunctionId) -> tuple[str, str]:
    """A function's file and name: its number may change from one round to the next."""
    function = analysis.evaluator.project.function(target)
    return (target.path, "" if function is None else function.qualname)


def _take(analysis: Analysis, repairs: Sequence[Repair], find: Find, progress: _Progress) -> Analysis:
    """Apply repairs together; where that is no better, the first half of them. The analysis of the result."""
    changes = _together(analysis, repairs)
    overlay = {change.path: change.after for change in changes}
    tree = analysis.evaluator.project.tree
    fresh = analyse(tree.with_overlay(overlay), analysis.evaluator.knowledge, overlay, earlier=analysis)
    reason = _problem(fresh, repairs, changes)
    if not reason and not _is_better(find(analysis), find(fresh), len(repairs)):
        reason = "the result would still have findings, or new ones"
    if reason:
        if len(repairs) > 1:
            return _take(analysis, repairs[: len(repairs) // 2], find, progress)
        failed = repairs[0]
        progress.failed[_name(analysis, failed.target)] = Repair.by_hand(failed.name, failed.target, reason)
        return analysis
    for change in changes:
        progress.originals.setdefault(change.path, change.before)
        progress.current[change.path] = change.after
    progress.applied.extend(repairs)
    progress.repaired.update(_name(analysis, repair.target) for repair in repairs)
    return fresh


def _problem(fresh: Analysis, repairs: Sequence[Repair], changes: Sequence[Change]) -> str:
    """What is wrong with the result of repairs: a file that is no Python any more, a builder of something else."""
    for change in changes:
        if _compiles(change.before) and not _compiles(change.after):
            return f"{change.path} would be no valid Python"
    for repair in repairs:
        if repair.builder and not _gives_queryset(fresh, repair.target.path, repair.builder):
            return f"nobody knows whether {repair.builder} would give a QuerySet"
    return ""


def _compiles(source: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "<result>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def _gives_queryset(analysis: Analysis, path: str, qualname: str) -> bool:
    functions = analysis.evaluator.facts(path).functions
    found = [function for function in functions if function.qualname == qualname]
    return len(found) == 1 and any(
        isinstance(atom, QuerySet)
        for returned in found[0].returns
        for atom in analysis.evaluator.value(path, returned.value)
    )


def _is_better(before: Sequence[Finding], after: Sequence[Finding], repairs: int) -> bool:
    """At least one finding less for each repair, and no file has more of one code than it had."""
    old, new = _counted(before), _counted(after)
    return len(after) <= len(before) - repairs and all(new[key] <= old[key] for key in new)


def _left(repair: Repair) -> Repair:
    return Repair.by_hand(repair.name, repair.target, f"{MOST_ROUNDS} rounds were not enough: run it again")


def _counted(findings: Sequence[Finding]) -> Mapping[tuple[str, str], int]:
    return Counter((finding.path, finding.code) for finding in findings)
