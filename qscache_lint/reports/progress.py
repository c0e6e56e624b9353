"""A bar on the terminal, for runs that take longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_PATIENCE = 1.0
"""Seconds that go by in silence."""


class TerminalProgress:
    """Shows on standard error how many files have been read."""

    def __init__(self, clock: Callable[[], float], begun: float) -> None:
        self._clock = clock
        self._begun = begun
        self._total = self._done = 0
        self._bar: ProgressBar[int] | None = None

    def begin(self, total: int) -> None:
        self._total, self._done = total, 0

    def advance(self, number: int) -> None:
        self._done += number
        if self._bar is not None:
            self._bar.update(number)
        elif self._clock() - self._begun > _PATIENCE:
            self._bar = click.progressbar(length=self._total, label="Reading", file=sys.stderr, show_pos=True)
            self._bar.update(self._done)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None
