"""A reader that asks the disk cache first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.facts.readers import Job, Reader, Request
from qscache_lint.run_statistics import RunStatistics

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading
    from qscache_lint.source.scout import Memos, Signs, Sought


class CachingReader:
    """Takes facts from a disk cache; what is not there comes from another reader, and is kept."""

    def __init__(self, disk_cache: DiskCache, reader: Reader, statistics: RunStatistics) -> None:
        self._disk_cache = disk_cache
        self._reader = reader
        self._statistics = statistics

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        unknown: dict[str, Request] = {}
        for request in requests:
            known = self._disk_cache.facts(request.source)
            if known is None:
                unknown[request.path] = request
            else:
                self._statistics.count("from the cache")
                yield request.path, known
        for path, reading in self._reader.read(unknown.values()):
            self._disk_cache.keep_facts(unknown[path].source, reading)
            yield path, reading

    def scout(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        sought = list(files)
        for (source, _), (memos, reading) in zip(sought, self._reader.scout(sought, signs), strict=True):
            if reading is not None:
                self._disk_cache.keep_facts(source, reading)
            yield memos, reading

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return self._reader.apart(work, jobs)
