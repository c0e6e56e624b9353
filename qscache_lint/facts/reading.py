"""From bytes to facts, here and now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeAlias

from qscache_lint.facts.model import Parts
from qscache_lint.facts.module import read_bodies, read_own
from qscache_lint.facts.readers import Job, Request
from qscache_lint.meter import Meter
from qscache_lint.source.parse import Unreadable
from qscache_lint.source.scout import Sighting, Signs, Sought, sightings
from qscache_lint.source.units import Layout, Units

Reading: TypeAlias = Parts | Unreadable
"""What a file states, or why nobody knows."""


class DirectReader:
    """Reads each file when it is asked for; bodies wait until somebody needs them."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        for request in requests:
            own = read_own(request.units)
            reading = own if isinstance(own, Unreadable) else Parts(own)
            count_reading(self._meter, reading)
            yield request.path, reading

    def sightings(self, files: Iterable[Sought], signs: Signs) -> Iterator[Sighting]:
        return sightings(files, signs)

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return None


def read_source(source: bytes, wanted: Collection[int] = (), layout: Layout | None = None) -> Reading:
    """Parse and visit one file, and the bodies in the `wanted` units. The answer follows from the bytes alone.

    The `layout` is that of the file, for those who know it.
    """
    units = Units(source, layout)
    own = read_own(units)
    return own if isinstance(own, Unreadable) else Parts(own, read_bodies(units, own, wanted))


def count_reading(meter: Meter, reading: Reading) -> None:
    """Note that a file was parsed, and visited if that was possible."""
    meter.count("parsed")
    if isinstance(reading, Parts):
        meter.count("visited")
