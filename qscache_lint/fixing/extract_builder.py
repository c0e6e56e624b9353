"""The local split: a builder beside the cached function, for callers that refine.

The cached function keeps its name, its key and what it returns, so that only the refining calls change:
`get_items(a).filter()` becomes `get_items_queryset(a).filter()`. Nothing else of the project has to be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qscache_lint.fixing.cached_function import CachedFunction, find_cached_function
from qscache_lint.fixing.definition import DefinitionRewriter, style_of
from qscache_lint.fixing.existing_builder import existing_builder
from qscache_lint.fixing.extraction_concerns import ExtractionConcerns
from qscache_lint.fixing.imports import ExtendAll, FollowImports, Renaming, lists_name, plan_renaming
from qscache_lint.fixing.mentioning_files import files_mentioning
from qscache_lint.fixing.mentions import is_bound_twice
from qscache_lint.fixing.model import EXTRACT_BUILDER, Change, Place, Refused, Repair
from qscache_lint.fixing.overrides import call_of_base, overrides_of
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.references import References, Unclear, find_references
from qscache_lint.fixing.refining_builder import refining_builder
from qscache_lint.fixing.refining_calls import RefiningCall, doubts, find_refining_calls
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import ChangeFunction, PlacedTransformer, Rename, rewrite
from qscache_lint.fixing.rewriters.definitions import Names
from qscache_lint.fixing.rewriters.extracted import OverrideBuilder
from qscache_lint.fixing.shadowing import name_taken, refuse_shadowed_builder
from qscache_lint.fixing.star_imports import takers_of_all
from qscache_lint.fixing.taken_names import is_taken_in, other_meanings
from qscache_lint.fixing.templates import Templates
from qscache_lint.fixing.unused import without_unused
from qscache_lint.knowledge.model import Store
from qscache_lint.naming import builder_name
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.uses import Use as Refinement
from qscache_lint.reasons import is_of_rows, reason
from qscache_lint.values import Reason


def extract_builder(
    analysis: Analysis, definition: Definition, refined: Sequence[Refinement], templates: Templates
) -> tuple[Repair, ...]:
    """Plan the extraction for the calls through which the values of some refinements came.

    The first repair is for those calls that can be trusted, one for the others may follow. Raises Refused where the
    definition has no form that can be taken apart, where a name is taken, and where no refining call is seen.
    """
    evaluator = analysis.evaluator
    cached_function = find_cached_function(analysis, definition)
    if cached_function.store is Store.SCOPED:
        raise Refused(reason("already-per-object", function=cached_function.label))
    if is_bound_twice(evaluator, cached_function):
        raise Refused(reason("defined-twice", cached_function.path, function=cached_function.facts.qualname))
    unclear: list[Unclear] = []
    alike = [each.identity for each in overrides_of(evaluator, cached_function)]
    references = find_references(evaluator, cached_function, unclear.append, alike, _near(cached_function, refined))
    problems: list[Reason] = []
    refining = find_refining_calls(analysis, cached_function, refined, references, templates, problems.append, alike)
    unseen = None if refining else (*problems, _reason(refined, unclear))[0]
    in_the_way = unseen or _call_left(evaluator, cached_function, refining)
    if in_the_way is not None:
        raise Refused(in_the_way)
    concerns = ExtractionConcerns(analysis, cached_function, templates)
    return _Planner(analysis, cached_function, references, concerns).planned(refining)


def _call_left(
    evaluator: Evaluator, cached_function: CachedFunction, refining: Sequence[RefiningCall]
) -> Reason | None:
    """Why an override is in the way where these calls go to the builder; None where none is."""
    return call_of_base(evaluator, cached_function, (each.use.reference for each in refining if each.moves))


@dataclass(frozen=True)
class _Planner:
    """Plans the extraction of one function for any of the calls that refine its value."""

    analysis: Analysis
    cached_function: CachedFunction
    references: References
    concerns: ExtractionConcerns
    known: dict[Sequence[RefiningCall], tuple[Reason, ...]] = field(default_factory=dict)
    """What is known to speak against some calls, which is asked for again and again."""

    def planned(self, refining: Sequence[RefiningCall]) -> tuple[Repair, ...]:
        """A repair for all calls that go together, or why there is none. Raises Refused where none can be repaired."""
        repairs = tuple(map(self._attempt, self._apart(refining)))
        if not any(each.changes for each in repairs):
            raise Refused(repairs[0].reasons[0])
        return repairs

    def _attempt(self, refining: Sequence[RefiningCall]) -> Repair:
        try:
            return self._planned(refining)
        except Refused as refusal:
            identity = self.cached_function.identity
            return Repair.refused(EXTRACT_BUILDER.name, identity, refusal.reason, _mends(refining))

    def _apart(self, refining: Sequence[RefiningCall]) -> Iterator[Sequence[RefiningCall]]:
        """The calls that can be trusted, the others, and those that cannot go; together where they need each other.

        What speaks against one of them says nothing of the others.
        """
        if self._said(refining) == ():
            yield refining
            return
        possible = tuple(each for each in refining if self._said((each,)) is not None)
        if not possible or self._is_left(possible):
            yield refining
            return
        yield from self._by_trust(possible)
        if len(possible) < len(refining):
            yield tuple(each for each in refining if each not in possible)

    def _by_trust(self, possible: Sequence[RefiningCall]) -> Iterator[Sequence[RefiningCall]]:
        """The calls that can be trusted, and the others; first all, where only a part of what one gives can be trusted.

        A call that goes as a whole is written another way than one of which a part has gone before.
        """
        forms = [[form for form in (each, each.partial) if form is not None] for each in possible]
        trusted = [next((form for form in each if self._said((form,)) == ()), None) for each in forms]
        certain = tuple(each for each in trusted if each is not None)
        doubtful = tuple(each for each, form in zip(possible, trusted, strict=True) if each is not form)
        if not certain or self._is_left(certain):
            yield possible
        elif not all(each in possible for each in certain):
            yield from (possible, certain)
        elif not doubtful:
            yield certain
        else:
            yield from (certain, possible if self._is_left(doubtful) else doubtful)

    def _said(self, refining: Sequence[RefiningCall]) -> tuple[Reason, ...] | None:
        """What speaks against some calls; None where they cannot go to a builder."""
        try:
            return self._against(refining)
        except Refused:
            return None

    def _is_left(self, refining: Sequence[RefiningCall]) -> bool:
        return _call_left(self.analysis.evaluator, self.cached_function, refining) is not None

    def _against(self, refining: Sequence[RefiningCall]) -> tuple[Reason, ...]:
        """What the builder may change where these calls go to it. Raises Refused where they cannot."""
        if refining not in self.known:
            self.known[refining] = self._find_against(refining)
        return self.known[refining]

    def _find_against(self, refining: Sequence[RefiningCall]) -> tuple[Reason, ...]:
        context = self._context(refining)
        found = tuple(self.concerns.of(context, _names(self.analysis, context)))
        of_rows = tuple(each for each in found if is_of_rows(each))
        own = (said for each in refining for said in doubts(self.cached_function, each, of_rows))
        return tuple(dict.fromkeys((*own, *(each for each in found if not is_of_rows(each)))))

    def _context(self, refining: Sequence[RefiningCall]) -> RepairContext:
        return RepairContext(self.cached_function, self.references, tuple(each.use for each in refining))

    def _planned(self, refining: Sequence[RefiningCall]) -> Repair:
        """The extraction for some calls. Raises Refused where they cannot go to a builder."""
        cached_function, context = self.cached_function, self._context(refining)
        names = _names(self.analysis, context)
        changes = tuple(_Extraction(self.analysis, context, refining, names).changes())
        around, dot, _ = cached_function.facts.qualname.rpartition(".")
        return Repair.planned(
            EXTRACT_BUILDER,
            cached_function.identity,
            f"callers that refine the QuerySet call {cached_function.called(names.builder)}, which does not cache it",
            f"{cached_function.label} stays as it is",
            self._against(refining),
            changes,
            builder=f"{around}{dot}{names.builder}",
            new=names.new,
            mends=_mends(refining),
        )


def _mends(refining: Sequence[RefiningCall]) -> tuple[Place, ...]:
    return tuple(sorted({place for each in refining for place in each.mends}))


def _near(cached_function: CachedFunction, refined: Sequence[Refinement]) -> frozenset[str] | None:
    """The files in which a method is refined, or by which its value comes there; None: imports have to be followed."""
    if not cached_function.is_member:
        return None
    return frozenset({path for each in refined for path in (each.path, *(step.path for step in each.trail))})


def _reason(refined: Sequence[Refinement], unclear: Sequence[Unclear]) -> Reason:
    """Why no refining call is seen: what is unclear about a place that the values have come by."""
    passed = {(step.path, step.span.start.row) for each in refined for step in each.trail}
    reasons = (each.reason for each in unclear if (each.path, each.row) in passed)
    return next(reasons, reason("refining-call-unseen"))


def _names(analysis: Analysis, context: RepairContext) -> Names:
    """The name of the builder, a new one unless there is one already. Raises Refused when it is taken."""
    evaluator, cached_function = analysis.evaluator, context.cached_function
    existing = existing_builder(evaluator, cached_function)
    if existing:
        _refuse_other_meaning(evaluator, context, existing)
        return Names(builder=existing, cached=cached_function.name, new="")
    fresh = builder_name(cached_function.name)
    touched = () if cached_function.is_member else _touched(evaluator, context, fresh)
    for path in files_mentioning(evaluator, cached_function, fresh):
        is_member = cached_function.is_member
        if is_taken_in(evaluator, cached_function, path, fresh) if is_member else path in touched:
            raise Refused(name_taken(evaluator, path, fresh))
    refuse_shadowed_builder(evaluator, cached_function, fresh)
    return Names(builder=fresh, cached=cached_function.name, new=fresh)


def _refuse_other_meaning(evaluator: Evaluator, context: RepairContext, existing: str) -> None:
    """Raises Refused where the name of a builder that is there means something else in a file that will call it."""
    cached_function = context.cached_function
    for path in () if cached_function.is_member else sorted(_touched(evaluator, context, existing)):
        row = next(other_meanings(evaluator, cached_function, path, existing), None)
        if row is not None:
            raise Refused(reason("name-taken", path, row, name=existing))


def _touched(evaluator: Evaluator, context: RepairContext, name: str) -> frozenset[str]:
    """The files to which a name of a module may come: those of the calls, or all where others take every name.

    A name that is new there may hide another one, wherever it goes on to.
    """
    touched = frozenset({context.cached_function.path, *(use.reference.path for use in context.uses)})
    if not any(any(takers_of_all(evaluator, each)) for each in touched):
        return touched
    return touched.union(files_mentioning(evaluator, context.cached_function, name))


class _Extraction:
    """Rewrites the definition, the refining calls and their imports."""

    def __init__(
        self, analysis: Analysis, context: RepairContext, refining: Sequence[RefiningCall], names: Names
    ) -> None:
        self._analysis = analysis
        self._evaluator = analysis.evaluator
        self._context = context
        self._names = names
        self._definition = DefinitionRewriter.of(analysis, context)
        self._moving = tuple(each.use for each in refining if each.moves)
        self._beside = tuple(each for each in refining if not each.moves)
        self._parsed = {context.cached_function.path: self._definition.parsed}
        self._overrides = tuple(overrides_of(analysis.evaluator, context.cached_function)) if names.new else ()
        self._renaming = self._renamed()

    def _read(self, path: str) -> Parsed:
        if path not in self._parsed:
            self._parsed[path] = Parsed.read(self._evaluator.project.tree.read(path))
        return self._parsed[path]

    def _renamed(self) -> Renaming:
        moving = tuple(use.reference for use in self._moving)
        beside = tuple(each.use.reference for each in self._beside)
        return plan_renaming(self._evaluator, self._context, moving, beside, self._names.builder, keep_old=True)

    def _lists(self, path: str) -> bool:
        """Whether a file has the name of the cached function in its `__all__`."""
        cached_function = self._context.cached_function
        return not cached_function.is_member and lists_name(self._read(path).tree, cached_function.name)

    def changes(self) -> Iterator[Change]:
        beside = (each.use.reference.path for each in self._beside)
        overridden = (each.path for each in self._overrides)
        for path in sorted({self._context.cached_function.path, *self._renaming.paths, *beside, *overridden}):
            before = self._evaluator.project.tree.read(path)
            transformers = list(self._transformers(path))
            after = rewrite(before, transformers) if transformers else before
            after = without_unused(self._evaluator.project, path, after) if after != before else before
            if after != before:
                yield Change(path, before, after)

    def _transformers(self, path: str) -> Iterator[PlacedTransformer]:
        cached_function = self._context.cached_function
        tokens = self._renaming.tokens.get(path, {})
        if tokens:
            yield Rename(tokens)
        for each in self._beside:
            if each.use.reference.path == path:
                parsed = self._read(path)
                yield refining_builder(cached_function, each.use, each.refinements, parsed, self._names.builder)
        imports = [change for change in self._renaming.imports if change.path == path]
        if imports:
            yield FollowImports(imports, cached_function.name, self._names.builder)
        if self._names.new and self._lists(path):
            yield ExtendAll(cached_function.name, self._names.new)
        for override in self._overrides:
            if override.path == path:
                style = style_of(self._analysis, override, self._read(path))
                yield ChangeFunction(override.facts.span, OverrideBuilder(style, self._names))
        if self._names.new and path == cached_function.path:
            yield self._definition.extract(self._names)
