"""Findings and a recording, joined by place: what each finding costs, and what was seen that no finding is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TypeAlias

from qscache_lint.values import Cost, Finding, Position
from qscache_lint.witness.places import At, Places, in_code
from qscache_lint.witness.records import Effect, Recording, Store, Use

CachedValue: TypeAlias = Hashable
"""What tells cached values apart: the place that stores one."""
_Rank: TypeAlias = tuple[int, int, bool, int]
"""How near a finding is to a use, the nearest first: frames of the project, rows, another name, columns."""


class Verdict(str, Enum):
    """What a recording says of a finding."""

    CONFIRMED = "confirmed"
    NOT_SEEN = "not seen"
    """Its code ran, and nothing of the kind was recorded there."""
    NOT_EXECUTED = "not executed"
    UNKNOWN = "unknown"
    """Nothing of the kind was recorded, and whether its code ran is not known."""


@dataclass(frozen=True)
class Testimony:
    """What was recorded of one finding: of a cached value the stores and all that was done with it, else the uses."""

    verdict: Verdict
    stores: tuple[Store, ...] = ()
    uses: tuple[Use, ...] = ()

    @property
    def cost(self) -> Cost:
        """What it costs by itself: that of a stored value is not that of its uses."""
        return cost_of(self.stores or self.uses)


@dataclass(frozen=True)
class Unfound:
    """Something that was recorded in a file of the project, and that the analysis has no finding for."""

    record: Store | Use
    store: Store
    at: At

    @property
    def cost(self) -> Cost:
        return cost_of([self.record])


@dataclass(frozen=True)
class Joined:
    """The testimony on each finding that is about a cached value, and what no finding is about, the most costly first.

    `elsewhere` is what has a place in no file of the project; `changed` are its files that have changed since.
    """

    testimonies: Mapping[Finding, Testimony]
    unfound: tuple[Unfound, ...]
    elsewhere: frozenset[Store | Use]
    changed: tuple[str, ...]


def join(
    recording: Recording, findings: Sequence[Finding], paths: Collection[str], read: Callable[[str], bytes]
) -> Joined:
    """Join all that is found in a project, of which `paths` are the files, with a recording."""
    return _Join(recording, findings, Places(recording, paths, read)).joined


def cost_of(records: Iterable[Store | Use]) -> Cost:
    """What some records come to: of stores, what putting values in and handing them out took."""
    costs = [_cost(each) for each in records]
    return Cost(*map(sum, zip(*costs, strict=True))) if costs else Cost()


def _cost(record: Store | Use) -> Cost:
    if isinstance(record, Use):
        return Cost(record.milliseconds, record.rows, record.times)
    milliseconds = record.milliseconds + record.hit_milliseconds
    return Cost(milliseconds, record.rows + record.hit_rows, record.times + record.hits)


@dataclass(frozen=True)
class _Spot:
    """A place of the code that findings are about: its statement, what stands around it, and what it says."""

    path: str
    rows: tuple[int, int]
    start: Position
    scope: str
    text: str = ""
    is_method: bool = False


_DEFINITIONS, _USES = "QSC1", "QSC2"
_EFFECTS: Mapping[str, frozenset[Effect]] = {
    "QSC20": frozenset({"refined"}),
    "QSC21": frozenset({"part", "passed"}),
    "QSC22": frozenset({"passed", "refined"}),
    "QSC23": frozenset({"refined", "part", "passed"}),
    "QSC24": frozenset({"written"}),
    "QSC251": frozenset({"part", "passed"}),
    "QSC253": frozenset({"refined"}),
}
"""What the uses are seen to do that a rule is about, by the beginning of its code."""
_SEEN_FROM_OUTSIDE = ("QSC22", "QSC23")
"""The rules of what happens in other code than that of the finding: in what gets the value, in a template."""


class _Join:
    def __init__(self, recording: Recording, findings: Sequence[Finding], places: Places) -> None:
        self._recording = recording
        self._findings = findings
        self._places = places

    @property
    def joined(self) -> Joined:
        testimonies = {each: self._testimony(each) for each in self._findings if each.code.startswith(_ABOUT)}
        unfound = sorted(self._unfound(), key=lambda each: each.cost.heavy_first)
        recorded: list[Store | Use] = [*self._recording.stores, *self._recording.uses]
        changed = {self._places.path_of(path) for path in self._paths if self._places.has_changed(path)}
        return Joined(
            testimonies,
            tuple(unfound),
            frozenset(record for record in recorded if self._at(record) is None),
            tuple(sorted(path for path in changed if path is not None)),
        )

    @cached_property
    def _paths(self) -> frozenset[str]:
        """The files in which something was recorded."""
        records: list[Store | Use] = [*self._recording.stores, *self._recording.uses]
        return frozenset(each.place.path for each in records if each.place is not None)

    # -- stores

    @cached_property
    def _anchors(self) -> dict[CachedValue, tuple[_Spot, str, tuple[_Spot, ...]]]:
        """The cached values that findings are about: where each is stored, its kind of store, the way up to there."""
        found: dict[CachedValue, tuple[_Spot, str, tuple[_Spot, ...]]] = {}
        for finding in self._findings:
            value = _value_of(finding)
            if value is None or value in found:
                continue
            path, span = (finding.path, finding.span) if finding.kept is None else finding.kept.place
            way = tuple(self._spot(step.path, step.span.start) for step in finding.trail)
            found[value] = self._spot(path, span.start), "" if finding.kept is None else finding.kept.store, way
        return found

    def _spot(self, path: str, start: Position) -> _Spot:
        file = self._places.file(path)
        return _Spot(path, file.rows_around(start.row), start, file.scope(start))

    @cached_property
    def _values(self) -> dict[int, frozenset[CachedValue]]:
        """The cached values that each store is, by its number."""
        return {store.id: self._values_of(store) for store in self._recording.stores}

    def _values_of(self, store: Store) -> frozenset[CachedValue]:
        ranks = {value: self._rank(store, *anchor) for value, anchor in self._anchors.items()}
        best = min((rank for rank in ranks.values() if rank is not None), default=None)
        values = frozenset(value for value, rank in ranks.items() if rank is not None and rank == best)
        is_certain = best is not None and (best[0] < _BY_WAY or len(values) == 1)
        return values if is_certain else frozenset()

    def _rank(self, store: Store, spot: _Spot, kind: str, way: Sequence[_Spot]) -> tuple[int, bool, int] | None:
        """How near a store is to the place of a cached value, the nearest first; None where it is another one."""
        is_other = bool(kind) and kind != store.lifetime
        function = None if store.function is None else self._places.at(store.function)
        if function is not None and function.path == spot.path and function.function == spot.scope:
            return _BY_FUNCTION, is_other, abs(function.first - spot.start.row)
        around = (store.place,) if store.function is not None else (store.place, *store.via)
        for number, place in enumerate(around, _BY_PLACE):
            at = None if place is None else self._places.at(place)
            apart = None if at is None else at.distance(spot.path, spot.rows, spot.scope)
            if apart is not None:
                return number, is_other, apart
        at = None if store.place is None or store.function is not None else self._places.at(store.place)
        is_on_way = at is not None and any(at.distance(each.path, each.rows, each.scope) == 0 for each in way)
        return (_BY_WAY, is_other, 0) if is_on_way else None

    # -- uses

    @cached_property
    def _spots_of_uses(self) -> dict[str, list[tuple[Finding, _Spot]]]:
        """The findings about uses, by file."""
        found: dict[str, list[tuple[Finding, _Spot]]] = {}
        for finding in self._findings:
            if finding.code.startswith(_USES):
                found.setdefault(finding.path, []).append((finding, self._used(finding)))
        return found

    def _used(self, finding: Finding) -> _Spot:
        file, start = self._places.file(finding.path), finding.span.start
        spot = self._spot(finding.path, start)
        text, is_method = file.text(finding.span), file.is_method(finding.span)
        return _Spot(spot.path, spot.rows, start, spot.scope, text, is_method)

    @cached_property
    def _used_by(self) -> dict[int, tuple[Finding, ...]]:
        """The findings that each use confirms, by its number in the recording."""
        return {number: self._findings_of(use) for number, use in enumerate(self._recording.uses)}

    def _findings_of(self, use: Use) -> tuple[Finding, ...]:
        ranks: dict[Finding, _Rank] = {}
        for number, place in enumerate((use.place, *use.via)):
            at = self._places.at(place)
            for finding, spot in () if at is None else self._spots_of_uses.get(at.path, ()):
                apart = None if at is None else at.distance(spot.path, spot.rows, spot.scope)
                if at is not None and apart is not None and self._may_be(use, finding, spot, is_outer=number > 0):
                    rank = number, apart, use.operation != spot.text, _columns_apart(at, spot)
                    ranks[finding] = min(ranks.get(finding, rank), rank)
        ranks = ranks or self._later_in_function(use)
        best = min(ranks.values(), default=None)
        return tuple(finding for finding, rank in ranks.items() if rank == best)

    def _later_in_function(self, use: Use) -> dict[Finding, _Rank]:
        """The findings about what a function hands over, which may be used later: by `page.object_list`, by a template.

        What the code itself does on that row is something else.
        """
        at = self._places.at(use.place)
        if at is None or self._places.file(at.path).spells(use.operation, at.first, at.last):
            return {}
        return {
            finding: (0, abs(at.first - spot.start.row), True, 0)
            for finding, spot in self._spots_of_uses.get(at.path, ())
            if spot.scope == at.function and not spot.is_method and self._may_be(use, finding, spot, is_outer=False)
        }

    def _may_be(self, use: Use, finding: Finding, spot: _Spot, *, is_outer: bool) -> bool:
        """Whether a use at the place of a finding, or in code that is called there, is what it is about."""
        values = self._values[use.store]
        is_its_value = not values or _value_of(finding) in values
        return is_its_value and (not is_outer or finding.code.startswith(_SEEN_FROM_OUTSIDE)) and _agrees(
            use, finding, spot
        )

    # -- findings

    def _testimony(self, finding: Finding) -> Testimony:
        if finding.code.startswith(_DEFINITIONS):
            value = _value_of(finding)
            stores = tuple(store for store in self._recording.stores if value in self._values[store.id])
            ids = {store.id for store in stores}
            uses = tuple(use for use in self._recording.uses if use.store in ids)
        else:
            stores = ()
            uses = tuple(use for number, use in enumerate(self._recording.uses) if finding in self._used_by[number])
        verdict = Verdict.CONFIRMED if stores or uses else self._executed(finding)
        return Testimony(verdict, stores, uses)

    def _executed(self, finding: Finding) -> Verdict:
        """Whether the code of a finding of which nothing was recorded ran at all."""
        if self._ran is None:
            return Verdict.UNKNOWN
        function = self._places.file(finding.path).function(finding.span.start)
        return Verdict.NOT_SEEN if function in self._ran.get(finding.path, ()) else Verdict.NOT_EXECUTED

    @cached_property
    def _ran(self) -> Mapping[str, frozenset[str]] | None:
        """The functions that ran, by file of the project; None where that is not known."""
        if self._recording.executed is None:
            return None
        return {
            path: frozenset(in_code(each.function) for each in functions)
            for recorded, functions in self._recording.executed.items()
            if (path := self._places.path_of(recorded)) is not None
        }

    # -- what no finding is about

    def _unfound(self) -> Iterator[Unfound]:
        stores = {store.id: store for store in self._recording.stores}
        for store in self._recording.stores:
            at = self._at(store)
            if at is not None and not self._values[store.id]:
                yield Unfound(store, store, at)
        for number, use in enumerate(self._recording.uses):
            store, at = stores[use.store], self._at(use)
            if at is not None and not self._used_by[number] and not self._is_fine(use, store):
                yield Unfound(use, store, at)

    def _is_fine(self, use: Use, store: Store) -> bool:
        """Whether a use is none that a rule is about: it reads rows, which is what caches are for, or takes a part of
        rows that are there for others."""
        if use.effect != "part":
            return use.effect == "read"
        match store.lifetime:
            case "scoped":
                return True
            case "memo":
                return not use.queries
            case "pickled":
                return any(other.effect == "read" for other in self._recording.uses if other.store == store.id)

    def _at(self, record: Store | Use) -> At | None:
        """The place that a report names."""
        place = record.place if isinstance(record, Use) else record.function or record.place
        return None if place is None else self._places.at(place)


_ABOUT = (_DEFINITIONS, _USES)
_BY_FUNCTION, _BY_PLACE, _BY_WAY = 0, 1, 1000


def _value_of(finding: Finding) -> CachedValue | None:
    """The cached value that a finding is about."""
    if finding.kept is not None:
        return finding.kept.place
    return (finding.path, finding.span) if finding.code.startswith(_DEFINITIONS) else None


def _agrees(use: Use, finding: Finding, spot: _Spot) -> bool:
    """Whether what was seen is what a finding says: methods and operators by their name, all else by its effect."""
    if finding.code.startswith(_SEEN_FROM_OUTSIDE):
        return use.effect in _effects(finding.code)
    if spot.is_method or not spot.text[:1].isidentifier():
        return use.operation[:1] == "[" if spot.text[:1] == "[" else use.operation == spot.text
    return use.effect in _effects(finding.code)


def _effects(code: str) -> frozenset[Effect]:
    return next((effects for prefix, effects in _EFFECTS.items() if code.startswith(prefix)), frozenset())


def _columns_apart(at: At, spot: _Spot) -> int:
    """How far behind the beginning of what was seen a finding stands; 0 where no column is known."""
    return 0 if at.column is None or at.first != spot.start.row else abs(spot.start.column - at.column)

