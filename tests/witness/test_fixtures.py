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
from qscache_lint.witness.joining import Verdict
from qscache_lint.witness.records import Recording, decode
from tests.execution.harness import FIXTURES

RULES = ("QSC1", "QSC103", "QSC107", "QSC2", "QSC203", "QSC223", "QSC233", "QSC251", "QSC253")
NAMES = sorted(path.parent.name for path in FIXTURES.glob("*/scenario.toml"))

_METHODS = {"bus_timetables", "fire_engines", "manager_method", "model_classmethod", "service_method", "vineyard_plots"}
"""Fixtures whose cached functions are methods: before Python 3.11 code has no qualified name, and none is recorded."""
TOLD = [name for name in NAMES if sys.version_info >= (3, 11) or name not in _METHODS]

NOT_WITNESSED = {
    ("chess_rounds", "QSC201", "chess/pairing.py"): "the scenario does not call `to_be_paired`",
}
"""Findings that no call of a scenario shows, with the reason."""


@dataclass(frozen=True)
class Compared:
    reports: Mapping[str, api.Report]
    recordings: Mapping[str, Recording]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """What is found in all fixtures, and what was recorded there."""
    directory = tmp_path_factory.mktemp("reports")
    reports = {name: _report(name, directory) for name in NAMES}
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tests.witness.scenarios", directory, *(FIXTURES / name for name in NAMES)],
        cwd=FIXTURES.parent,
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return Compared(reports, dict(zip(NAMES, map(decode, done.stdout.splitlines()), strict=True)))


def _report(name: str, reports: Path) -> api.Report:
    report = api.check_paths([FIXTURES / name], api.Options(overrides={"select": RULES}))
    rows = [
        {"code": each.code, "filename": str(project.root / each.path), "location": {"row": each.span.start.row}}
        for project in report.projects
        for each in project.findings
    ]
    (reports / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    return report


def _joined(name: str, compared: Compared) -> api.ProjectReport:
    (project,) = api.with_witness(compared.reports[name], compared.recordings[name]).projects
    return project


@pytest.mark.parametrize("name", TOLD)
def test_what_is_expected_is_witnessed(name: str, compared: Compared) -> None:
    project = _joined(name, compared)
    verdicts = {
        (name, finding.code, finding.path): told.verdict
        for finding in project.findings
        if (told := project.testimony(finding)) is not None and told.verdict is not Verdict.CONFIRMED
    }
    incomplete = compared.recordings[name].incomplete
    if sys.version_info < (3, 12):  # which tells no returns, so that memos made by hand are not seen, and says so
        assert set(verdicts.values()) <= {Verdict.UNKNOWN}
        assert incomplete or verdicts.keys() <= NOT_WITNESSED.keys()
        return
    assert incomplete == ()
    assert verdicts == {key: Verdict.NOT_EXECUTED for key in NOT_WITNESSED if key[0] == name}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_witnessed_is_found(name: str, compared: Compared) -> None:
    project = _joined(name, compared)
    assert ([(each.path, each.row, each.reason) for each in project.missed], project.known) == ([], 0)


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
