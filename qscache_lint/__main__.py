"""The command, in a process of its own: `qscache-lint`, or `python -m qscache_lint`."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from qscache_lint.cli import main


def run() -> None:
    """Run the command and leave with its exit code.

    Looking for cycles among the millions of objects that a run makes, and taking these apart at its end, would cost a
    tenth of the run and give nobody anything: the operating system frees all of them at once.
    """
    gc.disable()
    _end_as_interrupted()
    _print_whatever_comes()
    try:
        main(prog_name="qscache-lint")
    except SystemExit as left:
        if isinstance(left.code, int) and _flushed():
            os._exit(left.code)
        raise


def _end_as_interrupted() -> None:
    """Let SIGTERM and SIGHUP end the command by way of its clean-up, as Ctrl+C does, with the exit code of a shell."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)


def _print_whatever_comes() -> None:
    """What the encoding of a terminal has no form for is printed as Python's escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flushed() -> bool:
    """Write out what is still in buffers; a pipe that nobody reads any more is left to Python's own way out."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    run()
