"""From bytes to facts, here and now."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import TypeAlias

from qscache_lint.facts.model import ModuleFacts
from qscache_lint.meter import Meter
from qscache_lint.source.parse import Unreadable, parse

Reading: TypeAlias = ModuleFacts | Unreadable
"""What a file states, or why nobody knows."""

_ROOM = 1000
_ONE_AT_A_TIME = Lock()


class DirectReader:
    """Reads each file when it is asked for."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def read(self, sources: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Reading]]:
        for path, source in sources:
            reading = read_source(source)
            count_reading(self._meter, reading)
            yield path, reading


def read_source(source: bytes) -> Reading:
    """Parse and visit one file. The answer follows from the bytes alone, however deep the caller's stack is."""
    with _ONE_AT_A_TIME:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(_depth() + _ROOM)
        try:
            return _parsed_and_visited(source)
        finally:
            sys.setrecursionlimit(limit)


def count_reading(meter: Meter, reading: Reading) -> None:
    """Note that a file was parsed, and visited if that was possible."""
    meter.count("parsed")
    if isinstance(reading, ModuleFacts):
        meter.count("visited")


def _parsed_and_visited(source: bytes) -> Reading:
    module = parse(source)
    if isinstance(module, Unreadable):
        return module
    from qscache_lint.facts.visitor import read_facts

    try:
        return read_facts(module)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")


def _depth() -> int:
    """How many calls are open."""
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
