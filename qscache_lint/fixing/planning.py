"""Which repair fits a cached definition: that follows from the store and from all uses seen in the project."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from qscache_lint.fixing.drop_cache import drop_cache
from qscache_lint.fixing.edits import edits_between
from qscache_lint.fixing.model import Refused, Repair
from qscache_lint.fixing.split_function import split_function
from qscache_lint.fixing.target import find_target
from qscache_lint.knowledge import Store
from qscache_lint.project.abstract import FunctionId
from qscache_lint.project.analysis import Analysis
from qscache_lint.values import Applicability, Finding, Fix, Span


def plan_repairs(analysis: Analysis, keep_cached_name: bool = False) -> Iterator[Repair]:
    """One repair for each cached function that somebody refines, in the order of definitions."""
    refined = {
        use.queryset.origin.function
        for use in analysis.uses
        if use.queryset.origin is not None and use.queryset.origin.function is not None
    }
    planned: set[FunctionId] = set()
    for definition in analysis.definitions:
        function = definition.origin.function
        if function is None or function in planned or function not in refined:
            continue
        planned.add(function)
        yield _plan(analysis, function, definition.store, keep_cached_name)


def _plan(analysis: Analysis, function: FunctionId, store: Store, keep_cached_name: bool) -> Repair:
    try:
        target = find_target(analysis, function, store)
        return split_function(analysis, target, keep_cached_name) if target.readers else drop_cache(analysis, target)
    except Refused as refusal:
        reason = str(refusal)
    except RecursionError:
        reason = "a file is nested too deeply"
    return Repair("split-function", function, Applicability.DISPLAY_ONLY, f"to be done by hand: {reason}")


def plan_fixes(
    analysis: Analysis, findings: Sequence[Finding], keep_cached_name: bool = False
) -> Mapping[Finding, Fix]:
    """The fix of each finding that has one. A definition and the uses of it share one."""
    if not findings:
        return {}
    fixes = {repair.target: _as_fix(repair) for repair in plan_repairs(analysis, keep_cached_name)}
    places = _places(analysis)
    return {
        finding: fixes[places[finding.path, finding.span]]
        for finding in findings
        if places.get((finding.path, finding.span)) in fixes
    }


def functions_behind(analysis: Analysis, reported: Collection[tuple[str, Span]]) -> set[FunctionId]:
    """The cached functions that findings at these places are about."""
    return {function for place, function in _places(analysis).items() if place in reported}


def _places(analysis: Analysis) -> Mapping[tuple[str, Span], FunctionId]:
    """The cached function behind each place that a finding may have."""
    places: dict[tuple[str, Span], FunctionId] = {}
    for definition in analysis.definitions:
        if definition.origin.function is not None:
            places[definition.origin.site.path, definition.origin.site.span] = definition.origin.function
    for use in analysis.uses:
        if use.queryset.origin is not None and use.queryset.origin.function is not None:
            places[use.path, use.span] = use.queryset.origin.function
    return places


def _as_fix(repair: Repair) -> Fix:
    edits = [
        edit
        for change in repair.changes
        for edit in edits_between(change.path, change.old, change.new)
    ]
    return Fix(repair.name, repair.applicability, repair.message, tuple(edits))
