"""What has been counted so far, from all threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from qscache_lint.witness.merging import StoreKey, UseKey, identity
from qscache_lint.witness.records import Effect, RecordedPlace, RecordedStore, RecordedUse
from qscache_lint.witness.runtime.limits import SENTENCES, STORES, USES, WAYS


@dataclass
class Cost:
    """What something took: SELECTs and other statements, rows, milliseconds."""

    queries: int = 0
    rows: int = 0
    milliseconds: float = 0.0


@dataclass
class CountedUse:
    """A use, to which what is read later through what it gave is added."""

    store: int
    effect: Effect
    operation: str
    place: RecordedPlace
    via: tuple[RecordedPlace, ...]
    is_cut: bool = False
    times: int = 0
    cost: Cost = field(default_factory=Cost)


class Ledger:
    """The stores, the uses, and what could not be recorded."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        """The collector may end an iterator of rows, which is then counted, while this thread has the lock."""
        self._entered: dict[StoreKey, RecordedStore] = {}
        """The stores as they were when they were seen first, with nothing counted."""
        self._stores: dict[int, RecordedStore] = {}
        """The same by number, with what has been counted."""
        self._uses: dict[UseKey, CountedUse] = {}
        self._ways: Counter[tuple[object, ...]] = Counter()
        """How many ways to a place are told apart."""
        self._incomplete: dict[str, None] = {}

    def entered(self, store: RecordedStore) -> int | None:
        """The number of a store, which may be a new one; None when there are too many."""
        key = identity(store)
        with self._lock:
            known = self._entered.get(key)
            if known is None and len(self._entered) < STORES:
                known = replace(store, id=len(self._entered) + 1)
                self._entered[key] = self._stores[known.id] = known
        if known is None:
            self.say(f"More than {STORES} places store QuerySets; further ones are left out.")
            return None
        return known.id

    def stored(self, number: int, cost: Cost, size: int = 0) -> None:
        with self._lock:
            known = self._stores[number]
            self._stores[number] = replace(
                known,
                times=known.times + 1,
                rows=known.rows + cost.rows,
                most_rows=max(known.most_rows, cost.rows),
                bytes=known.bytes + size,
                most_bytes=max(known.most_bytes, size),
                queries=known.queries + cost.queries,
                milliseconds=known.milliseconds + cost.milliseconds,
            )

    def hit(self, number: int, rows: int = 0, size: int = 0, milliseconds: float = 0.0) -> None:
        with self._lock:
            known = self._stores[number]
            self._stores[number] = replace(
                known,
                hits=known.hits + 1,
                hit_rows=known.hit_rows + rows,
                hit_bytes=known.hit_bytes + size,
                hit_milliseconds=known.hit_milliseconds + milliseconds,
            )

    def used(self, number: int, effect: Effect, operation: str, places: tuple[RecordedPlace, ...]) -> CountedUse | None:
        """Count a use at the first of some places. None when there are too many."""
        way = number, effect, operation, places[0]
        with self._lock:
            known = self._uses.get((*way, places[1:], False))
            if known is None:
                known = self._used_anew((*way, places[1:], False))
            if known is not None:
                known.times += 1
        if known is None:
            self.say(f"Cached QuerySets are used in more than {USES} ways; further ones are left out.")
        return known

    def _used_anew(self, key: UseKey) -> CountedUse | None:
        """The use that is counted for a way to a place that is not known yet."""
        *place, via, _ = key
        way = tuple(place)
        if self._ways[way] >= WAYS:
            key = *key[:4], via[:1], True
        known = self._uses.get(key)
        if known is None and len(self._uses) < USES:
            self._ways[way] += 1
            known = self._uses[key] = CountedUse(*key)
        return known

    def spent(self, use: CountedUse, cost: Cost) -> None:
        """Add what a use took."""
        with self._lock:
            use.cost.queries += cost.queries
            use.cost.rows += cost.rows
            use.cost.milliseconds += cost.milliseconds

    def say(self, sentence: str) -> None:
        """Something could not be recorded."""
        with self._lock:
            if len(self._incomplete) < SENTENCES:
                self._incomplete[sentence] = None

    def begin_anew(self) -> None:
        """Count from zero; numbers and uses that are known outside stay valid."""
        self._lock = threading.RLock()
        self._stores = {store.id: store for store in self._entered.values()}
        for use in self._uses.values():
            use.times, use.cost = 0, Cost()

    def stores(self, further_hits: Mapping[int, int]) -> tuple[RecordedStore, ...]:
        """The stores that there is something to tell of, with hits that others have counted."""
        with self._lock:
            used = {use.store for use in self._uses.values() if use.times}
            return tuple(
                replace(
                    store,
                    milliseconds=round(store.milliseconds, 3),
                    hits=store.hits + further_hits.get(number, 0),
                    hit_milliseconds=round(store.hit_milliseconds, 3),
                )
                for number, store in self._stores.items()
                if store.times or store.hits or further_hits.get(number) or number in used
            )

    def uses(self) -> tuple[RecordedUse, ...]:
        with self._lock:
            return tuple(
                RecordedUse(
                    use.store,
                    use.effect,
                    use.operation,
                    use.place,
                    use.via,
                    times=use.times,
                    queries=use.cost.queries,
                    rows=use.cost.rows,
                    milliseconds=round(use.cost.milliseconds, 3),
                    is_cut=use.is_cut,
                )
                for use in self._uses.values()
                if use.times
            )

    def incomplete(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._incomplete)
