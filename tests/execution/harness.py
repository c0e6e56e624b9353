"""Proof by execution: run the scenario of a Django project and compare two versions of it.

    report = compare(before_dir, after_dir)
    assert report.problems == []
    assert report["story-before"].miss.after.rows < report["story-before"].miss.before.rows

Every call is measured by ``measure.py`` in a process of its own (a fork), with the Python of the test run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .measure import ScenarioError, load_scenario

__all__ = [
    "COSTS",
    "FIXTURES",
    "CallComparison",
    "CallMeasurement",
    "Change",
    "Comparison",
    "Measurement",
    "ScenarioError",
    "compare",
    "compare_measured",
    "load_scenario",
    "measure_call",
    "measure_project",
]

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MEASURE = Path(__file__).with_name("measure.py")
TIMEOUT_SECONDS = 120
COSTS = ("queries", "rows", "pickled_bytes", "unpickled_bytes")


@dataclass(frozen=True)
class Measurement:
    """What one call cost and returned: ``result`` is JSON, see ``measure.normal_form``."""

    queries: int
    rows: int
    pickled_bytes: int
    unpickled_bytes: int
    result: Any


@dataclass(frozen=True)
class CallMeasurement:
    """The same call on an empty cache, and again."""

    miss: Measurement
    hit: Measurement


@dataclass(frozen=True)
class Change:
    """One call in one state of the cache, before and after."""

    before: Measurement
    after: Measurement

    @property
    def problems(self) -> list[str]:
        """Why the change is none for the better: other results, or a higher cost."""
        found = []
        if self.before.result != self.after.result:
            found.append(f"result: {_short(self.before.result)} -> {_short(self.after.result)}")
        for cost in COSTS:
            before, after = getattr(self.before, cost), getattr(self.after, cost)
            if after > before:
                found.append(f"{cost}: {before} -> {after}")
        return found


@dataclass(frozen=True)
class CallComparison:
    miss: Change
    hit: Change


@dataclass(frozen=True)
class Comparison:
    """All calls of a scenario, by name."""

    calls: dict[str, CallComparison]

    def __getitem__(self, name: str) -> CallComparison:
        return self.calls[name]

    @property
    def problems(self) -> list[str]:
        """What is different or dearer afterwards, one line each; empty if all is well."""
        return [
            f"{name}, {state}: {problem}"
            for name, call in self.calls.items()
            for state, change in [("miss", call.miss), ("hit", call.hit)]
            for problem in change.problems
        ]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name, call in self.calls.items():
            for state, change in [("miss", call.miss), ("hit", call.hit)]:
                numbers = ", ".join(
                    f"{cost} {getattr(change.before, cost)} -> {getattr(change.after, cost)}"
                    for cost in COSTS
                )
                yield f"{name}, {state}: {numbers}"


def measure_call(project: Path, name: str) -> CallMeasurement:
    """Measure one call of the project's scenario."""
    return _measure(project, [name])[name]


def measure_project(project: Path) -> dict[str, CallMeasurement]:
    """Measure every call of the project's scenario, in the order of the scenario."""
    return _measure(project, [call.name for call in load_scenario(project).calls])


def _measure(project: Path, names: Sequence[str]) -> dict[str, CallMeasurement]:
    """Measure calls, each in a process of its own."""
    process = subprocess.run(
        [sys.executable, "-B", str(MEASURE), str(project), *names],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if process.returncode:
        raise ScenarioError(f"{project}, {', '.join(names)}:\n{process.stderr}")
    reports = map(json.loads, process.stdout.splitlines())
    return {
        report["call"]: CallMeasurement(Measurement(**report["miss"]), Measurement(**report["hit"]))
        for report in reports
    }


def compare(before: Path, after: Path) -> Comparison:
    """Measure both projects, which must have the same calls, and set them side by side."""
    if load_scenario(before) != load_scenario(after):
        raise ScenarioError(f"{before} and {after} have different scenarios")
    return compare_measured(measure_project(before), measure_project(after))


def compare_measured(
    before: dict[str, CallMeasurement], after: dict[str, CallMeasurement]
) -> Comparison:
    """Compare projects that were measured already."""
    return Comparison(
        {
            name: CallComparison(
                miss=Change(measured.miss, after[name].miss),
                hit=Change(measured.hit, after[name].hit),
            )
            for name, measured in before.items()
        }
    )


def _short(result: object, limit: int = 200) -> str:
    text = json.dumps(result)
    return text if len(text) <= limit else f"{text[:limit]}…"
