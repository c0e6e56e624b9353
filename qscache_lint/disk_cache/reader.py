"""A reader that looks into the cache first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.kept import CacheEntry, Everything
from qscache_lint.facts.readers import Job, Reader, Request
from qscache_lint.run_statistics import RunStatistics

if TYPE_CHECKING:
    from qscache_lint.facts.encoding import Encodable
    from qscache_lint.facts.reading import Reading
    from qscache_lint.source.memo_shape import Signs
    from qscache_lint.source.scout import Memos, Sought


def facts_entry(cache: DiskCache, content: bytes) -> CacheEntry[Encodable]:
    """Where the facts of files are kept whose content has this digest."""
    from qscache_lint.facts.encoding import Encodable

    name = content.hex()[:40]
    return CacheEntry(cache, f"facts/{name[:2]}/{name}", Encodable)


def keep_facts(cache: DiskCache, source: bytes, reading: Reading) -> None:
    """Keep the facts of a content, unless they are the trace of a mistake of ours."""
    from qscache_lint.facts.encoding import Encodable
    from qscache_lint.source.syntax import Unreadable

    if not (isinstance(reading, Unreadable) and reading.is_fault):
        facts_entry(cache, digest(source)).keep(Everything(), Encodable.of(reading))


class CachingReader:
    """Takes facts from a cache; those that are not there come from another reader, and are kept."""

    def __init__(self, cache: DiskCache, reader: Reader, statistics: RunStatistics) -> None:
        self._cache = cache
        self._reader = reader
        self._statistics = statistics

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        unknown: dict[str, Request] = {}
        for request in requests:
            known = facts_entry(self._cache, digest(request.source)).known
            if known is None or known.reading is None:
                unknown[request.path] = request
            else:
                self._statistics.count("from the cache")
                yield request.path, known.reading
        for path, reading in self._reader.read(unknown.values()):
            keep_facts(self._cache, unknown[path].source, reading)
            yield path, reading

    def scout(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        sought = list(files)
        for (source, _), (memos, reading) in zip(sought, self._reader.scout(sought, signs), strict=True):
            if reading is not None:
                keep_facts(self._cache, source, reading)
            yield memos, reading

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return self._reader.apart(work, jobs)
