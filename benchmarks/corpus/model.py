"""The values of the benchmark: what people found by reading a project, and what the linter reports there.

Paths are relative to the checkout of a project, with forward slashes; lines are 1-based.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Answer: TypeAlias = bool | Literal["unsure"]
"""What a reader says; `unsure` counts neither for nor against the linter."""


@dataclass(frozen=True)
class LabelledUse:
    """One place that uses a cached value. `line` is that of the operation, where a finding would stand.

    A `correction` says why the row differs from what its first reader wrote.
    """

    path: str
    line: int
    refines: Answer
    operation: str
    correction: str = ""


@dataclass(frozen=True)
class Label:
    """One cached definition that was read. `verdict` says whether it keeps a QuerySet that a rule reports."""

    repository: str
    commit: str
    path: str
    line: int
    name: str
    store: Literal["pickled", "memo", "scoped"]
    verdict: Answer
    uses: tuple[LabelledUse, ...] = ()
    correction: str = ""


Worth: TypeAlias = Literal["yes", "weak", "no"]
"""Whether a developer of the project should act: on what costs something, on what costs little, on nothing."""


@dataclass(frozen=True)
class Verdict:
    """What a reader says about one finding of the linter: whether it is right, and whether it is worth acting on.

    `commit` is that of the checkout, where no label of the repository names it.
    """

    repository: str
    path: str
    line: int
    code: str
    verdict: bool
    reason: str
    worth: Worth
    commit: str = ""


@dataclass(frozen=True)
class Report:
    """One finding of the linter; `default` when it is shown by default."""

    path: str
    line: int
    code: str
    confidence: str
    message: str
    default: bool

    @property
    def is_definition(self) -> bool:
        """Whether it says that something keeps a lazy QuerySet."""
        return self.code in ("QSC101", "QSC102", "QSC103", "QSC107")

    @property
    def is_use(self) -> bool:
        """Whether it says what is done with a cached QuerySet."""
        return self.code.startswith("QSC2")

    @property
    def is_refinement(self) -> bool:
        """Whether it says that a cached QuerySet is refined, here or where it is handed on."""
        return self.code.startswith(("QSC20", "QSC22")) or self.code == "QSC253"


@dataclass(frozen=True)
class Run:
    """One run over one checkout."""

    seconds: float
    reports: tuple[Report, ...]
