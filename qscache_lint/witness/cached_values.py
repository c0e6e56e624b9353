"""Which of the cached values that findings are about a recorded store is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from qscache_lint.values import Finding
from qscache_lint.witness.code import Spot
from qscache_lint.witness.places import At, Behind, RecordedPlaces
from qscache_lint.witness.records import RecordedStore

CachedValue: TypeAlias = Hashable
"""What tells cached values apart: the place that stores one."""

DEFINITIONS = "QSC1"
"""How the codes of findings begin that stand where a value is cached."""

_BY_FUNCTION, _BY_PLACE, _BY_WAY = 0, 1, 1000
"""How a store may be known, the surest first: by the cached function, by its own place and those of its callers, and by
what only lies on the way of the value, such as a helper that stores for others."""


class _Rank(NamedTuple):
    """How near a store is to the place of a cached value, the nearest first."""

    by: int
    is_other_kind: bool = False
    rows: int = 0
    behind: Behind = Behind(is_outside=False)


class _Anchor(NamedTuple):
    """A cached value: where it is stored, its kind of store, if that is known, and the way up to there."""

    value: CachedValue
    spot: Spot
    kind: str
    way: tuple[Spot, ...]


class CachedValues:
    """The cached values that some findings are about."""

    def __init__(self, findings: Iterable[Finding], places: RecordedPlaces) -> None:
        self._places = places
        self._by_path: dict[str, dict[CachedValue, _Anchor]] = {}
        known: set[CachedValue] = set()
        for finding in findings:
            value = value_of(finding)
            if value is not None and value not in known:
                known.add(value)
                anchor = self._anchor(finding, value)
                for spot in (anchor.spot, *anchor.way):
                    self._by_path.setdefault(spot.path, {})[value] = anchor

    def _anchor(self, finding: Finding, value: CachedValue) -> _Anchor:
        path, span = (finding.path, finding.span) if finding.kept is None else finding.kept.place
        kind = "" if finding.kept is None else finding.kept.store
        way = tuple(self._places.spot(step.path, step.span) for step in finding.trail)
        return _Anchor(value, self._places.spot(path, span), kind, way)

    def of(self, store: RecordedStore) -> frozenset[CachedValue]:
        """The values that a store keeps; none where that is not certain."""
        ranks = {anchor.value: rank for anchor in self._near(store) if (rank := self._rank(store, anchor)) is not None}
        best = min(ranks.values(), default=None)
        values = frozenset(value for value, rank in ranks.items() if rank == best)
        is_certain = best is not None and (best.by < _BY_WAY or len(values) == 1)
        return values if is_certain else frozenset()

    def _near(self, store: RecordedStore) -> Iterable[_Anchor]:
        """The cached values that have to do with a file of a store."""
        paths = dict.fromkeys(at.path for at in (self._function(store), *self._around(store)) if at is not None)
        found: dict[CachedValue, _Anchor] = {}
        for path in paths:
            found.update(self._by_path.get(path, {}))
        return found.values()

    def _function(self, store: RecordedStore) -> At | None:
        return None if store.function is None else self._places.at(store.function)

    def _around(self, store: RecordedStore) -> Iterator[At | None]:
        """The place of a store, and those of its callers where no cached function is known."""
        for place in (store.place, *(() if store.function is not None else store.via)):
            yield None if place is None else self._places.at(place)

    def _rank(self, store: RecordedStore, anchor: _Anchor) -> _Rank | None:
        """How near a store is to the place of a cached value; None where it is another one."""
        is_other, function = bool(anchor.kind) and anchor.kind != store.lifetime, self._function(store)
        if function is not None and (function.path, function.function) == (anchor.spot.path, anchor.spot.scope):
            return _Rank(_BY_FUNCTION, is_other, abs(function.first - anchor.spot.start.row))
        around = [*self._around(store)]
        for number, at in enumerate(around, _BY_PLACE):
            apart = None if at is None else at.distance(anchor.spot)
            if at is not None and apart is not None:
                return _Rank(number, is_other, apart, at.behind(anchor.spot))
        inner = around[0] if store.function is None else None
        is_on_way = inner is not None and any(inner.distance(spot) == 0 for spot in anchor.way)
        return _Rank(_BY_WAY, is_other) if is_on_way else None


def value_of(finding: Finding) -> CachedValue | None:
    """The cached value that a finding is about."""
    if finding.kept is not None:
        return finding.kept.place
    return (finding.path, finding.span) if finding.code.startswith(DEFINITIONS) else None
