"""What a run over one project comes to, whatever part of it is asked for and whichever rules are shown."""

from __future__ import annotations

import msgspec

from qscache_lint.source.syntax import Unreadable
from qscache_lint.values import Finding


class DjangoVersion(msgspec.Struct, frozen=True):
    """The Django version that a project is analysed for, and how it was found."""

    version: tuple[int, ...]
    reason: str

    def __str__(self) -> str:
        return f"Django {'.'.join(map(str, self.version))} ({self.reason})"


class ReportedFinding(msgspec.Struct, frozen=True, array_like=True):
    """A finding, and whether a comment silences it."""

    finding: Finding
    silenced: bool


class ParseCheck(msgspec.Struct, frozen=True, array_like=True):
    """A file that no run had to read, and was asked for by name: whether it can be read."""

    path: str
    unreadable: Unreadable | None


class GivenUp(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Something that was too much to be followed to its end: where it begins, and what it is."""

    path: str
    row: int
    what: str


class RunResult(msgspec.Struct, frozen=True):
    """The findings of all rules in the order of reports, the number of files, and those that were read in full."""

    found: tuple[ReportedFinding, ...]
    files: int
    read: tuple[str, ...]
    django: DjangoVersion
    parse_checks: tuple[ParseCheck, ...] = ()
    given_up: tuple[GivenUp, ...] = ()
