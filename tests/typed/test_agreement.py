"""Our inference and mypy's say the same of the fixtures, wherever both speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.typed import compare

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.parametrize(
    ("name", "at_least"), [("annotations", 35), ("canal_locks", 20), ("bus_timetables", 16), ("cached_property", 13)]
)
def test_no_difference(name: str, at_least: int, cache: Path) -> None:
    found, answers = compare(FIXTURES / name, cache)
    assert (answers.failure, answers.complete, found.differences) == ("", True, [])
    assert found.same >= at_least
