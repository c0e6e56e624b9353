"""Which of the uses that findings are about a recorded use is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from qscache_lint.per_file import is_test
from qscache_lint.values import Finding
from qscache_lint.witness.cached_values import CachedValue, value_of
from qscache_lint.witness.code import Spot
from qscache_lint.witness.places import At, Places
from qscache_lint.witness.records import Effect, Use

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


class _Rank(NamedTuple):
    """How near a finding is to a use, the nearest first: frames of the project, rows, another name, columns."""

    frames: int
    rows: int
    is_other_name: bool
    columns: int


class _Found(NamedTuple):
    """A finding with its place in the code."""

    finding: Finding
    spot: Spot

    @property
    def is_outside(self) -> bool:
        return self.finding.code.startswith(_SEEN_FROM_OUTSIDE)


class FoundUses:
    """The uses that some findings are about."""

    def __init__(self, findings: Iterable[Finding], places: Places) -> None:
        self._places = places
        self._by_path: dict[str, list[_Found]] = {}
        for finding in findings:
            if finding.code.startswith(USES):
                found = _Found(finding, places.spot(finding.path, finding.span))
                self._by_path.setdefault(finding.path, []).append(found)
        self._outside = [found for several in self._by_path.values() for found in several if found.is_outside]

    def of(self, use: Use, values: Collection[CachedValue]) -> tuple[Finding, ...]:
        """The findings that a use confirms, of one of some cached values, or of any where these are not known."""
        ranks = dict(self._at_place(use, values))
        best = min(ranks.values(), default=None)
        at_place = tuple(finding for finding, rank in ranks.items() if rank == best)
        return at_place or tuple(self._in_function(use, values) or self._anywhere(use, values))

    def _at_place(self, use: Use, values: Collection[CachedValue]) -> Iterator[tuple[Finding, _Rank]]:
        """The findings at the place of a use; one may be about what happens in code that is called there."""
        for number, place in reversed([*enumerate((use.place, *use.via))]):
            at = self._places.at(place)
            for found in self._in_file(at):
                apart = None if at is None else at.distance(found.spot)
                may_be = _agrees(use, found, values) and (not number or found.is_outside)
                if at is not None and apart is not None and may_be:
                    is_other = use.operation != found.spot.text
                    yield found.finding, _Rank(number, apart, is_other, _columns_apart(at, found.spot))

    def _in_function(self, use: Use, values: Collection[CachedValue]) -> list[Finding]:
        """The nearest finding about what the same function hands over, and what is used later: `pages.get_page()`."""
        at = self._places.at(use.place)
        if at is None or self._is_spelt(use, at):
            return []
        handed = [
            (abs(at.first - found.spot.start.row), found.finding)
            for found in self._in_file(at)
            if found.spot.scope == at.function and _is_handed(use, found, values)
        ]
        return [min(handed, key=lambda each: each[0])[1]] if handed else []

    def _anywhere(self, use: Use, values: Collection[CachedValue]) -> list[Finding]:
        """The only finding about a value that other code uses later, such as a template, or the base of a view.

        What code does by itself is something else, but for `client.get()` in a test.
        """
        at = self._places.at(use.place)
        if not values or (at is not None and self._is_spelt(use, at) and not is_test(at.path)):
            return []
        outside = [found.finding for found in self._outside if _is_handed(use, found, values)]
        return outside if len(outside) == 1 else []

    def _is_spelt(self, use: Use, at: At) -> bool:
        return self._places.file(at.path).spells(use.operation, at.first, at.last)

    def _in_file(self, at: At | None) -> Iterable[_Found]:
        return () if at is None else self._by_path.get(at.path, ())


def _is_handed(use: Use, found: _Found, values: Collection[CachedValue]) -> bool:
    return not found.spot.is_method and _agrees(use, found, values)


def _agrees(use: Use, found: _Found, values: Collection[CachedValue]) -> bool:
    """Whether what was seen is what a finding says: methods and operators by their name, all else by its effect."""
    if values and value_of(found.finding) not in values:
        return False
    text = found.spot.text
    is_named = found.spot.is_method or not text[:1].isidentifier()
    if found.is_outside or not is_named:
        return use.effect in _effects(found.finding.code)
    return use.operation[:1] == "[" if text[:1] == "[" else use.operation == text


def _effects(code: str) -> frozenset[Effect]:
    return next((effects for prefix, effects in _EFFECTS.items() if code.startswith(prefix)), frozenset())


def _columns_apart(at: At, spot: Spot) -> int:
    """How far behind the beginning of what was seen a finding stands; 0 where no column is known."""
    return 0 if at.column is None or at.first != spot.start.row else abs(spot.start.column - at.column)
