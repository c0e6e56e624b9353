"""The scenarios of the fixtures under the witness: what the analysis expects there is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from qscache_lint import api
from qscache_lint.values import Finding
from qscache_lint.witness.records import Place, Recording, decode
from tests.execution.harness import FIXTURES

RULES = ("QSC1", "QSC103", "QSC107", "QSC2", "QSC203", "QSC223", "QSC233", "QSC251", "QSC253")
NAMES = sorted(path.parent.name for path in FIXTURES.glob("*/scenario.toml"))

EFFECTS: Mapping[str, set[str]] = {
    "0": {"refined"},
    "1": {"part"},
    "2": {"passed"},
    "3": {"refined", "part"},
    "4": {"written"},
    "5": {"refined", "part"},
}
"""What is recorded of a use, by the second digit of its code."""

NOT_WITNESSED = {
    ("chess_rounds", "QSC201", "chess/pairing.py"): "the scenario does not call `to_be_paired`",
}
"""Findings that no call of a scenario shows, with the reason."""


@dataclass(frozen=True)
class Compared:
    findings: Mapping[str, tuple[Finding, ...]]
    recordings: Mapping[str, Recording]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The findings in all fixtures, and what was recorded there."""
    reports = tmp_path_factory.mktemp("reports")
    findings = {name: _findings(name, reports) for name in NAMES}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.witness.scenarios", reports, *(FIXTURES / name for name in NAMES)],
        cwd=FIXTURES.parent,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return Compared(findings, dict(zip(NAMES, map(decode, done.stdout.splitlines()), strict=True)))


def _findings(name: str, reports: Path) -> tuple[Finding, ...]:
    report = api.check_paths([FIXTURES / name], api.Options(overrides={"select": RULES}))
    findings = tuple(finding for project in report.projects for finding in project.findings)
    rows = [
        {"code": each.code, "filename": str(FIXTURES / name / each.path), "location": {"row": each.span.start.row}}
        for each in findings
    ]
    (reports / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    return findings


def _is_at(place: Place | None, finding: Finding) -> bool:
    """Whether a place has rows in common with a finding."""
    return (
        place is not None
        and place.path == finding.path
        and place.row <= finding.span.end.row
        and finding.span.start.row <= place.end_row
    )


def _is_witnessed(finding: Finding, recording: Recording) -> bool:
    if finding.code.startswith("QSC1"):
        places = ((store.place, store.function, *store.via) for store in recording.stores)
        return any(_is_at(place, finding) for each in places for place in each)
    effects = EFFECTS[finding.code[4]]
    return any(use.effect in effects and _is_at(use.place, finding) for use in recording.uses)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_expected_is_witnessed(name: str, compared: Compared) -> None:
    if sys.version_info < (3, 12):
        assert compared.recordings[name].incomplete
        return
    assert compared.recordings[name].incomplete == ()
    missed = {
        (name, finding.code, finding.path)
        for finding in compared.findings[name]
        if not _is_witnessed(finding, compared.recordings[name])
    }
    assert missed == {key for key in NOT_WITNESSED if key[0] == name}


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_clean")])
def test_a_clean_twin_refines_nothing(name: str, compared: Compared) -> None:
    assert {use.effect for use in compared.recordings[name].uses} <= {"read"}
    assert {store.lifetime for store in compared.recordings[name].stores} <= {"scoped"}


def test_what_one_store_of_the_story_costs(compared: Compared) -> None:
    recording = compared.recordings["recent_stories"]
    (store,) = recording.stores
    assert store.function is not None
    assert (store.function.path, store.function.function) == ("stories/queries.py", "getRecentStories")
    assert (store.most_rows, store.queries) == (1800, store.times)
    assert store.most_bytes > 500_000
