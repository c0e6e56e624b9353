"""Runs the literate cases of this folder with the fast engine, and with type checkers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from qscache_lint.api import Means, Options, Report, check_paths
from tests.literate import Case, read_cases, write_project
from tests.test_cases import compare, found_as_stated

CASES = list(read_cases(Path(__file__).parent / "cases"))
ENGINES = ["mypy", *(["pyrefly"] if find_spec("pyrefly") else [])]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for the projects of all cases, so that mypy reads Django's stubs once."""
    return tmp_path_factory.mktemp("typed")


@pytest.fixture
def project(place: Path) -> Iterator[Path]:
    root = place / "project"
    root.mkdir()
    yield root
    shutil.rmtree(root)


def _checked(project: Path, engine: str) -> Report:
    return check_paths([project], Options(overrides={"engine": engine}), means=Means(True, project.parent / "cache"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, engine: str, project: Path) -> None:
    write_project(case, project)
    found = found_as_stated(_checked(project, "fast"))
    assert compare((*case.expected, *case.vetoed), found) == ([], [])
    report = _checked(project, engine)
    assert compare((*case.expected, *case.gained), found_as_stated(report)) == ([], [])
    assert not report.projects[0].run.result.engine.failure
    rests = [
        each for each in report.projects[0].findings if any(f"says {engine}" in step.message for step in each.trail)
    ]
    assert len(rests) >= len(case.gained)
    assert _questions(project, engine) == 0
    if case.later is not None:
        write_project(case.later, project)
        found = found_as_stated(_checked(project, engine))
        assert compare((*case.later.expected, *case.later.gained), found) == ([], [])


def _questions(project: Path, engine: str) -> int:
    """How many questions about types a run asks that finds the cache of the one before."""
    return _checked(project, engine).projects[0].run.statistics.counts["questions of types"]
