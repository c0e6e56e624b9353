"""The rows of `goals.toml`, and whether what was measured reaches them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from benchmarks.speed.figures import Spread, measured, ratio, share
from benchmarks.speed.model import Lane, Session, TreeResult
from benchmarks.speed.table import markdown, times
from benchmarks.speed.tools import HERE


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of `goals.toml`, which explains the columns."""

    title: str
    measure: Literal["wall", "cpu", "share", "memory"]
    of: Lane
    most: float
    to: Lane | None = None
    stretch: float | None = None
    least_files: int = 0
    most_files: int | None = None

    def is_about(self, result: TreeResult) -> bool:
        """Whether the goal holds for a tree of this size."""
        return self.least_files <= result.files <= (result.files if self.most_files is None else self.most_files)

    def reached(self, result: TreeResult) -> Spread | None:
        """What was measured on a tree; None when it was not."""
        if self.to is None:
            peak = measured(result, self.of, "memory")
            return None if peak is None else Spread(peak.median / 1e6, peak.low / 1e6, peak.high / 1e6)
        if self.measure == "share":
            return share(result, self.of, self.to)
        return ratio(result, self.of, self.to, self.measure)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    goal: tuple[Goal, ...]


def goals() -> tuple[Goal, ...]:
    """Every row, in the order of the file. Raises msgspec.ValidationError for a wrong one."""
    return msgspec.toml.decode((HERE / "goals.toml").read_bytes(), type=_Table).goal


def goals_table(session: Session, wanted: Sequence[Goal]) -> str:
    """Every goal on every tree that it is about."""
    header = ["goal", "tree", "at most", "measured", "reached"]
    return markdown(header, [row for goal in wanted for row in _rows(goal, session)])


def _rows(goal: Goal, session: Session) -> Iterator[list[str]]:
    for result in session.trees:
        if goal.is_about(result):
            found = goal.reached(result)
            yield [goal.title, result.name, f"{goal.most:g}", times(found), _verdict(goal, found)]


def _verdict(goal: Goal, found: Spread | None) -> str:
    if found is None:
        return "not measured"
    if goal.stretch is not None and found.median <= goal.stretch:
        return f"yes, and {goal.stretch:g}"
    return "yes" if found.median <= goal.most else "**no**"
