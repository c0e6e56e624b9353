"""The values of the benchmark: what runs, what a run costs, and everything that one session measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

Scenario: TypeAlias = Literal["cold", "filling", "warm", "changed", "changed-cache"]
"""No cache at all; an empty cache that is filled; nothing changed since the last run; one file changed since, one that
does not speak of a cache, or one that does."""

CHANGING: tuple[Scenario, ...] = ("changed", "changed-cache")
SCENARIOS: tuple[Scenario, ...] = ("cold", "filling", "warm", *CHANGING)

Measure: TypeAlias = Literal["wall", "cpu", "memory"]


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of `tools.toml`, which explains the columns."""

    name: str
    command: tuple[str, ...]
    version: tuple[str, ...]
    scenarios: dict[Scenario, tuple[str, ...]]
    ours: bool = False
    beside: str = ""
    help: tuple[str, ...] = ()
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    codes: tuple[int, ...] = (0, 1)
    finding: str = ""
    gave_up: str = ""
    foreign: str = ""
    repetitions: int | None = None

    @property
    def group(self) -> str:
        """Tools of one group run in the same round."""
        return self.beside or self.name


@dataclass(frozen=True)
class Lane:
    """A tool in a scenario: what is run again and again."""

    tool: str
    scenario: Scenario

    def __str__(self) -> str:
        return f"{self.tool}, {self.scenario}"


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds, and the bytes of its largest process; no `findings` where they are not counted."""

    wall: float
    cpu: float
    memory: int
    findings: int | None = None


@dataclass(frozen=True)
class Failure:
    """Why a lane has no figures: the run failed, gave up, or took too long."""

    lane: Lane
    reason: str


@dataclass(frozen=True)
class Run:
    """One run of a lane."""

    lane: Lane
    cost: Cost


@dataclass(frozen=True)
class Round:
    """Our lanes, then those of one group, one straight after the other: the runs that are compared as a pair."""

    group: str
    runs: tuple[Run, ...]

    def cost(self, lane: Lane) -> Cost | None:
        """What the lane took in this round."""
        return next((run.cost for run in self.runs if run.lane == lane), None)


@dataclass(frozen=True)
class Present:
    """A tool that is run; `note` says which of its scenarios are not."""

    name: str
    version: str
    note: str = ""


@dataclass(frozen=True)
class Absent:
    """A tool that is not run."""

    name: str
    reason: str


@dataclass(frozen=True)
class TreeResult:
    """All rounds on one tree, with the number and the bytes of its Python files."""

    name: str
    files: int
    size: int
    rounds: tuple[Round, ...]
    failures: tuple[Failure, ...] = ()

    def lanes(self) -> tuple[Lane, ...]:
        """Every lane with a run, in the order of their first runs."""
        return tuple(dict.fromkeys(run.lane for each in self.rounds for run in each.runs))

    def costs(self, lane: Lane) -> list[Cost]:
        """What each run of the lane took."""
        return [run.cost for each in self.rounds for run in each.runs if run.lane == lane]

    def pairs(self, one: Lane, other: Lane) -> Iterator[tuple[Cost, Cost]]:
        """What both took, for each round that has both; a lane of ours is in the rounds of every group."""
        for each in self.rounds:
            first, second = each.cost(one), each.cost(other)
            if first is not None and second is not None:
                yield first, second


@dataclass(frozen=True)
class Session:
    """One session on one machine."""

    day: str
    machine: str
    ours: str
    present: tuple[Present, ...]
    absent: tuple[Absent, ...]
    left_out: tuple[str, ...]
    trees: tuple[TreeResult, ...] = ()
