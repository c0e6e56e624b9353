"""One fixture, repaired and measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.execution.harness import Comparison
from tests.execution.repairing import repaired_copy


@dataclass(frozen=True)
class Repaired:
    """The repairs of a project, by name, and what its calls cost before and after."""

    project: str
    repair: str
    comparison: Comparison


@dataclass(frozen=True)
class Refused:
    """A project that is left as it is, and what the user is told."""

    project: str
    message: str


RunResult = Repaired | Refused


def measured(project: str, directory: Path) -> RunResult:
    """Repair a copy of a fixture below `directory` and measure both."""
    copy = repaired_copy(project, directory)
    if not copy.repaired.applied:
        reasons = "; ".join(repair.message for repair in copy.repaired.refused)
        return Refused(project, reasons or "no repair is offered")
    repairs = Counter(f"{repair.name} ({repair.applicability.value})" for repair in copy.repaired.applied)
    return Repaired(project, ", ".join(_times(*item) for item in repairs.items()), copy.compared())


def _times(repair: str, count: int) -> str:
    return repair if count == 1 else f"{count} × {repair}"
