"""The errors that users see as one line and exit code 2."""

from __future__ import annotations


class UsageError(Exception):
    """A wrong path, option or configuration; the message names the file or option and the cause."""


class InternalError(UsageError):
    """A mistake of qscache-lint itself; the message names the file in which it shows."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; this is a mistake in qscache-lint, please report it")
