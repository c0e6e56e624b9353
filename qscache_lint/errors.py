"""The errors that users see as one line each, and exit code 2."""

from __future__ import annotations


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
        super().__init__(f"{message}; this is a bug in qscache-lint, please report it")
