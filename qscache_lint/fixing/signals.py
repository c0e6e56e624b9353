"""Signals that end a process, held back while files are replaced."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from qscache_lint.errors import UsageError

_ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)  # Windows has no SIGHUP
)


class Interrupted(UsageError):
    """A signal came before anything was replaced."""


@contextmanager
def held_back() -> Iterator[Callable[[], None]]:
    """Hold signals back until the block is left; then the first that came takes effect.

    Gives a function that raises Interrupted when one has come: for places where stopping leaves everything as it was.
    """
    came: list[int] = []

    def stop_if_asked() -> None:
        if came:
            raise Interrupted(f"stopped by {signal.Signals(came[0]).name}; nothing was changed")

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    former = {number: signal.getsignal(number) for number in _ENDING} if _may_handle() else {}
    held = {number: handler for number, handler in former.items() if handler not in (signal.SIG_IGN, None)}
    for number in held:
        signal.signal(number, note)
    try:
        yield stop_if_asked
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _may_handle() -> bool:
    """Python lets the main thread alone set handlers, and runs them there: other threads are never interrupted."""
    return threading.current_thread() is threading.main_thread()
