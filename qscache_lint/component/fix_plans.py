"""The fixes of what a run finds: planned for all findings where that is kept, else for those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from qscache_lint.component import types
from qscache_lint.component.run import OF_FILES, ComponentRun
from qscache_lint.disk_cache.hashed_tree import TreeInputs
from qscache_lint.disk_cache.kept import CacheEntry
from qscache_lint.errors import Fault, isolated
from qscache_lint.run_result import PlannedFindings, ReportedFinding
from qscache_lint.source.text import without_source_warnings
from qscache_lint.values import Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.fixing.model import Place
    from qscache_lint.fixing.plan import FixPlan
    from qscache_lint.fixing.run import Find, Repaired

_Planned = TypeVar("_Planned", bound=PlannedFindings)


def planned_findings(run: ComponentRun) -> PlannedFindings:
    """The findings with their fixes, without what applies them."""
    with run.statistics.phase("cache"):
        known = _entry(run, lambda: PlannedFindings).known
    return _whole_plan(run) if known is None else known


def fixes_of(run: ComponentRun, findings: Collection[Finding]) -> Mapping[Finding, Fix]:
    """The fixes of those of some findings that have one, and maybe of others."""
    if _plans_all(run) or all(each.code in OF_FILES for each in findings) or run.findings.faults:
        return run.with_fixes(run.findings).fixes
    plan = _plan_of(run, {(each.path, each.span) for each in findings})
    return {each.finding: each.fix for each in plan.found if each.fix is not None}


def repaired(
    run: ComponentRun, findings: Sequence[Finding], find: Find, reported: Collection[Place], *, unsafe: bool
) -> Repaired:
    """The repairs of what is reported, applied in memory; `findings` are those that are shown, as by `find`."""
    from qscache_lint.fixing.run import Draft, repair_project

    draft = Draft.planned(run.project, findings, _plan_of(run, reported))
    named = run.settings.keep_cached_name
    return repair_project(draft, find, reported, unsafe=unsafe, keep_cached_name=named)


def _plans_all(run: ComponentRun) -> bool:
    """Whether all fixes are planned at once: they are kept for later runs, or are there."""
    return run.cache is not None or None in run.plans


def _whole_plan(run: ComponentRun) -> FixPlan:
    """What can be done about all findings."""
    if None not in run.plans:
        with run.statistics.phase("cache"):
            run.plans[None] = _known_or_planned(run)
    return run.plans[None]


def _known_or_planned(run: ComponentRun) -> FixPlan:
    from qscache_lint.fixing.plan import FixPlan
    from qscache_lint.project.read_set import AnalysisReadSet

    entry = _entry(run, lambda: FixPlan)
    if entry.known is not None:
        return entry.known
    plan = _planned_about(run, run.findings.found)
    if not run.faults:
        read_set = AnalysisReadSet.of(run.project, {*run.pins, *_related_files(run)})
        entry.keep(types.read(run.settings, read_set), plan)
    return plan


def _plan_of(run: ComponentRun, places: Collection[Place]) -> FixPlan:
    """What can be done about the findings at some places, and about all others of the functions behind them."""
    from qscache_lint.fixing.planning import functions_behind

    if _plans_all(run):
        return _whole_plan(run)
    key = frozenset(places)
    if key not in run.plans:
        behind = functions_behind(run.analysis)
        wanted = {behind[place] for place in key if place in behind}
        placed = ((each, (each.finding.path, each.finding.span)) for each in run.findings.found)
        found = tuple(each for each, place in placed if place in key or behind.get(place) in wanted)
        run.plans[key] = _planned_about(run, found)
    return run.plans[key]


def _planned_about(run: ComponentRun, found: Sequence[ReportedFinding]) -> FixPlan:
    from qscache_lint.fixing import plan_fixes
    from qscache_lint.fixing.plan import FixPlan

    analysis = run.analysis
    with run.statistics.phase("fixes"), without_source_warnings():
        plan = isolated(
            lambda: plan_fixes(analysis, found, run.settings.keep_cached_name),
            "planning fixes",
            run.directory,
        )
    run.fail(*analysis.evaluator.project.faults)
    if isinstance(plan, Fault):
        run.fail(plan)
        return FixPlan(tuple(found))
    return plan


def _entry(run: ComponentRun, kind: Callable[[], type[_Planned]]) -> CacheEntry[_Planned]:
    key = f"fixes-{run.key}-{'kept' if run.settings.keep_cached_name else 'new'}-names"
    templates = (path for _, seen in run.findings.templates for path, _ in seen)
    inputs = tuple(dict.fromkeys((*run.inputs, *_related_files(run), *templates)))
    return CacheEntry(run.cache, key, kind(), TreeInputs(run.tree, inputs), run.read_set)


def _related_files(run: ComponentRun) -> tuple[str, ...]:
    """The files around that decide about fixes."""
    around = run.tree.related_files
    code = (path for path in around.code if path not in run.tree)
    return (*around.templates, *around.settings, *code, *around.unlisted)
