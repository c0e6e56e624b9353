"""The calls of a cached function whose value is refined: what an extracted builder can take over from the cache."""

from __future__ import annotations

from dataclasses import dataclass

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.callers import Use, use_of
from qscache_lint.fixing.model import Place, Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.reading import Need
from qscache_lint.fixing.references import References
from qscache_lint.fixing.repeating import refuse_unrepeatable
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.takings import Way
from qscache_lint.project.uses import UseKind

WRITABLE = (Way.METHOD, Way.ARGUMENT, Way.OPERATOR)
"""The ways to take a value in which a variable can be replaced by a call."""


@dataclass(frozen=True, slots=True)
class RefiningCall:
    """One call, or one read of a property, whose value is refined.

    `mends` are the places of the uses that the builder ends. `moves`: all that is done with the value refines it, so
    that the call itself goes to the builder; otherwise each refinement calls the builder, and the rest stays.
    """

    use: Use
    mends: tuple[Place, ...]
    moves: bool


@dataclass(frozen=True, slots=True)
class RefiningCalls:
    """The refining calls that can be rewritten, and why others cannot."""

    calls: tuple[RefiningCall, ...]
    problems: tuple[str, ...]


def find_refining_calls(
    analysis: Analysis, cached_function: CachedFunction, references: References, templates: Templates
) -> RefiningCalls:
    """The calls of a cached function with a use that refines the value or hands it to something which does."""
    places = _refined_places(analysis, cached_function)
    paths = {path for path, _ in places}
    calls: list[RefiningCall] = []
    problems: list[str] = []
    for reference in references.uses:
        if reference.path not in paths:
            continue
        use = use_of(analysis.evaluator, templates, cached_function, reference)
        mends = tuple(dict.fromkeys(_places(use) & places))
        if not mends:
            continue
        problem = "" if _moves(use) else _problem(analysis.evaluator, cached_function, use)
        if problem:
            problems.append(problem)
        else:
            calls.append(RefiningCall(use, mends, _moves(use)))
    return RefiningCalls(tuple(calls), tuple(problems))


def _refined_places(analysis: Analysis, cached_function: CachedFunction) -> frozenset[Place]:
    """Where the project refines what the function caches, or hands it to something that refines it."""
    site = (cached_function.path, cached_function.site)
    return frozenset(
        (use.path, use.span)
        for use in analysis.uses
        if use.kind in (UseKind.REFINED, UseKind.PASSED_ON)
        and any((step.path, step.span) == site for step in (use.queryset.kept.site, *use.stores))
    )


def _places(use: Use) -> frozenset[Place]:
    return frozenset((use.reference.path, each.place) for each in use.refinements)


def _moves(use: Use) -> bool:
    return all(each.need is Need.QUERYSET for each in use.requirements)


def _problem(evaluator: Evaluator, cached_function: CachedFunction, use: Use) -> str:
    """Why the refinements cannot call the builder by themselves; "" when they can."""
    where = f"line {use.row} of {use.reference.path}"
    if not use.names:
        return f"{where} hands the value of {cached_function.label} on in the expression that refines it"
    if any(each.value not in use.direct or each.way not in WRITABLE for each in use.refinements):
        return f"{where} refines {cached_function.label} behind a branch that may give another value"
    try:
        parsed = Parsed.read(evaluator.project.tree.read(use.reference.path))
        refuse_unrepeatable(evaluator, use, cached_function.label, parsed)
    except Refused as refusal:
        return str(refusal)
    return ""

