"""Plans the repairs of single places that use what a function caches, one repair for each kind.

    drop-copy         a copy of the value is only read
    use-loaded-rows   a question to the database has its answer in the rows, which are read anyway
    drop-guard        a test only guards a loop over the value
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qscache_lint.facts.term_graph import same
from qscache_lint.facts.terms import Ref
from qscache_lint.fixing.local.held_value import HeldValue, hold
from qscache_lint.fixing.local.places import Place, PlaceFinder
from qscache_lint.fixing.model import DROP_COPY, DROP_GUARD, USE_LOADED_ROWS, Change, Kind, Refused, Repair
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.reading import Caller
from qscache_lint.fixing.rewriters.uses import edited
from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.entries import ENTRY
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import Origin, QuerySet
from qscache_lint.project.takings import Way
from qscache_lint.project.uses import Use, UseKind
from qscache_lint.values import Confidence, Span

_KINDS = (DROP_GUARD, USE_LOADED_ROWS, DROP_COPY)
"""What a value is repaired by goes by the first of these that is among its edits."""

_MESSAGES = {
    DROP_COPY: "a copy of {label} is only read, so {label} itself is enough",
    USE_LOADED_ROWS: "the rows of {label} are read anyway, and answer without a query",
    DROP_GUARD: "a loop over no rows does nothing, so it needs no test before it",
}
_SENDS = "the query after the test runs even when {label} has no rows"


@dataclass(frozen=True)
class _Value:
    """One value in one function, with the places to edit."""

    path: str
    parsed: Parsed
    origin: Origin
    places: tuple[Place, ...]

    @property
    def kind(self) -> Kind:
        return next(kind for kind in _KINDS if any(each.kind is kind for each in self.places))

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(sorted(each.span for each in self.places))


def repairs_of_uses(
    analysis: Analysis, definitions: Sequence[Definition], templates: Templates
) -> tuple[Repair, ...]:
    """The repairs of places that use what some definitions of one function cache; none where nothing helps."""
    values = tuple(_Planner(analysis, templates).values(definitions))
    target = FunctionId(definitions[0].path, definitions[0].function)
    by_kind = ((kind, [each for each in values if each.kind is kind]) for kind in _KINDS)
    return tuple(_repair(analysis, target, kind, several) for kind, several in by_kind if several)


class _Planner:
    def __init__(self, analysis: Analysis, templates: Templates) -> None:
        self._analysis = analysis
        self._evaluator = analysis.evaluator
        self._templates = templates
        self._parsed: dict[str, Parsed | None] = {}

    def _read(self, path: str) -> Parsed | None:
        """A file, parsed once: the places of all values in it are nodes of one tree."""
        if path not in self._parsed:
            try:
                self._parsed[path] = Parsed.read(self._evaluator.project.tree.read(path))
            except Refused:
                self._parsed[path] = None
        return self._parsed[path]

    def values(self, definitions: Sequence[Definition]) -> Iterator[_Value]:
        """The values that are told of by findings, each with what can be edited about it."""
        sites = {(step.path, step.span) for each in definitions for step in each.stores}
        several: dict[tuple[str, int, frozenset[Ref]], list[Use]] = {}
        for use in self._analysis.uses:
            if (use.queryset.kept.site.path, use.queryset.kept.site.span) in sites and _is_candidate(use):
                terms = same(self._evaluator.facts(use.path), use.demand.value)
                several.setdefault((use.path, use.function, terms), []).append(use)
        for (path, function, terms), uses in several.items():
            value = self._value(path, function, terms, uses)
            if value is not None:
                yield value

    def _value(self, path: str, function: int, terms: frozenset[Ref], uses: Sequence[Use]) -> _Value | None:
        """The edits of one value, where they end a finding and the file can be written so."""
        querysets = tuple(dict.fromkeys(use.queryset for use in uses))
        caller = Caller(self._evaluator, self._templates, path, function, querysets)
        if not all(_is_certain(self._evaluator, path, use.demand.value) for use in uses):
            return None
        held = hold(self._evaluator, caller, path, terms)
        parsed = self._read(path)
        if parsed is None or (held.changes_rows and held.copies):
            return None
        places = tuple(self._chosen(path, parsed, held, terms, uses))
        found = {use.span for use in uses}
        is_told = any(each.span in found for each in places)
        origin = querysets[0].kept
        return _Value(path, parsed, origin, places) if is_told and _is_writable(parsed, places) else None

    def _chosen(
        self, path: str, parsed: Parsed, held: HeldValue, terms: frozenset[Ref], uses: Sequence[Use]
    ) -> Iterator[Place]:
        """The edits that help: without its copies, a value of which only a part is taken costs as much as before."""
        finder = PlaceFinder(self._evaluator, path, parsed, held, terms)
        is_scoped = all(use.store is Store.SCOPED for use in uses)
        for place in finder.places():
            if place.kind is not DROP_COPY or finder.reads_all or is_scoped:
                yield place


def _is_candidate(use: Use) -> bool:
    """Whether a use is a method called on the value itself, and not a part of another query."""
    is_called = use.kind in (UseKind.REFINED, UseKind.PART) and use.demand.way is Way.METHOD
    return is_called and use.embedding is None and use.queryset.confidence is Confidence.HIGH


def _is_certain(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    """Whether a term is a QuerySet, or what a cache that has one gives."""
    value = evaluator.value(path, ref)
    return any(isinstance(atom, QuerySet) for atom in value) and all(
        isinstance(atom, QuerySet) or atom == ENTRY for atom in value
    )


def _is_writable(parsed: Parsed, places: Iterable[Place]) -> bool:
    try:
        edited(parsed, {each.node: each.edit for each in places})
    except Refused:
        return False
    return True


def _repair(analysis: Analysis, target: FunctionId, kind: Kind, values: Sequence[_Value]) -> Repair:
    """One repair for all values of a kind."""
    origin = values[0].origin
    places = [place for value in values for place in value.places]
    kinds = {place.kind for place in places}
    messages = [_MESSAGES[each].format(label=origin.name) for each in _KINDS if each in kinds]
    effects = dict.fromkeys(
        _SENDS.format(label=origin.name)
        if place.sends
        else analysis.evaluator.knowledge.store_costs[origin.store].kept_rows
        for place in places
    )
    mends = tuple(sorted({(each.path, span) for each in values for span in each.spans}))
    changes = tuple(_changes(values))
    return Repair.planned(kind, target, "; ".join(messages), "; ".join(effects), (), changes, mends=mends)


def _changes(values: Sequence[_Value]) -> Iterator[Change]:
    """All edits of each file."""
    for path, parsed in sorted({each.path: each.parsed for each in values}.items()):
        edits = {place.node: place.edit for value in values if value.path == path for place in value.places}
        yield Change(path, parsed.source, edited(parsed, edits))
