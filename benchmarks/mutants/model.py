"""The values of the benchmark: mutations, what the tests say of each, and which test runs which lines."""

from __future__ import annotations

from enum import Enum

import msgspec

STAGES = ("facts", "project", "finding", "rules", "fixing")
"""The packages that are mutated."""


class Mutation(msgspec.Struct, frozen=True, order=True):
    """One small change of one file; rows and columns begin at 1 and 0, as parso has them."""

    path: str
    row: int
    column: int
    operator: str
    occurrence: int

    @property
    def stage(self) -> str:
        return self.path.split("/")[1]


class Outcome(Enum):
    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNTESTED = "untested"


class Result(msgspec.Struct, frozen=True):
    """What came of a mutation; `by` is the test that failed, `change` the row before and after."""

    mutation: Mutation
    change: tuple[str, str]
    outcome: Outcome
    tests: int = 0
    """How many tests were to run."""
    by: str = ""

    @property
    def is_noticed(self) -> bool:
        return self.outcome in (Outcome.KILLED, Outcome.TIMEOUT)


class Traced(msgspec.Struct, frozen=True):
    """One test: its seconds of CPU, and the rows of the package that it runs, by file."""

    name: str
    seconds: float
    rows: dict[str, list[int]]
