"""How much a finding asks for attention, for services that sort by it."""

from __future__ import annotations

from enum import Enum

from qscache_lint.codes import CODES


class Severity(Enum):
    """From what hides findings to what people have to ask for."""

    ERROR = "error"
    """A file was not analysed: what is in it is not reported."""
    WARNING = "warning"
    NOTE = "note"
    """A rule that is off by default."""


_UNREADABLE = "QSC900"


def severity_of(code: str) -> Severity:
    """The severity of the findings of a rule."""
    if code == _UNREADABLE:
        return Severity.ERROR
    return Severity.WARNING if CODES[code] else Severity.NOTE
