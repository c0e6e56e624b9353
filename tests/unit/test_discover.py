"""Where a project begins, and which files belong to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from qscache_lint import limits
from qscache_lint.errors import UsageError
from qscache_lint.source import discover
from qscache_lint.source.discover import DEFAULT_EXCLUDE, find_root, has_table, project_files, python_files

TABLE = "[tool.qscache-lint]\n"


def _lay(root: Path, files: Sequence[str]) -> None:
    for entry in files:
        path, _, text = entry.partition(" = ")
        target = root / path
        if path.endswith("/"):
            target.mkdir(parents=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "start", "expected"),
    [
        pytest.param(["a/b/x.py"], "a/b", "a/b", id="nothing-known-the-directory-itself"),
        pytest.param(["a/b/x.py"], "a/b/x.py", "a/b", id="nothing-known-the-directory-of-the-file"),
        pytest.param(["a/manage.py", "a/b/x.py"], "a/b/x.py", "a", id="manage.py"),
        pytest.param(["manage.py", "a/manage.py", "a/b/x.py"], "a/b", "a", id="the-nearest-manage.py"),
        pytest.param(["setup.cfg", "a/manage.py", "a/x.py"], "a", ".", id="packaging-before-manage.py"),
        pytest.param(["setup.py", "a/pyproject.toml", "a/b/x.py"], "a/b", "a", id="the-nearest-packaging-file"),
        pytest.param([".git/", "a/pyproject.toml", "a/x.py"], "a", ".", id="checkout-before-packaging"),
        pytest.param([".hg/", "a/setup.py", "a/x.py"], "a", ".", id="mercurial-checkout"),
        pytest.param([".git = gitdir: elsewhere", "a/setup.py"], "a", ".", id="worktree-whose-.git-is-a-file"),
        pytest.param([".git/", "a/.git/", "a/b/x.py"], "a/b", "a", id="the-nearest-checkout"),
        pytest.param([f"pyproject.toml = {TABLE}", "a/.git/", "a/x.py"], "a", ".", id="table-before-checkout"),
        pytest.param([".git/", f"a/pyproject.toml = {TABLE}", "a/b/x.py"], "a/b", "a", id="table-below-checkout"),
        pytest.param(
            [f"pyproject.toml = {TABLE}", f"a/pyproject.toml = {TABLE}", "a/b/x.py"], "a/b", "a", id="the-nearest-table"
        ),
        pytest.param(
            [f"pyproject.toml = {TABLE}", "a/pyproject.toml = [tool.black]\n", "a/x.py"],
            "a",
            ".",
            id="no-table-no-root",
        ),
    ],
)
def test_the_best_evidence_above_a_path_is_its_root(
    tmp_path: Path, files: list[str], start: str, expected: str
) -> None:
    _lay(tmp_path, files)
    assert find_root(tmp_path / start) == (tmp_path / expected)


def test_a_relative_path_gives_an_absolute_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _lay(tmp_path, ["manage.py", "a/x.py"])
    monkeypatch.chdir(tmp_path / "a")
    assert find_root(Path("x.py")) == tmp_path


@pytest.mark.parametrize(
    ("files", "start", "given", "expected"),
    [
        pytest.param(["a/b/x.py"], "a/b/x.py", ["c"], "a/b", id="it-is-in-none"),
        pytest.param(["a/b/x.py"], "a/b/x.py", ["a"], "a", id="the-one-that-it-is-in"),
        pytest.param(["a/b/x.py"], "a/b/x.py", ["a/b", "a", "c"], "a", id="the-outermost-whatever-the-order"),
        pytest.param(["a/b/x.py"], "a/b", ["a/b"], "a/b", id="itself"),
        pytest.param(["a/b/manage.py", "a/b/x.py"], "a/b/x.py", ["a"], "a/b", id="a-marker-is-better-evidence"),
        pytest.param(["a/b/x.py"], "a/b/x.py", ["/"], "a/b", id="not-the-top-of-the-file-system"),
    ],
)
def test_where_nothing_marks_a_project_it_is_a_directory_that_was_given(
    tmp_path: Path, files: list[str], start: str, given: list[str], expected: str
) -> None:
    _lay(tmp_path, files)
    assert find_root(tmp_path / start, [tmp_path / each for each in given]) == tmp_path / expected


def test_a_path_with_dots_is_where_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _lay(tmp_path, ["a/manage.py", "b/x.py"])
    monkeypatch.chdir(tmp_path / "a")
    assert find_root(Path("../b")) == tmp_path / "b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", False, id="empty"),
        pytest.param("[tool.black]\n", False, id="another-tool"),
        pytest.param("[tool.qscache-linter]\n", False, id="a-tool-with-a-longer-name"),
        pytest.param(TABLE, True, id="table"),
        pytest.param("[tool.'qscache-lint']\n", True, id="quoted-key"),
        pytest.param("[tool]\nqscache-lint.select = ['QSC1']\n", True, id="dotted-key"),
        pytest.param("[tool]\nqscache-lint = {select = ['QSC1']}\n", True, id="inline-table"),
        pytest.param("[tool.qscache-lint\n", True, id="broken-so-that-it-is-said"),
    ],
)
def test_a_table_is_seen_however_toml_lets_it_be_written(tmp_path: Path, text: str, expected: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert has_table(tmp_path / "pyproject.toml") is expected


def test_no_file_has_no_table(tmp_path: Path) -> None:
    assert not has_table(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(
    ("files", "exclude", "expected"),
    [
        pytest.param(["a.txt", "a.pyc", "py", "b.py.orig"], DEFAULT_EXCLUDE, [], id="other-files"),
        pytest.param(["venv/x.py", ".venv/x.py", ".tox/x.py"], DEFAULT_EXCLUDE, [], id="default-names"),
        pytest.param(["node_modules/a/x.py", "a/__pycache__/x.py"], DEFAULT_EXCLUDE, [], id="default-names-below"),
        pytest.param(["env/pyvenv.cfg", "env/lib/x.py"], (), [], id="a-virtual-environment-by-any-name"),
        pytest.param(["a/env/pyvenv.cfg", "a/env/x.py", "a/y.py"], (), ["a/y.py"], id="a-virtual-environment-inside"),
        pytest.param(["docs/x.py", "a/docs/x.py"], ("docs",), [], id="a-name-at-any-depth"),
        pytest.param(["docs/x.py", "a/docs/x.py"], ("a/docs",), ["docs/x.py"], id="a-path"),
        pytest.param(["x.py", "a/x_test.py"], ("*_test.py",), ["x.py"], id="a-pattern-for-files"),
        pytest.param(["a/b/x.py", "a/y.py"], ("a/b/*",), ["a/y.py"], id="a-pattern-for-paths"),
        pytest.param(["x.py", "x.pyi"], (), ["x.py", "x.pyi"], id="stubs"),
        pytest.param([".github/x.py"], DEFAULT_EXCLUDE, [".github/x.py"], id="hidden-but-not-excluded"),
        pytest.param(["b/x.py", "a/x.py", "c.py"], (), ["c.py", "a/x.py", "b/x.py"], id="in-a-stable-order"),
    ],
)
def test_the_files_of_a_project(
    tmp_path: Path, files: list[str], exclude: tuple[str, ...], expected: list[str]
) -> None:
    _lay(tmp_path, files)
    assert list(python_files(tmp_path, exclude)) == expected


@pytest.mark.parametrize("name", ["/", "/.", "/tmp/..", "link"])
def test_the_top_of_a_file_system_is_no_project(tmp_path: Path, name: str) -> None:
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(UsageError, match=r"the root of the file system is not a project: name a directory in it"):
        project_files(tmp_path / name)


def test_what_stands_at_the_top_of_a_file_system_marks_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose files were copied to `/`."""
    _lay(tmp_path, ["pyproject.toml = " + TABLE, "manage.py", "app/x.py"])
    assert find_root(tmp_path / "app") == tmp_path
    monkeypatch.setattr(discover, "is_top", lambda directory: directory in (tmp_path, *tmp_path.parents))
    assert find_root(tmp_path / "app") == tmp_path / "app"
    assert project_files(tmp_path / "app") == ("x.py",)


@pytest.mark.parametrize(("bound", "most"), [("WALKED_FILES", 2), ("WALKED_DIRECTORIES", 3)])
def test_an_enormous_directory_without_a_project_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(limits, bound, most)
    _lay(tmp_path, ["a/x.py", "b/y.py"])
    assert project_files(tmp_path) == ("a/x.py", "b/y.py")
    _lay(tmp_path, ["c/z.py"])
    with pytest.raises(UsageError, match=r"and no project marker: name a project in it"):
        project_files(tmp_path)
    _lay(tmp_path, ["manage.py"])
    assert project_files(tmp_path) == ("manage.py", "a/x.py", "b/y.py", "c/z.py")


def test_conda_environments_and_packages_of_the_system_are_left_out(tmp_path: Path) -> None:
    _lay(tmp_path, ["x.py", "env/conda-meta/", "env/lib/y.py", "usr/lib/python3/dist-packages/z.py"])
    assert list(python_files(tmp_path)) == ["x.py"]
