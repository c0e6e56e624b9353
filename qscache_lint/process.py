"""The command in a process of its own: its standard streams, signals and exit code."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from qscache_lint.cli import main
from qscache_lint.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Buffer


def run() -> None:
    """Run the command and leave with its exit code.

    Looking for cycles among the millions of objects that a run makes, and taking these apart at its end, would cost a
    tenth of the run and serve no purpose: the operating system frees all of them at once.
    """
    gc.disable()
    _keep_the_working_directory_off_the_path()
    _end_as_interrupted()
    _have_dropped_signals_come_again()
    _open_what_is_closed()
    _print_whatever_comes()
    try:
        code = _exit_code()
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        os._exit(1)  # the reader of the pipe has gone
    except UsageError as error:
        _tell(error)
        os._exit(2)
    os._exit(code)


def _exit_code() -> int:
    """Run the command; its exit code. Raises UsageError when what it says cannot be written."""
    try:
        main(prog_name="qscache-lint")
    except SystemExit as left:
        if left.code is None or isinstance(left.code, int):
            return left.code or 0
        raise
    return 0


def _tell(error: UsageError) -> None:
    """Say on standard error, if that is possible, why output could not be written."""
    with suppress(UsageError, BrokenPipeError):
        sys.stderr.write(f"qscache-lint: error: {error}\n")
        sys.stderr.flush()


def _keep_the_working_directory_off_the_path() -> None:
    """Python starts processes, such as workers, with the working directory in front of where modules are looked for."""
    os.environ["PYTHONSAFEPATH"] = "1"


def _end_as_interrupted() -> None:
    """Let SIGTERM and SIGHUP end the command by way of its clean-up, as Ctrl+C does, with the exit code of a shell."""

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        sys.exit(_SHELL + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, leave)


def _have_dropped_signals_come_again() -> None:
    """Python drops what is raised in a callback of a weak reference or in `__del__`: a signal there would be lost."""
    if not hasattr(signal, "setitimer"):  # on Windows
        return

    def come_again(dropped: sys.UnraisableHookArgs) -> None:
        number = _signal_behind(dropped.exc_value)
        if number is None:
            sys.__unraisablehook__(dropped)
            return
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(number))
        signal.setitimer(signal.ITIMER_REAL, _MOMENT)

    sys.unraisablehook = come_again


_MOMENT = 0.01
"""Seconds until a dropped signal comes again; long enough for the callback to be over."""


def _signal_behind(error: BaseException | None) -> int | None:
    """The signal that has raised an error."""
    match error:
        case KeyboardInterrupt():
            return signal.SIGINT
        case SystemExit(code=int(code)) if code > _SHELL:
            return code - _SHELL
        case _:
            return None


_SHELL = 128
"""The exit code of a shell for a process that a signal ends is this and the signal's number."""


_USELESS = (os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)
"""How the null device is opened for a standard stream that is closed: an error for reading the input or writing a
report, while messages to a closed stream are dropped."""


def _open_what_is_closed() -> None:
    """Have something stand for each standard stream, so that no other file takes the place of a closed one."""
    for descriptor, flags in enumerate(_USELESS):
        if not _is_open(descriptor):
            os.open(os.devnull, flags)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _print_whatever_comes() -> None:
    """What an encoding has no form for is printed as Python's escapes; output that cannot be written is an error."""
    sys.stdout = _told(sys.stdout, "standard output")
    sys.stderr = _told(sys.stderr, "standard error")


def _told(stream: TextIO, name: str) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(stream, name)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Output(io.RawIOBase):
    """A standard stream that raises UsageError when it cannot be written, but for a pipe whose reader has gone.

    That is told once; buffers above it try again and again.
    """

    def __init__(self, stream: io.TextIOWrapper, name: str) -> None:
        super().__init__()
        self._stream = stream  # whose end would be that of what is below it
        self._raw: Any = getattr(stream.buffer, "raw", stream.buffer)  # unbuffered, it is raw itself
        self._name = name
        self._is_told = False

    def write(self, content: Buffer, /) -> int | None:
        if self._is_told:
            return len(memoryview(content))
        try:
            written: int | None = self._raw.write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._is_told = True
            raise UsageError(f"{self._name}: cannot be written: {error.strerror or error}") from None
        return written

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()
