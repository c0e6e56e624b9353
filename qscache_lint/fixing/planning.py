"""Which repair fits a cached definition: that follows from the store and from all uses seen in the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TypeAlias

import msgspec

from qscache_lint.errors import Fault, isolated
from qscache_lint.finding.tree import counting
from qscache_lint.fixing.alternatives import MIXED, plan_alternatives
from qscache_lint.fixing.drop_cache import drop_cache
from qscache_lint.fixing.edits import edits_between
from qscache_lint.fixing.extract_builder import extract_builder
from qscache_lint.fixing.keep_rows import keep_rows
from qscache_lint.fixing.local.planning import repairs_of_uses
from qscache_lint.fixing.local.store_rows import store_rows
from qscache_lint.fixing.materialise import materialise
from qscache_lint.fixing.model import (
    CURES,
    DROP_CACHE,
    EXTRACT_BUILDER,
    MATERIALISE,
    SPLIT_FUNCTION,
    STORE_ROWS,
    USE_LOADED_ROWS,
    Kind,
    Place,
    Refused,
    Repair,
)
from qscache_lint.fixing.of_imports import PLANNERS, functions_around
from qscache_lint.fixing.of_imports import Planner as PlannerOfImport
from qscache_lint.fixing.places import refuse_links
from qscache_lint.fixing.plan import FixPlan, KeptRepair
from qscache_lint.fixing.refining_calls import refinements_of
from qscache_lint.fixing.repair_context import RepairContext, find_context
from qscache_lint.fixing.split_function import split_function
from qscache_lint.fixing.templates import Templates
from qscache_lint.fixing.wrapping import wrapped
from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.uses import Use
from qscache_lint.reasons import reason
from qscache_lint.run_result import ReportedFinding
from qscache_lint.values import Applicability, Fix


def plan_repairs(
    analysis: Analysis, wanted: AbstractSet[FunctionId], keep_cached_name: bool = False
) -> Iterator[Repair]:
    """The repairs of each of the `wanted` functions that cache a QuerySet, in the order of definitions.

    Those of single places come first: what they leave is planned anew. Then there is one for all callers of a
    function, or why there is none; one for the refining calls alone may follow.
    """
    templates = Templates(analysis.evaluator)
    statistics = analysis.evaluator.project.statistics
    statistics.expect(len(wanted))
    several: dict[FunctionId, list[Definition]] = {}
    for definition in analysis.definitions:
        several.setdefault(_function(definition), []).append(definition)
    for function, definitions in several.items():
        if function in wanted:
            plan = partial(_plan, analysis, function, definitions, templates, keep_cached_name)
            yield from _or_fault(analysis, function, plan)
            statistics.advance()
    for definition in analysis.rowless:
        if _function(definition) in wanted:
            yield from _or_fault(analysis, _function(definition), partial(_keeping_rows, analysis, definition))
    for function in sorted(wanted & {*functions_around(analysis).values()}):
        for kind, planner in PLANNERS:
            attempt = partial(_attempt, kind, function, partial(_of_import, analysis, planner, function))
            yield from _or_fault(analysis, function, attempt)


def _or_fault(
    analysis: Analysis, function: FunctionId, plan: Callable[[], Iterable[Repair]]
) -> tuple[Repair, ...]:
    """Some repairs of a function; none where we fail, which is a fault of the project."""
    repairs = isolated(lambda: tuple(plan()), "planning its repairs", function.path)
    if not isinstance(repairs, Fault):
        return repairs
    analysis.evaluator.project.faults.append(repairs)
    return ()


def _of_import(analysis: Analysis, planner: PlannerOfImport, function: FunctionId) -> tuple[Repair, ...]:
    return _unlinked(analysis, tuple(planner(analysis, function)))


def _keeping_rows(analysis: Analysis, definition: Definition) -> Iterator[Repair]:
    """The repair of a definition that keeps an iterator, or why there is none."""
    site = (definition.origin.site.path, definition.origin.site.span)

    def plan() -> tuple[Repair, ...]:
        return _unlinked(analysis, (keep_rows(analysis, definition),))

    for repair in _attempt(MATERIALISE, _function(definition), plan):
        yield replace(repair, mends=(site,))


def _function(definition: Definition) -> FunctionId:
    return FunctionId(definition.path, definition.function)


def _plan(
    analysis: Analysis,
    function: FunctionId,
    definitions: Sequence[Definition],
    templates: Templates,
    keep_cached_name: bool,
) -> Iterator[Repair]:
    single = tuple(_single(analysis, function, definitions, templates))
    yield from single
    refined = refinements_of(analysis, definitions)
    mended = {place for each in single for place in each.mends or ()}
    if refined and all((each.path, each.span) in mended for each in refined):
        yield Repair.refused(SPLIT_FUNCTION.name, function, reason("only-copied"))
    else:
        yield from _attempt(
            SPLIT_FUNCTION, function, lambda: _whole(analysis, definitions, templates, keep_cached_name)
        )
    places = tuple((each.path, each.span) for each in refined)
    for local in _attempt(EXTRACT_BUILDER, function, lambda: _local(analysis, definitions, refined, templates)):
        yield replace(local, mends=places) if local.mends is None else local


def _single(
    analysis: Analysis, function: FunctionId, definitions: Sequence[Definition], templates: Templates
) -> Iterator[Repair]:
    """The repairs that need to see no other function, each of which can be made or is none."""

    def plan(planner: _Planner) -> tuple[Repair, ...]:
        return _unlinked(analysis, planner(analysis, definitions, templates))

    for kind, planner in _LOCAL:
        made = _attempt(kind, function, partial(plan, planner))
        yield from (each for each in made if each.changes)


_Planner: TypeAlias = Callable[[Analysis, Sequence[Definition], Templates], tuple[Repair, ...]]
_LOCAL: tuple[tuple[Kind, _Planner], ...] = ((STORE_ROWS, store_rows), (USE_LOADED_ROWS, repairs_of_uses))


def _attempt(kind: Kind, function: FunctionId, plan: Callable[[], Iterable[Repair]]) -> tuple[Repair, ...]:
    """Some repairs, or why there is none."""
    try:
        return tuple(plan())
    except Refused as refusal:
        return (Repair.refused(kind.name, function, refusal.reason),)
    except RecursionError:
        return (Repair.refused(kind.name, function, reason("nested-too-deeply")),)
    except OSError as error:
        named = PurePath(error.filename or "").name
        return (Repair.refused(kind.name, function, reason("source-unreadable", what=named)),)


def _whole(
    analysis: Analysis, definitions: Sequence[Definition], templates: Templates, keep_cached_name: bool
) -> tuple[Repair, ...]:
    """The repair for which all callers have to be seen. Raises Refused."""
    _refuse_several(definitions)
    context = find_context(analysis, definitions[0], templates)
    kind = _fitting(context)

    def plan() -> tuple[Repair, ...]:
        return _unlinked(analysis, (_repair(analysis, kind, context, keep_cached_name),))

    return _attempt(kind, context.cached_function.identity, plan)


def _local(
    analysis: Analysis, definitions: Sequence[Definition], refined: Sequence[Use], templates: Templates
) -> tuple[Repair, ...]:
    """The repairs of the refining calls alone, none where nothing refines. Raises Refused."""
    if not refined:
        return ()
    _refuse_several(definitions)
    return _unlinked(analysis, extract_builder(analysis, definitions[0], refined, templates))


def _unlinked(analysis: Analysis, repairs: tuple[Repair, ...]) -> tuple[Repair, ...]:
    """Repairs whose files are all files of the project. Raises Refused for one that a link leads out of it."""
    for repair in repairs:
        refuse_links(analysis.evaluator.project.tree, sorted(repair.paths))
    return tuple(wrapped(analysis.evaluator.project.tree, each) for each in repairs)


def _refuse_several(definitions: Sequence[Definition]) -> None:
    if len({definition.origin.site for definition in definitions}) > 1 or any(each.again for each in definitions):
        raise Refused(reason("several-stores"))


def _repair(analysis: Analysis, kind: Kind, context: RepairContext, keep_cached_name: bool) -> Repair:
    if kind is DROP_CACHE:
        return drop_cache(analysis, context)
    if kind is MATERIALISE:
        return materialise(analysis, context)
    return split_function(analysis, context, keep_cached_name)


def _fitting(context: RepairContext) -> Kind:
    """The kind of repair that the uses ask for. Raises Refused when none helps."""
    if not context.uses:
        raise Refused(reason("unused", function=context.cached_function.label))
    if not context.readers:
        return DROP_CACHE
    if context.refiners:
        return SPLIT_FUNCTION
    if context.cached_function.store is Store.SCOPED:
        raise Refused(reason("only-read", function=context.cached_function.label))
    return MATERIALISE


def plan_fixes(analysis: Analysis, found: Sequence[ReportedFinding], keep_cached_name: bool = False) -> FixPlan:
    """What can be done about some findings. A definition and the uses of it share one repair."""
    places = functions_behind(analysis)
    findings = (each.finding for each in found)
    behind = {each: None if each.code == MIXED else places.get((each.path, each.span)) for each in findings}
    wanted = {function for function in behind.values() if function is not None}
    with counting(analysis.evaluator.project.statistics):
        repairs = list(plan_repairs(analysis, wanted, keep_cached_name))
        beside = plan_alternatives(analysis, list(behind))
    fixes: dict[FunctionId, list[tuple[Repair, Fix]]] = {}
    for repair in repairs:
        fixes.setdefault(repair.target, []).append((repair, _as_fix(repair)))
    known = tuple(((each.path, each.span), function) for each, function in behind.items() if function is not None)

    def with_fix(each: ReportedFinding) -> ReportedFinding:
        place = (each.finding.path, each.finding.span)
        function = behind[each.finding]
        several = [] if function is None else fixes.get(function, [])
        ending = (pair for pair in several if pair[0].ends(place) and _is_for(pair[0], each.finding.code))
        ordered = sorted(ending, key=_preference)
        if each.finding.code == MIXED:
            return msgspec.structs.replace(each, fix=beside[each.finding][0])
        if not ordered:
            return each
        first, *others = (fix for _, fix in ordered)
        others = [fix for fix in others if fix.edits]
        fix = msgspec.structs.replace(first, alternatives=(*others, *beside.get(each.finding, ())))
        return msgspec.structs.replace(each, fix=fix)

    return FixPlan(tuple(map(with_fix, found)), tuple(map(KeptRepair.of, repairs)), known)


def _preference(pair: tuple[Repair, Fix]) -> tuple[int, bool]:
    """What is safe comes first, then what gains most; a refusal is told by what stands in the way of the least."""
    repair, _ = pair
    return _PREFERENCE.index(repair.applicability), bool(repair.changes) == (repair.mends is not None)


def _is_for(repair: Repair, code: str) -> bool:
    return repair.mends is not None or code not in OF_PLACES


OF_PLACES = frozenset({"QSC105", "QSC301", "QSC302"})
"""The rules whose findings only repairs of their own place mend."""

_PREFERENCE = (Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY_ONLY)


def functions_behind(analysis: Analysis) -> Mapping[Place, FunctionId]:
    """The function that caches, for each place that a finding about it may have."""
    every = (*analysis.rowless, *analysis.definitions)
    sites = {(store.path, store.span): _function(each) for each in every for store in each.stores}
    places = {**functions_around(analysis), **sites}
    for use in analysis.uses:
        site = use.queryset.kept.site
        function = sites.get((site.path, site.span))
        if function is not None:
            places[use.path, use.span] = function
    return places


def _as_fix(repair: Repair) -> Fix:
    edits = [edit for change in repair.changes for edit in edits_between(change.path, change.old, change.new)]
    cure = CURES[repair.name] if edits else ""
    return Fix(repair.name, repair.applicability, repair.summary, tuple(edits), (), repair.reasons, cure)
