"""Many repositories in one run: the report of one after the other."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from qscache_lint.api import Options, check_paths
from qscache_lint.executing.worker_pool import WorkerPool
from qscache_lint.fleet import Repository, check_repositories, check_repository
from qscache_lint.formats import FORMATS
from qscache_lint.reports import render
from qscache_lint.run import Purpose
from tests.entry.console import fixture, run

NAMES = ["recent_stories_clean", "recent_stories", "lru_cache", "cached_property"]


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for name in NAMES:
        root = fixture(name, tmp_path)
        (root / "pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
    (tmp_path / "list").write_text("# ours\n\n" + "".join(f"{name}\n" for name in NAMES), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        pytest.param(["-j1"], "concise", id="one-after-the-other"),
        pytest.param(["-j3"], "full", id="processes"),
        pytest.param(["-j3"], "json", id="processes-json"),
        pytest.param(["--executor", "thread"], "json", id="threads"),
        pytest.param(["-j2", "--executor", "dask"], "json", id="dask"),
    ],
)
def test_reports_are_the_same_to_the_byte(fleet: Path, arguments: list[str], form: str) -> None:
    common = ["check", "--no-cache", "--output-format", form]
    apart = run("qscache-lint", *common, *NAMES, cwd=fleet)
    together = run("qscache-lint", *common, *arguments, "--repositories", "list", cwd=fleet)
    assert together.stderr == apart.stderr == b""
    assert together.stdout == apart.stdout
    assert together.returncode == apart.returncode == 1


def test_each_repository_has_its_cache(fleet: Path) -> None:
    reports = [run("qscache-lint", "check", "--repositories", "list", cwd=fleet).stdout for _ in range(2)]
    assert reports[0] == reports[1]
    assert {path.parent.name for path in fleet.glob("*/.qscache_lint_cache")} == set(NAMES)


def test_settings_are_those_of_each_repository(fleet: Path) -> None:
    table = '[tool.qscache-lint]\nignore = ["QSC"]\n'
    (fleet / "recent_stories/pyproject.toml").write_text(table, encoding="utf-8")
    found = run("qscache-lint", "check", "--repositories", "list", "--output-format", "concise", cwd=fleet).stdout
    assert b"recent_stories/" not in found
    assert b"lru_cache/" in found


def test_one_that_cannot_be_checked_does_not_stop_the_others(fleet: Path) -> None:
    (fleet / "lru_cache/pyproject.toml").write_text("[tool.qscache-lint]\nselct = []\n", encoding="utf-8")
    (fleet / "list").write_text("recent_stories\nlru_cache\nnowhere\n", encoding="utf-8")
    process = run("qscache-lint", "check", "--repositories", "list", "--output-format", "concise", cwd=fleet)
    assert process.returncode == 2
    assert process.stdout.decode().splitlines()[0].startswith("recent_stories/archive/views.py:11:32: QSC201")
    said = process.stderr.decode().splitlines()
    assert len(said) == 2
    assert "unknown key 'selct'" in said[0]
    assert said[1] == "qscache-lint: error: nowhere: no such file or directory"


@pytest.mark.parametrize("arguments", [["."], ["--show-unknown"], ["--stdin-filename", "x.py"]])
def test_what_does_not_go_together_is_refused(fleet: Path, arguments: list[str]) -> None:
    process = run("qscache-lint", "check", "--repositories", "list", *arguments, cwd=fleet)
    assert (process.returncode, process.stdout) == (2, b"")


def test_a_list_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    process = run("qscache-lint", "check", "--repositories", "list", cwd=tmp_path)
    assert process.returncode == 2
    assert process.stderr == b"qscache-lint: error: list: cannot be read: No such file or directory\n"


def test_without_the_extra_dask_is_a_short_error(fleet: Path) -> None:
    script = "import sys\nsys.modules['distributed'] = None\nfrom qscache_lint.cli import main\nmain(sys.argv[1:])\n"
    (fleet / "script.py").write_text(script, encoding="utf-8")
    arguments = ["script.py", "check", "--executor", "dask", "--repositories", "list"]
    process = run("python", *arguments, cwd=fleet)
    assert process.returncode == 2
    assert b"pip install 'qscache-lint[distributed]'" in process.stderr


def dies_once(repository: Repository) -> bytes:
    """Checks a repository, unless it is the first to see that no worker has died yet."""
    try:
        (repository.directory.parent / "died").touch(exist_ok=False)
    except FileExistsError:
        return check_repository(repository)
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def test_a_worker_that_dies_is_replaced(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start() -> Executor:
        return ProcessPoolExecutor(2, mp_context=get_context("forkserver"))

    monkeypatch.setattr("qscache_lint.fleet.check_repository", dies_once)
    repositories = [Repository(fleet / name, Options(), False, None, Purpose.FIXES) for name in NAMES]
    with WorkerPool(start, 2) as worker_pool:
        report = check_repositories(repositories, worker_pool)
    assert (fleet / "died").exists()
    alone = check_paths([fleet / name for name in NAMES])
    for name in FORMATS:
        assert list(render(name, report, fleet)) == list(render(name, alone, fleet))
