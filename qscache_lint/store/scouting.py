"""What the scout has said of files, by their content."""

from __future__ import annotations

from functools import lru_cache

from qscache_lint.meter import Meter
from qscache_lint.source.scout import Signs, may_hold_cache
from qscache_lint.store.entries import digest
from qscache_lint.store.store import Store


class KeptScouting:
    """Asks the scout once for each content and the words in it."""

    def __init__(self, store: Store | None, meter: Meter) -> None:
        self._store = store
        self._meter = meter
        self._known = {} if store is None else store.scouted()
        self._used: dict[bytes, bool] = {}

    def __call__(self, source: bytes, words: frozenset[str], signs: Signs) -> bool:
        key = digest(source + b"\0" + " ".join(sorted(words)).encode() + _written(signs))[:16]
        known = self._used.get(key, self._known.get(key))
        if known is None:
            self._meter.count("scouted")
            known = may_hold_cache(source, words, signs)
        self._used[key] = known
        return known

    def keep(self) -> None:
        """Keep the answers of this run."""
        if self._store is not None and self._used != self._known:
            self._store.keep_scouted(self._used)


@lru_cache(maxsize=1)
def _written(signs: Signs) -> bytes:
    return repr([sorted(names) for names in (signs.filling, signs.asking, signs.requests)]).encode()
