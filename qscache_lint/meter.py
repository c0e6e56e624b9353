"""What a run has done, and how long each part of it took.

The clock is handed in by the entry that wants to know; without one every phase takes no time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Meter:
    """Counts, and the time spent in each phase without the phases inside it."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._since = clock()
        self._open: list[str] = []

    def count(self, name: str, number: int = 1) -> None:
        """Add to the counter `name`."""
        self.counts[name] += number

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Whatever runs inside belongs to the phase `name`; a phase inside another one stops that one's time."""
        self._settle()
        self._open.append(name)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()

    def _settle(self) -> None:
        now = self._clock()
        if self._open:
            phase = self._open[-1]
            self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._since
        self._since = now
