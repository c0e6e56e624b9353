"""A bar on the terminal for each part of a run that takes longer than a second."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread

from qscache_lint.run_statistics import Phase

_PATIENCE = 1.0
"""Seconds that a phase goes on in silence."""

_TICK = 0.1
"""Seconds from one look to the next."""

_CELLS = 30

_LABELS: Mapping[str, str] = {
    "cache": "Comparing with the last run",
    "discover": "Looking for files",
    "evaluate": "Evaluating",
    "facts": "Reading",
    "fixes": "Looking for fixes",
    "gate": "Selecting files",
    "components": "Separating projects",
    "components apart": "Checking projects",
    "repairs": "Repairing",
    "repositories": "Checking repositories",
    "rules": "Applying rules",
}
"""What people call the phases of a run."""


class TerminalProgress:
    """Shows on a terminal which phase goes on for long and how far it is; a statistics tells of the phases.

    While `watching`, a timer looks as well, so that a phase is seen that tells nothing of how far it is. A timer and
    not a thread, because workers are forked from a process that has one thread. What is drawn goes around Python's
    buffers, because the timer may interrupt a write to them.
    """

    def __init__(self, clock: Callable[[], float], terminal: int) -> None:
        """`terminal` is the file descriptor of one."""
        self._clock = clock
        self._terminal = terminal
        self._phases: Sequence[Phase] = ()
        self._drawn = ""
        self._looked = 0.0

    def told(self, phases: Sequence[Phase]) -> None:
        """What a statistics calls: these phases are open."""
        self._phases = phases
        if not phases:
            self._draw("")
        elif self._clock() - self._looked >= _TICK:
            self._look()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again. Where there is no timer to be had, only what the statistics tells is seen."""
        if not hasattr(signal, "setitimer") or current_thread() is not main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, lambda *_: self._look())
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE, _TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)
            self._draw("")

    def _look(self) -> None:
        now = self._looked = self._clock()
        long = [phase for phase in self._phases if now - phase.begun >= _PATIENCE]
        self._draw(bar(long[-1], now)[: self._width() - 1] if long else "")

    def _draw(self, line: str) -> None:
        if line != self._drawn:
            self._drawn = line
            with suppress(OSError):
                os.write(self._terminal, f"\r\x1b[K{line}".encode())

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._terminal).columns or 80
        except OSError:
            return 80


def bar(phase: Phase, now: float) -> str:
    """One line that says how far a phase is, or for how long it has gone on."""
    label = _LABELS.get(phase.name, phase.name)
    seconds = int(now - phase.begun)
    if phase.total:
        done = min(phase.done, phase.total)
        full = _CELLS * done // phase.total
        return f"{label}  [{'#' * full}{'-' * (_CELLS - full)}]  {done}/{phase.total}"
    moved = int((now - phase.begun) / _TICK) % _CELLS
    cells = "###".ljust(_CELLS, "-")
    return f"{label}  [{cells[-moved:]}{cells[:-moved]}]  {seconds} s" if moved else f"{label}  [{cells}]  {seconds} s"
