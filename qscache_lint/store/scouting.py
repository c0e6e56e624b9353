"""What the scout has said of files, by their content."""

from __future__ import annotations

from functools import lru_cache

from qscache_lint.meter import Meter
from qscache_lint.source.scout import Sighting, Signs, look
from qscache_lint.store.entries import digest
from qscache_lint.store.store import Store


class KeptScouting:
    """Asks the scout once for each content and the words in it."""

    def __init__(self, store: Store | None, meter: Meter) -> None:
        self._store = store
        self._meter = meter
        self._known = {} if store is None else store.scouted()
        self._used: dict[bytes, list[int] | None] = {}

    def __call__(self, source: bytes, words: frozenset[str], signs: Signs) -> Sighting:
        key = digest(source + b"\0" + " ".join(sorted(words)).encode() + _written(signs))[:16]
        known = self._used if key in self._used else self._known
        if key in known:
            self._used[key] = known[key]
            return Sighting(known[key], None)
        self._meter.count("scouted")
        seen = look(source, words, signs)
        self._used[key] = None if seen.memos is None else list(seen.memos)
        return seen

    def keep(self) -> None:
        """Keep the answers of this run."""
        if self._store is not None and self._used != self._known:
            self._store.keep_scouted(self._used)


@lru_cache(maxsize=1)
def _written(signs: Signs) -> bytes:
    return repr([sorted(names) for names in (signs.filling, signs.asking, signs.requests)]).encode()
