"""The calls of a cached function whose value is refined: what an extracted builder can take over from the cache."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.callers import Use, use_of
from qscache_lint.fixing.class_attributes import is_left_to_framework
from qscache_lint.fixing.handling import Handling
from qscache_lint.fixing.model import Place, Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.receivers import Receivers
from qscache_lint.fixing.references import References
from qscache_lint.fixing.repeating import refuse_unrepeatable
from qscache_lint.fixing.requirements import Need, Requirement
from qscache_lint.fixing.rowless import make_no_rows
from qscache_lint.fixing.shown_code import is_shown
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.takings import Way
from qscache_lint.project.uses import Use as Refinement
from qscache_lint.project.uses import UseKind
from qscache_lint.project.value_sets import cached
from qscache_lint.reasons import UseOfValue, reason
from qscache_lint.values import Reason

WRITABLE = (Way.METHOD, Way.ARGUMENT, Way.OPERATOR)
"""The ways to take a value in which a variable can be replaced by a call."""


@dataclass(frozen=True, slots=True)
class RefiningCall:
    """One call, or one read of a property, whose value is refined: here, or where it goes from here.

    `refinements` are the places here that can call the builder instead of taking the value. `moves`: the call itself
    goes to the builder; otherwise each refinement calls it, and the rest stays. `others` say what else would then get
    an uncached QuerySet. `is_certain`: the object can be nothing else, which may have no builder. `makes_rows`: what it
    gets from the builder may become objects. `partial` mends those refinements that need no other change.
    """

    use: Use
    refinements: tuple[Requirement, ...]
    mends: tuple[Place, ...]
    moves: bool
    others: tuple[Reason, ...] = ()
    is_certain: bool = True
    makes_rows: bool = True
    partial: RefiningCall | None = None


def find_refining_calls(
    analysis: Analysis,
    cached_function: CachedFunction,
    refined: Sequence[Refinement],
    references: References,
    templates: Templates,
    problem: Callable[[Reason], None],
    alike: Collection[FunctionId] = (),
) -> tuple[RefiningCall, ...]:
    """The calls of a cached function through which the values of some refinements came.

    `problem` is told why one of them cannot be rewritten. `alike` are the functions that override it.
    """
    receivers = Receivers(analysis.evaluator, cached_function, (cached_function.identity, *alike))
    paths = {path for each in refined for path, _ in _passed(each)}
    found = []
    for reference in references.uses:
        if reference.path not in paths:
            continue
        use = use_of(analysis.evaluator, templates, cached_function, reference)
        through = [each for each in refined if _came_by(each, use)]
        if not through:
            continue
        try:
            call = _refining_call(analysis.evaluator, cached_function, use, through)
        except Refused as refusal:
            problem(refusal.reason)
        else:
            shown = tuple(_shown(analysis.evaluator, use))
            changed = tuple(_changed(analysis.evaluator, templates, cached_function, use))
            is_certain = receivers.are_certain(reference.path, reference.named)
            found.append(_judged(call, shown, changed, is_certain=is_certain))
    return tuple(found)


def _judged(
    call: RefiningCall, shown: tuple[Reason, ...], changed: tuple[Reason, ...], *, is_certain: bool
) -> RefiningCall:
    """A refining call, and its smaller form, with what is known of its object and of its place.

    What is `changed` about the value goes with a call that moves, and not with refinements that call the builder.
    """
    partial = None if call.partial is None else _judged(call.partial, shown, changed, is_certain=is_certain)
    others = (*call.others, *shown, *(() if call.moves else changed))
    return replace(call, is_certain=is_certain, others=others, partial=partial)


def _changed(
    evaluator: Evaluator, templates: Templates, cached_function: CachedFunction, use: Use
) -> Iterator[Reason]:
    """Where the caller may change the object that it refines."""
    path = use.reference.path
    querysets = tuple(each for ref in use.direct for each in cached(evaluator.value(path, ref)))
    found = Handling(evaluator, templates, querysets, may_leave=True).first_change(path, tuple(use.direct))
    if found is not None:
        yield reason("object-may-change", path, found.span.start.row, function=cached_function.label)


def _came_by(refinement: Refinement, use: Use) -> bool:
    """Whether the value of a refinement came by a call, which may be one of its steps or what is refined at once."""
    path = use.reference.path
    is_here = refinement.path == path and any(each.place == refinement.span for each in use.requirements)
    return is_here or (path, use.reference.span) in _passed(refinement)


def refinements_of(analysis: Analysis, definitions: Sequence[Definition]) -> tuple[Refinement, ...]:
    """Where the project refines what some definitions cache, or hands it to something that refines it."""
    sites = {(step.path, step.span) for each in definitions for step in each.stores}
    return tuple(
        use
        for use in analysis.uses
        if use.kind in (UseKind.REFINED, UseKind.PASSED_ON)
        and any((step.path, step.span) in sites for step in (use.queryset.kept.site, *use.stores))
    )


def _passed(refinement: Refinement) -> frozenset[Place]:
    """The places that a value has come by, and where it is refined."""
    return frozenset(((refinement.path, refinement.span), *((step.path, step.span) for step in refinement.trail)))


def _refining_call(
    evaluator: Evaluator, cached_function: CachedFunction, use: Use, refined: Sequence[Refinement]
) -> RefiningCall:
    path = use.reference.path
    places = {each.span for each in refined if each.path == path}
    here = tuple(each for each in use.requirements if each.queries_again or each.place in places)
    rest = tuple(each for each in use.requirements if each not in here)
    problem = _problem(evaluator, cached_function, use, here) if rest and here else None
    if rest and here and problem is None:
        return _beside(evaluator, use, here)
    partial = _partial(evaluator, cached_function, use, here)
    reads = any(each.need in (Need.ROWS, Need.PART) for each in rest)
    if problem is not None and reads:  # what reads them would send a query
        if partial is None:
            raise Refused(problem)
        return partial
    reading = (each for each in use.requirements if not each.queries_again)
    left = (each for each in reading if not is_left_to_framework(evaluator, path, each, use.requirements))
    others = (_other(use, each) for each in left)
    return RefiningCall(
        use,
        here,
        tuple((each.path, each.span) for each in refined),
        moves=True,
        others=tuple(dict.fromkeys(others)),
        makes_rows=not here or not make_no_rows(evaluator, path, use.requirements),
        partial=partial,
    )


def _partial(
    evaluator: Evaluator, cached_function: CachedFunction, use: Use, refinements: Sequence[Requirement]
) -> RefiningCall | None:
    """The same for those refinements that can call the builder by themselves; None where there are none."""
    own = tuple(each for each in refinements if each.queries_again and not _is_behind_branch(use, each))
    if not own or _problem(evaluator, cached_function, use, own) is not None:
        return None
    return _beside(evaluator, use, own)


def _beside(evaluator: Evaluator, use: Use, refinements: tuple[Requirement, ...]) -> RefiningCall:
    """A call that stays, since refinements call the builder."""
    path = use.reference.path
    return RefiningCall(
        use,
        refinements,
        tuple((path, each.place) for each in refinements),
        moves=False,
        others=tuple(dict.fromkeys(_other(use, each) for each in refinements if not each.queries_again)),
        makes_rows=not make_no_rows(evaluator, path, refinements),
    )


def doubts(
    cached_function: CachedFunction, call: RefiningCall, of_rows: Sequence[Reason] = ()
) -> Iterator[Reason]:
    """What the builder may change around one refining call; `of_rows` is what speaks against what it makes."""
    if not call.is_certain:
        verb = "reads" if cached_function.flavour is Flavour.PROPERTY else "calls"
        where = (call.use.reference.path, call.use.row)
        yield reason("builder-may-be-missing", *where, verb=verb, function=cached_function.label)
    yield from call.others
    yield from of_rows if call.makes_rows else ()


def _shown(evaluator: Evaluator, use: Use) -> Iterator[Reason]:
    """Whether the call stands where its code is shown as text."""
    if is_shown(evaluator.project.tree.read(use.reference.path), use.reference.span.start):
        yield reason("call-as-text", use.reference.path, use.row)


def _other(use: Use, requirement: Requirement) -> Reason:
    done = UseOfValue.of("refined-by-method" if requirement.need is Need.QUERYSET else "rows-read")
    return reason("would-query-too", use.reference.path, requirement.row, use=requirement.what or done)


def _problem(
    evaluator: Evaluator, cached_function: CachedFunction, use: Use, refinements: Sequence[Requirement]
) -> Reason | None:
    """Why the refinements cannot call the builder by themselves; None when they can."""
    where, label = (use.reference.path, use.row), cached_function.label
    if not use.names:
        return reason("handed-on-inline", *where, function=label)
    if any(_is_behind_branch(use, each) for each in refinements):
        return reason("refined-behind-branch", *where, function=label)
    try:
        parsed = Parsed.read(evaluator.project.tree.read(use.reference.path))
        refuse_unrepeatable(evaluator, use, cached_function.label, parsed)
    except Refused as refusal:
        return refusal.reason
    return None


def _is_behind_branch(use: Use, requirement: Requirement) -> bool:
    """Whether a place refines what may be another value, or takes it in a way that cannot be rewritten."""
    return requirement.value not in use.direct or requirement.way not in WRITABLE
