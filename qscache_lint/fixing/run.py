"""Repairing a whole project in memory: plan, rewrite, analyse again, keep what is proved to help.

A repair counts only when the result parses, its findings are gone and no finding is new. Each round takes the repairs
that do not touch the same parts of a file (see `source.units`), in the order of definitions, and plans anew on the
result, until nothing is left or the cap is reached. Where the result of several is no better, the first half of them is
tried, down to one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from qscache_lint import limits
from qscache_lint.fixing.edits import merged, rows_touched
from qscache_lint.fixing.model import Change, Place, Refused, Repair
from qscache_lint.fixing.places import refuse_links
from qscache_lint.fixing.plan import FixPlan
from qscache_lint.fixing.planning import OF_PLACES, functions_behind, plan_repairs
from qscache_lint.fixing.proving import problem_of
from qscache_lint.fixing.unused import without_unused
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.project import Project
from qscache_lint.project.workspace import analyse
from qscache_lint.reasons import reason
from qscache_lint.source.syntax import compiles
from qscache_lint.values import Applicability, Finding

Find = Callable[[Analysis], list[Finding]]

_Name: TypeAlias = tuple[str, str]
"""The file and the qualified name of a function."""

_Key: TypeAlias = tuple[_Name, str, Applicability]
"""The function that a repair is for, the kind of the repair, and how far it can be trusted."""


@dataclass(frozen=True)
class Repaired:
    """The result: every file before and after, the repairs behind that, and those that were left."""

    changes: tuple[Change, ...]
    applied: tuple[Repair, ...]
    waiting: tuple[Repair, ...]
    refused: tuple[Repair, ...]
    analyses: tuple[Analysis | None, ...]
    """The result, analysed; None for a part of a project in which nothing has changed."""
    ended: Mapping[Place, tuple[str, Applicability]] = field(default_factory=dict)
    """The places of the findings that are no more, as they were before, with the kind of the repair that ends each."""

    @classmethod
    def nothing(cls) -> Repaired:
        """The result for a part in which nothing is repaired."""
        return cls((), (), (), (), (None,))

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
            ended={place: by for part in several for place, by in part.ended.items()},
        )


@dataclass
class _Progress:
    originals: dict[str, bytes] = field(default_factory=dict)
    current: dict[str, bytes] = field(default_factory=dict)
    applied: list[Repair] = field(default_factory=list)
    repaired: dict[_Key, None] = field(default_factory=dict)
    failed: dict[_Key, Repair] = field(default_factory=dict)

    @property
    def functions(self) -> frozenset[_Name]:
        """The functions that have been repaired."""
        return frozenset(name for name, *_ in self.repaired)

    @property
    def changes(self) -> tuple[Change, ...]:
        """The files that differ from what they were before all repairs."""
        return tuple(
            Change(path, self.originals[path], after)
            for path, after in sorted(self.current.items())
            if after != self.originals[path]
        )


@dataclass(frozen=True)
class Draft:
    """A project before a round of repairs: what is found and planned in it, and the function that caches, by place.

    Nothing of the project has to be evaluated for that.
    """

    project: Project
    findings: Sequence[Finding]
    repairs: tuple[Repair, ...]
    places: Mapping[Place, FunctionId]

    @classmethod
    def planned(cls, project: Project, findings: Sequence[Finding], plan: FixPlan) -> Draft:
        """What was planned for a project as it is."""
        repairs = tuple(_unless_linked(project, kept.over(project.tree.read)) for kept in plan.repairs)
        return cls(project, findings, repairs, dict(plan.places))

    @classmethod
    def of(cls, analysis: Analysis, findings: Sequence[Finding], wanted: Collection[_Name], named: bool) -> Draft:
        """What is planned after an analysis, for those of some functions that something is found about."""
        project, places = analysis.evaluator.project, functions_behind(analysis)
        found = {places[place] for each in findings if (place := (each.path, each.span)) in places}
        functions = {function for function in found if _name(project, function) in wanted}
        return cls(project, findings, tuple(plan_repairs(analysis, functions, named)), places)


def repair_project(
    draft: Draft, find: Find, reported: Collection[Place], *, unsafe: bool, keep_cached_name: bool = False
) -> Repaired:
    """Apply every repair that may be applied, in memory.

    `find` gives the findings of an analysis, `reported` the places of those to be repaired, `unsafe` admits unsafe
    repairs. A repair mends its findings everywhere in the project, or nowhere.
    """
    progress, analysis = _Progress(), None
    behind = {place: _name(draft.project, function) for place, function in draft.places.items()}
    about_functions = {(each.path, each.span) for each in draft.findings if each.code not in OF_PLACES}
    wanted = {name for place, name in behind.items() if place in reported}
    whole = {name for place, name in behind.items() if place in reported and place in about_functions}
    ending = {_key(draft.project, each): each for each in draft.repairs if any(map(each.ends, reported))}
    draft = _asked_for(draft, whole, ending)
    for _ in range(limits.REPAIR_ROUNDS):
        taken = _without_conflicts(draft.project, _open(draft, unsafe, progress))
        if not taken:
            break
        fresh = _take(draft, taken, find, progress)
        if fresh is not None:
            analysis = fresh
            draft = _asked_for(Draft.of(fresh, find(fresh), wanted, keep_cached_name), whole, ending)
    helped = {_name(draft.project, each.target) for each in draft.repairs if each.changes} | progress.functions
    refusals = {(each.target, each.message): each for each in draft.repairs if not each.changes}
    refused = [each for each in refusals.values() if _name(draft.project, each.target) not in helped]
    left = [_left(repair) for repair in _open(draft, unsafe, progress)]
    return Repaired(
        changes=progress.changes,
        applied=tuple(progress.applied),
        waiting=_waiting(draft, unsafe),
        refused=(*refused, *progress.failed.values(), *left),
        analyses=(analysis,),
        ended={
            place: key[1:]
            for place, name in behind.items()
            for key in reversed(progress.repaired)  # the first one that is for a place has ended it
            if key[0] == name and _has_ended(place, ending.get(key), about_functions)
        },
    )


def _has_ended(place: Place, repair: Repair | None, about_functions: Collection[Place]) -> bool:
    """Whether a finding has gone by a repair of its function; None: one that is planned after others."""
    if place not in about_functions:
        return repair is not None and repair.mends is not None and repair.ends(place)
    return repair is None or repair.ends(place)


def _asked_for(draft: Draft, whole: Collection[_Name], ending: Collection[_Key]) -> Draft:
    """The draft without repairs that end none of the findings to be repaired.

    Of the functions in `whole`, a finding about the function itself is to be repaired.
    """

    def is_asked_for(repair: Repair) -> bool:
        if repair.mends is None:
            return _name(draft.project, repair.target) in whole
        return _key(draft.project, repair) in ending

    return replace(draft, repairs=tuple(filter(is_asked_for, draft.repairs)))


def _unless_linked(project: Project, repair: Repair) -> Repair:
    """A repair that was planned earlier, refused where one of its files has become a link out of the project."""
    try:
        refuse_links(project.tree, sorted(repair.paths))
    except Refused as refusal:
        return Repair.refused(repair.name, repair.target, refusal.reason)
    return repair


def _open(draft: Draft, unsafe: bool, progress: _Progress) -> list[Repair]:
    """The repairs that may be applied and have not been tried in vain, the first one of each function."""
    chosen: dict[_Name, Repair] = {}
    for repair in draft.repairs:
        is_open = repair.changes and _key(draft.project, repair) not in progress.failed
        if is_open and _is_allowed(repair, unsafe):
            chosen.setdefault(_name(draft.project, repair.target), repair)
    return list(chosen.values())


def _waiting(draft: Draft, unsafe: bool) -> tuple[Repair, ...]:
    """The repairs that may not be applied, the first one of each function."""
    waiting: dict[FunctionId, Repair] = {}
    for repair in draft.repairs:
        if repair.changes and not _is_allowed(repair, unsafe):
            waiting.setdefault(repair.target, repair)
    return tuple(waiting.values())


def _is_allowed(repair: Repair, unsafe: bool) -> bool:
    if repair.applicability is Applicability.SAFE:
        return True
    return unsafe and repair.applicability is Applicability.UNSAFE


def _without_conflicts(project: Project, repairs: Sequence[Repair]) -> list[Repair]:
    """The repairs, in order, that touch no unit of an earlier one: the others are planned anew in the next round.

    Two that write the same new name are in each other's way, too: the second may find it taken.
    """
    touched: set[tuple[str, int]] = set()
    names: set[str] = set()
    taken: list[Repair] = []
    for repair in repairs:
        units = _units_of(project, repair)
        if touched.isdisjoint(units) and repair.new not in names:
            touched |= units
            names |= {repair.new} - {""}
            taken.append(repair)
    return taken


def _units_of(project: Project, repair: Repair) -> set[tuple[str, int]]:
    """The units that a repair touches, with their files."""
    of = project.units.of
    rows = ((change.path, row) for change in repair.changes for row in rows_touched(change.before, change.after))
    return {(path, of(path).at_row(row)) for path, row in rows}


def _together(project: Project, repairs: Sequence[Repair]) -> list[Change]:
    """One change for each file of repairs that touch different units. An import may have lost its last user by all."""
    several: dict[str, list[Change]] = {}
    for change in (change for repair in repairs for change in repair.changes):
        several.setdefault(change.path, []).append(change)
    return [_merged(project, changes) for changes in several.values()]


def _merged(project: Project, changes: Sequence[Change]) -> Change:
    first, *others = changes
    if not others:
        return first
    after = merged(first.before, [each.after for each in changes])
    if compiles(after):
        after = without_unused(project, first.path, after)
    return Change(first.path, first.before, after)


def _name(project: Project, target: FunctionId) -> _Name:
    """A function's file and name: its number may change from one round to the next."""
    function = project.function(target)
    return (target.path, "" if function is None else function.qualname)


def _key(project: Project, repair: Repair) -> _Key:
    return (_name(project, repair.target), repair.name, repair.applicability)


def _take(draft: Draft, repairs: Sequence[Repair], find: Find, progress: _Progress) -> Analysis | None:
    """Apply repairs together; where that is no better, the first half of them.

    The analysis of the result; None when nothing was applied.
    """
    project = draft.project
    changes = _together(project, repairs)
    overlay = {change.path: change.after for change in changes}
    fresh = analyse(project.tree.with_overlay(overlay), project.knowledge, overlay, earlier=project)
    problem = problem_of(fresh, repairs, changes)
    if problem is None and not _is_better(draft.findings, find(fresh), len(repairs)):
        problem = reason("no-gain")
    if problem is not None:
        if len(repairs) > 1:
            return _take(draft, repairs[: len(repairs) // 2], find, progress)
        failed = repairs[0]
        progress.failed[_key(project, failed)] = Repair.refused(failed.name, failed.target, problem)
        return None
    for change in changes:
        progress.originals.setdefault(change.path, change.before)
        progress.current[change.path] = change.after
    progress.applied.extend(repairs)
    progress.repaired.update(dict.fromkeys(_key(project, repair) for repair in repairs))
    return fresh


def _is_better(before: Sequence[Finding], after: Sequence[Finding], repairs: int) -> bool:
    """At least one finding less for each repair, and no file has more of one group of codes than it had."""
    old, new = _counted(before), _counted(after)
    return len(after) <= len(before) - repairs and all(new[key] <= old[key] for key in new)


def _left(repair: Repair) -> Repair:
    return Repair.refused(repair.name, repair.target, reason("rounds-spent", rounds=limits.REPAIR_ROUNDS))


def _counted(findings: Sequence[Finding]) -> Mapping[tuple[str, str], int]:
    return Counter((finding.path, finding.code[:_GROUP]) for finding in findings)


_GROUP = len("QSC1")
"""A definition may be found under another code when its refining uses are gone, and so may a part of its rows."""
