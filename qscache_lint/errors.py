"""The errors that users see as one line each, and exit code 2; what an error of ours costs, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TypeVar

Result = TypeVar("Result")


class UsageError(Exception):
    """A wrong path, option or configuration; each message names the file or option and the cause."""

    @property
    def messages(self) -> tuple[str, ...]:
        """What is wrong: several things where several were looked at."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "; ".join(self.messages)


class InternalError(UsageError):
    """A mistake of qscache-lint itself; the message names the file in which it shows."""

    def __init__(self, message: str) -> None:
        super().__init__(message if message.endswith(_REPORT_IT) else f"{message}; {_REPORT_IT}")


class Fault(NamedTuple):
    """A mistake of qscache-lint itself that cost what there is to say of one file, or of one rule in it."""

    path: str
    """Relative to the project; a directory where a whole component is lost, empty where no file is known."""
    what: str


def isolated(work: Callable[[], Result], stage: str, path: str = "") -> Result | Fault:
    """What some work comes to, or its fault: whatever is wrong in a stage must not cost what others find.

    What says that the machine or the user ends the run is passed on.
    """
    try:
        return work()
    except Exception as error:  # the one place that takes any error: where one is from cannot be known
        if isinstance(error, (MemoryError, BrokenPipeError)) or type(error) is UsageError:
            raise
        return Fault(path, described(error, stage))


def described(error: Exception, stage: str) -> str:
    """An error in one line: what was being done, what it is, and where in our code it was raised."""
    if isinstance(error, InternalError):
        return str(error)
    if isinstance(error, OSError):
        return f"error while {stage}: {error}"
    message = " ".join(str(error).split())
    said = f"{type(error).__name__}: {message[:_SAID]}" if message else type(error).__name__
    return f"internal error while {stage} ({said}, {_raised_at(error.__traceback__)}); {_REPORT_IT}"


def _raised_at(traceback: TracebackType | None) -> str:
    """The innermost line of this package on the way to an error."""
    place, package = "outside of qscache-lint", Path(__file__).parent
    while traceback is not None:
        file = Path(traceback.tb_frame.f_code.co_filename)
        if file.is_relative_to(package):
            place = f"{file.relative_to(package.parent).as_posix()}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


_REPORT_IT = "this is a bug in qscache-lint, please report it"
_SAID = 200
"""Characters of an error's own message that are shown: some quote all that they were given."""
