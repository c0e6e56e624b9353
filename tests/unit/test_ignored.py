"""What `.gitignore` files leave out is what git says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qscache_lint.source.discover import is_left_out, python_files
from qscache_lint.source.ignored import Ignored, translated
from tests.unit.projects import write

NAMES = ("a.py", "keep.py", "build/a.py", "build/keep.py", "src/build/b.py", "src/a.py", "src/keep/c.py", "ü/[x].py")
LINES = st.sampled_from(
    (
        *("*.py", "build", "build/", "/build", "src/*", "src/**", "**/build", "a.py", "/a.py", "!a.py", "!keep.py"),
        *("!build/keep.py", "!src/", "!keep/", "#a.py", "", "  ", "\\#x", "*", "!*/", "src/**/c.py", "[ab].py"),
        *("ü", "a.py "),
        *("a.py\r", "\\", "build\\", "!", "/", "***", "[", "[x].py", "\\[x\\].py", "?.py", "src/keep"),
    )
)  # fmt: skip


def _lay(root: Path, files: dict[str, str]) -> None:
    write(root, {**dict.fromkeys(NAMES, ""), **files})


def _of_git(root: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-per-directory=.gitignore", "-z", "*.py"],
        cwd=root,
        check=True,
        capture_output=True,
    ).stdout
    return sorted(name.decode() for name in listed.split(b"\0") if name)


def _ours(root: Path) -> list[str]:
    return sorted(python_files(root, (".git",), ignored=Ignored(translated)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.lists(LINES, max_size=4), inside=st.lists(LINES, max_size=3))
@example(top=["*.py", "!keep/"], inside=[])
@example(top=["build/*", "!build/keep.py"], inside=["!a.py"])
@example(top=["*.py"], inside=["!c.py", "!keep"])
def test_it_is_what_git_says(tmp_path_factory: pytest.TempPathFactory, top: list[str], inside: list[str]) -> None:
    root = tmp_path_factory.mktemp("ignored")
    _lay(root, {".gitignore": "\n".join(top), "src/.gitignore": "\n".join(inside)})
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    assert _ours(root) == _of_git(root)
    for name in NAMES:
        assert is_left_out(root, name, (".git",), Ignored(translated)) is (name not in _ours(root))


def test_files_above_a_project_count_up_to_the_top_of_its_checkout(tmp_path: Path) -> None:
    root = tmp_path / "site" / "back"
    _lay(root, {})
    (tmp_path / ".gitignore").write_text("site/back/build\n/site/back/a.py\n", encoding="utf-8")
    (tmp_path / "site/.gitignore").write_text("!a.py\nkeep\n", encoding="utf-8")
    ignored = Ignored.around(root, tmp_path)
    found = [name for name in NAMES if not is_left_out(root, name, (), ignored)]
    assert found == ["a.py", "keep.py", "src/build/b.py", "src/a.py", "ü/[x].py"]
    assert sorted(python_files(root, (), ignored=ignored)) == sorted(found)


def test_outside_of_a_checkout_nothing_above_counts(tmp_path: Path) -> None:
    root = tmp_path / "site"
    _lay(root, {})
    (tmp_path / ".gitignore").write_text("*\n", encoding="utf-8")
    assert len([*python_files(root, (), ignored=Ignored.around(root, None))]) == len(NAMES)


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    _lay(tmp_path, {})
    (tmp_path / ".gitignore").mkdir()
    assert len(_ours(tmp_path)) == len(NAMES)
