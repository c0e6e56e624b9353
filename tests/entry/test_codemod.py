"""The repairs through libcst's own command-line tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.entry.console import contents, fixture, run
from tests.unit.projects import READER, SHOP, lay, take_builder_name

COMMAND = "qscache_lint.codemod.RepairCachedQuerySets"


def _codemod(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "libcst.tool", "codemod", "-x", COMMAND, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    lay(root, SHOP)
    return root


def test_a_clean_project_stays_as_it_is_and_that_is_said(tmp_path: Path) -> None:
    root = fixture("recent_stories_clean", tmp_path)
    before = contents(root)
    process = _codemod("--unsafe-fixes", root, cwd=tmp_path)
    assert (process.returncode, process.stderr) == (0, "Nothing changed.\n")
    assert contents(root) == before


@pytest.mark.drawn("name", "jobs")
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["recent_stories", "lru_cache"])
def test_the_tool_writes_what_our_command_writes(tmp_path: Path, name: str, jobs: int) -> None:
    """Without --no-format, too: no formatter runs."""
    root, twin = fixture(name, tmp_path / "codemod"), fixture(name, tmp_path / "command")
    before = contents(root)
    process = _codemod("--unsafe-fixes", "-j", str(jobs), root, cwd=root.parent)
    assert process.returncode == 0, process.stderr
    assert run("qscache-lint", "fix", "--unsafe-fixes", cwd=twin).returncode == 0
    assert contents(root) == contents(twin) != before
    changed = sum(before[path] != text for path, text in contents(root).items())
    assert f" - Transformed {changed} files successfully.\n - Skipped 0 files.\n" in process.stderr


def test_unsafe_fixes_wait_until_they_are_asked_for(project: Path) -> None:
    take_builder_name(project)
    before = contents(project)
    process = _codemod(project, cwd=project)
    assert process.returncode == 0
    assert process.stderr.startswith("not without --unsafe-fixes: split-function: recent_items() returns the QuerySet")
    assert process.stderr.endswith("\nNothing changed.\n")
    assert contents(project) == before


@pytest.mark.parametrize("directory", ["/", "other"])
def test_the_paths_say_which_project_is_meant_not_the_current_directory(project: Path, directory: str) -> None:
    other = project.parent / "other"
    lay(other, SHOP)
    before = contents(other)
    process = _codemod("--unsafe-fixes", project, cwd=project.parent / directory)
    assert process.returncode == 0, process.stderr
    assert " - Transformed 2 files successfully.\n" in process.stderr
    assert b"def cached_recent_items():" in (project / "shop/queries.py").read_bytes()
    assert contents(other) == before


def test_a_repair_changes_all_its_files_whatever_part_of_the_project_is_named(project: Path) -> None:
    process = _codemod("--unsafe-fixes", project / "shop/refiner.py", cwd=project)
    assert process.returncode == 0, process.stderr
    assert b"def cached_recent_items():" in (project / "shop/queries.py").read_bytes()
    assert b"cached_recent_items()" in (project / "shop/reader.py").read_bytes()


def test_what_is_refused_is_said(project: Path) -> None:
    take_builder_name(project)
    (project / "shop/reader.py").write_text(READER + "\n\ncached_recent_items = None\n", encoding="utf-8")
    process = _codemod("--unsafe-fixes", project, cwd=project)
    assert process.returncode == 0
    assert "the name cached_recent_items is already used on line 8 of shop/reader.py" in process.stderr
    assert process.stderr.endswith("\nNothing changed.\n")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("gone", "gone: no such file or directory", id="missing"),
        pytest.param("/", "the root of the file system is not a project", id="top"),
        pytest.param("-", "name a path", id="standard-input"),
    ],
)
def test_a_wrong_path_is_a_usage_error(project: Path, path: str, message: str) -> None:
    process = _codemod("--unsafe-fixes", path, cwd=project)
    assert process.returncode == 2
    assert message in process.stderr.splitlines()[-1]
    assert "Traceback" not in process.stderr


def test_a_generated_file_that_the_tool_would_skip_stops_the_repair(project: Path) -> None:
    """Else half of it would be written."""
    mark = f"# @gen{''}erated\n"
    (project / "shop/reader.py").write_text(mark + READER, encoding="utf-8")
    before = contents(project)
    process = _codemod("--unsafe-fixes", project, cwd=project)
    assert process.returncode == 2
    assert "shop/reader.py is marked as generated" in process.stderr
    assert contents(project) == before
    assert _codemod("--unsafe-fixes", "--include-generated", project, cwd=project).returncode == 0
    assert b"def cached_recent_items():" in (project / "shop/queries.py").read_bytes()
