"""Which of the uses that findings are about a recorded use is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from qscache_lint.per_file import is_test
from qscache_lint.values import Finding, Position
from qscache_lint.witness.cached_values import CachedValue, value_of
from qscache_lint.witness.code import Spot
from qscache_lint.witness.places import At, Behind, RecordedPlaces
from qscache_lint.witness.records import Effect, RecordedUse

USES = "QSC2"
"""How the codes of findings about uses begin."""
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


class FoundUse(NamedTuple):
    """The findings that a use may be; not `is_told` where these are several places, or the value is another one."""

    findings: tuple[Finding, ...] = ()
    is_told: bool = True


class _Rank(NamedTuple):
    """How near a finding is to a use, the nearest first: frames of the project, rows, another name, the place.

    A store only chooses among findings at one place: several may fill one key, and a finding names one of them.
    """

    frames: int
    rows: int
    is_other_name: bool
    behind: Behind
    is_other_value: bool


_ANY = _Rank(0, 0, is_other_name=False, behind=Behind(is_outside=False), is_other_value=False)


class _Found(NamedTuple):
    """A finding with its place in the code."""

    finding: Finding
    spot: Spot

    @property
    def is_outside(self) -> bool:
        return self.finding.code.startswith(_SEEN_FROM_OUTSIDE)


class FoundUses:
    """The uses that some findings are about."""

    def __init__(self, findings: Iterable[Finding], places: RecordedPlaces) -> None:
        self._places = places
        self._by_path: dict[str, list[_Found]] = {}
        for finding in findings:
            if finding.code.startswith(USES):
                found = _Found(finding, places.spot(finding.path, finding.span))
                self._by_path.setdefault(finding.path, []).append(found)
        self._outside = [found for several in self._by_path.values() for found in several if found.is_outside]

    def of(self, use: RecordedUse, values: Collection[CachedValue]) -> FoundUse:
        """The findings that a use confirms, of one of some cached values, or of any where these are not known."""
        ranks = [*self._at_place(use, values)]
        sure = [(found, rank) for found, rank in ranks if not rank.is_other_value or not found.is_outside]
        if sure:
            return _nearest(sure)
        later = self._in_function(use, values) or self._anywhere(use, values)
        return _nearest(later) if later else _nearest(ranks or self._further(use, values))._replace(is_told=False)

    def _at_place(self, use: RecordedUse, values: Collection[CachedValue]) -> Iterator[tuple[_Found, _Rank]]:
        """The findings at the place of a use; one may be about what happens in code that is called there."""
        for number, place in reversed([*enumerate((use.place, *use.via))]):
            at = self._places.at(place)
            for found in self._in_file(at):
                apart = None if at is None else at.distance(found.spot)
                if at is None or apart is None or not _agrees(use, found):
                    continue
                if found.is_outside or not (number or self._is_other_call(use, at, found)):
                    is_other = use.operation != found.spot.text
                    yield found, _Rank(number, apart, is_other, at.behind(found.spot), not _is_of(found, values))

    def _is_other_call(self, use: RecordedUse, at: At, found: _Found) -> bool:
        """Whether a finding names another method than the call that was seen, as far as Python tells where that is."""
        if at.column is None or at.has_changed or not (found.spot.is_method or found.spot.text[:1] == "["):
            return False
        done = self._places.file(at.path).done_from(Position(at.first, at.column), use.operation)
        is_elsewhere = found.spot.is_method and not at.first <= found.spot.start.row <= at.last
        return is_elsewhere or bool(done and found.spot.start not in done)

    def _in_function(self, use: RecordedUse, values: Collection[CachedValue]) -> list[tuple[_Found, int]]:
        """The nearest finding about what the same function hands over, and what is used later: `pages.get_page()`."""
        at = self._places.at(use.place)
        if at is None or self._is_spelt(use, at):
            return []
        return [
            (found, abs(at.first - found.spot.start.row))
            for found in self._in_file(at)
            if found.spot.scope == at.function and _is_handed(use, found, values)
        ]

    def _anywhere(self, use: RecordedUse, values: Collection[CachedValue]) -> list[tuple[_Found, int]]:
        """The only finding about a value that other code uses later, such as a template, or the base of a view.

        What code does by itself is something else, but for `client.get()` in a test.
        """
        at = self._places.at(use.place)
        if not values or (at is not None and self._is_spelt(use, at) and not is_test(at.path)):
            return []
        outside = [(found, 0) for found in self._outside if _is_handed(use, found, values)]
        return outside if len(outside) == 1 else []

    def _further(self, use: RecordedUse, values: Collection[CachedValue]) -> list[tuple[_Found, _Rank]]:
        """The findings about what a use may come from whose way is not recorded in full."""
        return [(found, _ANY) for found in self._outside if use.is_cut and _is_handed(use, found, values)]

    def _is_spelt(self, use: RecordedUse, at: At) -> bool:
        return self._places.file(at.path).spells(use.operation, at.first, at.last)

    def _in_file(self, at: At | None) -> Iterable[_Found]:
        return () if at is None else self._by_path.get(at.path, ())


_Order = TypeVar("_Order", _Rank, int)


def _nearest(ranks: Sequence[tuple[_Found, _Order]]) -> FoundUse:
    """The findings of the best rank."""
    best = min((rank for _, rank in ranks), default=None)
    nearest = [found for found, rank in ranks if rank == best]
    places = {(found.spot.path, found.spot.start) for found in nearest}
    return FoundUse(tuple(found.finding for found in nearest), len(places) <= 1)


def _is_handed(use: RecordedUse, found: _Found, values: Collection[CachedValue]) -> bool:
    return not found.spot.is_method and _is_of(found, values) and _agrees(use, found)


def _is_of(found: _Found, values: Collection[CachedValue]) -> bool:
    return not values or value_of(found.finding) in values


def _agrees(use: RecordedUse, found: _Found) -> bool:
    """Whether what was seen is what a finding says: methods and operators by their name, all else by its effect."""
    text = found.spot.text
    is_named = found.spot.is_method or not text[:1].isidentifier()
    if found.is_outside or not is_named:
        return use.effect in _effects(found.finding.code)
    return use.operation[:1] == "[" if text[:1] == "[" else use.operation == text


def _effects(code: str) -> frozenset[Effect]:
    return next((effects for prefix, effects in _EFFECTS.items() if code.startswith(prefix)), frozenset())
