"""The repairs through libcst's own command-line tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.entry.console import contents, fixture, run

COMMAND = "qscache_lint.codemod.RepairCachedQuerySets"


def _codemod(project: Path, directory: Path, jobs: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-B", "-m", "libcst.tool", "codemod", "-x", COMMAND),
            *("--no-format", "-j", str(jobs), "--project", str(project), str(directory)),
        ],
        cwd=directory.parent,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_clean_project_stays_as_it_is(tmp_path: Path, jobs: int) -> None:
    root = fixture("recent_stories_clean", tmp_path)
    before = contents(root)
    process = _codemod(root, root, jobs)
    assert process.returncode == 0, process.stderr
    assert contents(root) == before


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["recent_stories", "lru_cache"])
def test_the_tool_writes_what_our_command_writes(tmp_path: Path, name: str, jobs: int) -> None:
    root, twin = fixture(name, tmp_path / "codemod"), fixture(name, tmp_path / "command")
    before = contents(root)
    process = _codemod(root, root, jobs)
    assert process.returncode == 0, process.stderr
    assert run("qscache-lint", "fix", "--unsafe-fixes", cwd=twin).returncode == 0
    assert contents(root) == contents(twin) != before


def test_a_project_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    root = fixture("lru_cache_clean", tmp_path)
    process = _codemod(tmp_path / "gone", root, 1)
    assert process.returncode == 2
    assert "gone: no such file or directory" in process.stderr
    assert "Traceback" not in process.stderr
