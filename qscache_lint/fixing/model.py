"""What the planner hands on: a repair with the new contents of every file it touches."""

from __future__ import annotations

from dataclasses import dataclass

from qscache_lint.project.abstract import FunctionId
from qscache_lint.source.text import decode
from qscache_lint.values import Applicability


class Refused(Exception):
    """A repair cannot be planned; the message is the reason, for the user."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after."""

    path: str
    before: bytes
    after: bytes

    @property
    def old(self) -> str:
        """The text before."""
        return decode(self.before)

    @property
    def new(self) -> str:
        """The text after."""
        return decode(self.after)


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: its files are written together or not at all. A display-only repair has none."""

    name: str
    target: FunctionId
    applicability: Applicability
    message: str
    changes: tuple[Change, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(change.path for change in self.changes)
