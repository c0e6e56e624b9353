"""Repairing what a report has: planned in memory, and written when that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.api.reports import ProjectReport, place_of
from qscache_lint.api.requested import refuse_unreadable
from qscache_lint.api.selecting import chosen, find
from qscache_lint.component.run import ComponentRun
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.errors import Fault, isolated
from qscache_lint.run import ComponentResult, Run
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings
from qscache_lint.source.discover import find_root
from qscache_lint.source.text import without_source_warnings
from qscache_lint.values import Finding

if TYPE_CHECKING:
    from qscache_lint.fixing.run import Repaired
    from qscache_lint.fixing.silencing import Silenced
    from qscache_lint.project.analysis import Analysis


def plan_fixes(project: ProjectReport, *, unsafe: bool = False) -> Repaired:
    """The repairs of what a project reports, applied in memory and analysed again; nothing is written.

    Its `changes` are files before and after, `applied` are the repairs behind them, `waiting` those that only `unsafe`
    would admit, `refused` those that cannot be made, with their reasons. See `write`.
    """
    from qscache_lint.fixing.run import Repaired

    with project.run.statistics.phase("repairs"), without_source_warnings():
        return Repaired.together(
            _repaired_or_faulty(project, part, part.component, unsafe=unsafe)
            for part in _with_reported(project)
            if part.component is not None
        )


def _repaired_or_faulty(
    project: ProjectReport, part: ComponentResult, component: ComponentRun, *, unsafe: bool
) -> Repaired:
    """The repairs of one component; none after a mistake of ours: what it has cost could speak against each."""
    from qscache_lint.fixing.run import Repaired

    if component.faults:
        return Repaired.nothing()
    repaired = isolated(
        lambda: _repaired(project, part, component, unsafe=unsafe), "repairing these files", component.directory
    )
    if isinstance(repaired, Fault):
        component.fail(repaired)
        return Repaired.nothing()
    for analysis in repaired.analyses:
        for fault in () if analysis is None else analysis.evaluator.project.faults:
            component.fail(fault)
    return repaired


def _repaired(project: ProjectReport, part: ComponentResult, component: ComponentRun, *, unsafe: bool) -> Repaired:
    """The repairs of one component: of code, then of the comments that silence nothing any more."""
    from qscache_lint.component.fix_plans import repaired as repaired_by_plan
    from qscache_lint.fixing.alternatives import MIXED
    from qscache_lint.fixing.suppressions import without_unused_suppressions

    settings = project.settings
    repaired = repaired_by_plan(
        component,
        _about_code(chosen(part.result.found, settings, respect_noqa=False)),
        lambda analysis: _about_code(find(analysis, settings)),
        {place_of(finding) for finding in project.findings if finding.code != MIXED},
        unsafe=unsafe,
    )
    return without_unused_suppressions(
        repaired,
        component.project,
        lambda analysis: chosen(_part_after(part, analysis, settings).result.found, settings),
        project.findings,
    )


def _about_code(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without those about comments, which come and go with others."""
    return [finding for finding in findings if not finding.about]


def _with_reported(project: ProjectReport) -> Iterator[ComponentResult]:
    return project.run.with_findings_in({finding.path for finding in project.findings})


def ended(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of what the repairs of a project would end, each finding with the repair that ends it."""
    findings = tuple(each for each in project.findings if place_of(each) in repaired.ended)
    return replace(project, findings=findings, applied=repaired.ended)


def left(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of what the repairs of a project would not end, as it is before these."""
    return replace(project, findings=tuple(each for each in project.findings if place_of(each) not in repaired.ended))


def silence(project: ProjectReport, reason: str) -> Silenced:
    """The comments that would silence what a project reports, in memory."""
    from qscache_lint.fixing.silencing import silenced

    return silenced(project.tree, project.findings, reason)


def write(project: ProjectReport, repaired: Repaired | Silenced) -> None:
    """Write repairs, or comments, to disk. Raises UsageError when that is not possible; then nothing has changed."""
    from qscache_lint.fixing.write import write_changes

    write_changes(project.root, repaired.changes)


def recover(paths: Sequence[Path]) -> tuple[str, ...]:
    """Finish or undo what a killed `write` has begun in the projects that paths belong to; says what was done.

    Raises UsageError when that is not possible.
    """
    from qscache_lint.fixing.journal import recover

    for path in paths:
        refuse_unreadable(path)
    done = ((root, recover(root)) for root in dict.fromkeys(find_root(path.absolute()) for path in paths))
    return tuple(f"{root}: {what}" for root, what in done if what)


def is_unfinished(paths: Sequence[Path]) -> bool:
    """Whether a killed `write` has left something to `recover`."""
    from qscache_lint.fixing.journal import is_left_below

    for path in paths:
        refuse_unreadable(path)
    return any(is_left_below(find_root(path.absolute())) for path in paths)


def after(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of a project once its repairs are written."""
    if not repaired.changes:
        return project
    overlay = {change.path: change.after for change in repaired.changes}
    tree = HashedTree.like(project.tree.with_overlay(overlay), RunStatistics())
    kept = {finding.path for finding in project.findings} | {change.path for change in repaired.changes}
    run = Run(tuple(map(_part_after, _with_reported(project), repaired.analyses, repeat(project.settings))))
    findings = chosen((each for each in run.result.found if each.finding.path in kept), project.settings)
    fixed = replace(project, tree=tree, findings=tuple(findings), run=run, applied={})
    if project.hidden is None:
        return fixed
    from qscache_lint.api.hiding import without_known

    return without_known(fixed, project.hidden.baseline)


def _part_after(part: ComponentResult, analysis: Analysis | None, settings: Settings) -> ComponentResult:
    if analysis is None:
        return part
    component = ComponentRun.of(analysis, settings)
    return ComponentResult(component.result(with_fixes=False), component)
