"""The option `--engine` where the type checker cannot be asked: the fast engine's findings stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entry.console import run
from tests.literate import write_files

FILES = {
    "songs/__init__.py": "",
    "songs/models.py": "from django.db import models\n\n\nclass Song(models.Model):\n    pass\n",
    "songs/lists.py": """\
from functools import lru_cache

from songs.models import Song


@lru_cache(maxsize=None)
def known():
    return Song.objects.all()


@lru_cache(maxsize=None)
def picked(pick):
    return pick("songs")


def short():
    return known().filter(pk=1), picked(min).filter(pk=1)
""",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    write_files(root, FILES)
    return root


@pytest.fixture
def without_mypy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """mypy cannot be imported, be it installed or not."""
    broken = tmp_path / "elsewhere" / "mypy"
    broken.mkdir(parents=True)
    broken.joinpath("__init__.py").write_text("raise ImportError('mypy is broken')\n")
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))


@pytest.mark.usefixtures("without_mypy")
def test_the_findings_of_the_fast_engine_stay(project: Path) -> None:
    fast = run("qscache-lint", "check", "--output-format", "concise", cwd=project)
    typed = run("qscache-lint", "check", "--engine", "mypy", "--output-format", "concise", cwd=project)
    assert (typed.returncode, typed.stdout) == (1, fast.stdout)
    (line,) = typed.stderr.decode().splitlines()
    assert line.startswith("qscache-lint: warning: typed engine unavailable: ")
    assert line.endswith("; findings are those of the fast engine")


@pytest.mark.usefixtures("without_mypy")
def test_a_strict_engine_ends_with_2(project: Path) -> None:
    arguments = ("--engine", "mypy", "--strict-engine", "--output-format", "concise")
    checked = run("qscache-lint", "check", *arguments, cwd=project)
    assert (checked.returncode, checked.stdout.count(b"QSC")) == (2, 2)
    before = project.joinpath("songs/lists.py").read_bytes()
    fixed = run("qscache-lint", "fix", "--unsafe-fixes", *arguments, cwd=project)
    assert (fixed.returncode, project.joinpath("songs/lists.py").read_bytes()) == (2, before)
    assert fixed.stderr.startswith(b"qscache-lint: error: typed engine unavailable: ")


@pytest.mark.usefixtures("without_mypy")
def test_a_result_without_types_is_not_kept(project: Path) -> None:
    for _ in range(2):
        again = run("qscache-lint", "check", "--engine", "mypy", cwd=project)
        assert b"typed engine unavailable" in again.stderr


@pytest.mark.parametrize("engine", ["pyrefly", "zuban"])
def test_a_command_that_is_not_there(project: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QSCACHE_LINT_ENGINE_COMMAND", "no-such-checker --fast")
    check = ("qscache-lint", "check", "--output-format", "concise")
    typed = run(*check, "--engine", engine, cwd=project)
    assert (typed.returncode, typed.stdout) == (1, run(*check, cwd=project).stdout)
    said = "typed engine unavailable: no-such-checker not found; findings are those of the fast engine"
    assert typed.stderr.decode().splitlines() == [f"qscache-lint: warning: {said}"]
    assert run(*check, "--engine", engine, "--strict-engine", cwd=project).returncode == 2


def test_an_unknown_engine_is_refused(project: Path) -> None:
    assert run("qscache-lint", "check", "--engine", "pytype", cwd=project).returncode == 2


@pytest.mark.usefixtures("without_mypy")
def test_flake8_has_the_option(project: Path) -> None:
    plain = run("flake8", "--select", "QSC", cwd=project)
    assert run("flake8", "--select", "QSC", "--qscache-lint-engine", "mypy", cwd=project).stdout == plain.stdout
    table = project.joinpath("pyproject.toml")
    table.write_text("[tool.qscache-lint]\nstrict-engine = true\n")
    refused = run("flake8", "-j1", "--select", "QSC", "--qscache-lint-engine", "mypy", cwd=project)
    assert (refused.returncode, b"typed engine unavailable: " in refused.stdout) == (1, True)
