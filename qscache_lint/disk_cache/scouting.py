"""What the scout has said of files, by their content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from qscache_lint import limits
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.kept import CacheEntry, Everything
from qscache_lint.facts.readers import Scouting
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.scout import Memos, Sought
from qscache_lint.source.text import name_in_source

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading


class KeptScouting:
    """Asks once for each content and the words in it."""

    def __init__(self, cache: DiskCache | None, scouting: Scouting, statistics: RunStatistics) -> None:
        self._scouting = scouting
        self._statistics = statistics
        self._entry: CacheEntry[dict[bytes, Memos]] = CacheEntry(cache, "scouted", dict[bytes, tuple[int, ...] | None])
        self._known = self._entry.known or {}
        self._used: dict[bytes, Memos] = {}

    def __call__(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        """What the scout says of files, in their order, with the facts of those that were parsed for that."""
        coming = iter(files)
        while some := list(islice(coming, limits.SCOUTED_AT_ONCE)):
            yield from self._answers(some, signs)

    def _answers(self, files: list[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        keys = [_key(file, signs) for file in files]
        fresh = {key: file for key, file in zip(keys, files, strict=True) if not self._has(key)}
        self._statistics.count("scouted", len(fresh))
        answers = self._scouting(fresh.values(), signs) if fresh else ()
        readings: dict[bytes, Reading | None] = {}
        for key, (memos, reading) in zip(fresh, answers, strict=True):
            self._used[key] = memos
            readings[key] = reading
        for key in keys:
            if key not in self._used:
                self._used[key] = self._known[key]
            yield self._used[key], readings.get(key)

    def _has(self, key: bytes) -> bool:
        return key in self._used or key in self._known

    def keep(self, *, with_others: bool = False) -> None:
        """Keep the answers of this run; `with_others`, those that it had no use for, too."""
        answers = {**self._known, **self._used} if with_others else self._used
        if answers != self._known:
            self._entry.keep(Everything(), answers)


def _key(file: Sought, signs: Signs) -> bytes:
    source, words = file
    return digest(source + b"\0" + name_in_source(" ".join(sorted(words))) + _written(signs))[:16]


@lru_cache(maxsize=1)
def _written(signs: Signs) -> bytes:
    return repr([sorted(names) for names in (signs.filling, signs.asking, signs.requests)]).encode()
