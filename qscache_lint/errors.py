"""The errors that users see as one line and exit code 2."""

from __future__ import annotations


class UsageError(Exception):
    """A wrong path, option or configuration; the message names the file or option and the cause."""
