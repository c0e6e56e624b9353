"""What a run has done, how long each part of it took, and how far it is.

The clock is handed in by the entry that wants to know; without one every phase takes no time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Phase:
    """A part of a run that is not over: since when, and how much of how much is done, if that is known."""

    name: str
    begun: float
    total: int = 0
    done: int = 0


class RunStatistics:
    """Counts, and the time spent in each phase without the phases inside it.

    `told` is called whenever a phase begins, goes on or ends, with those that are open, the innermost last.
    """

    def __init__(
        self,
        clock: Callable[[], float] = lambda: 0.0,
        told: Callable[[Sequence[Phase]], None] = lambda phases: None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._told = told
        self._since = clock()
        self._open: list[Phase] = []

    def count(self, name: str, number: int = 1) -> None:
        """Add to the counter `name`."""
        self.counts[name] += number

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Whatever runs inside belongs to the phase `name`; a phase inside another one stops that one's time."""
        self._settle()
        self._open.append(Phase(name, self._since))
        self._told(self._open)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()
            self._told(self._open)

    def expect(self, total: int) -> None:
        """The phase at hand has so many things to do."""
        if self._open:
            self._open[-1].total, self._open[-1].done = total, 0

    def advance(self, number: int = 1) -> None:
        """So many more of them are done."""
        if self._open:
            self._open[-1].done += number
            self._told(self._open)

    def _settle(self) -> None:
        now = self._clock()
        if self._open:
            phase = self._open[-1].name
            self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self._since
        self._since = now
