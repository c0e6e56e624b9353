"""A reader that asks the store first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from qscache_lint.facts.readers import Reader
from qscache_lint.meter import Meter
from qscache_lint.store.store import Store

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading


class StoredReader:
    """Takes facts from a store; what is not there comes from another reader, and is kept."""

    def __init__(self, store: Store, reader: Reader, meter: Meter) -> None:
        self._store = store
        self._reader = reader
        self._meter = meter

    def read(self, sources: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Reading]]:
        unknown: dict[str, bytes] = {}
        for path, source in sources:
            known = self._store.facts(source)
            if known is None:
                unknown[path] = source
            else:
                self._meter.count("from the cache")
                yield path, known
        for path, reading in self._reader.read(unknown.items()):
            self._store.keep_facts(unknown[path], reading)
            yield path, reading
