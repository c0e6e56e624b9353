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
    """One repair: its files are written together or not at all. A display-only repair has none.

    `builder` is the qualified name of the function that has to give a QuerySet when all is done, if there is one.
    """

    name: str
    target: FunctionId
    applicability: Applicability
    message: str
    changes: tuple[Change, ...] = ()
    builder: str = ""

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(change.path for change in self.changes)

    @staticmethod
    def planned(
        name: str,
        target: FunctionId,
        message: str,
        concerns: tuple[str, ...],
        changes: tuple[Change, ...],
        builder: str = "",
    ) -> Repair:
        """A repair that can be written: safe when nothing speaks against it, else unsafe, and the message says why."""
        applicability = Applicability.UNSAFE if concerns else Applicability.SAFE
        return Repair(name, target, applicability, "; ".join((message, *concerns)), changes, builder)

    @staticmethod
    def by_hand(name: str, target: FunctionId, reason: str) -> Repair:
        """A repair that a person has to make, because of `reason`."""
        return Repair(name, target, Applicability.DISPLAY_ONLY, f"to be done by hand: {reason}")
