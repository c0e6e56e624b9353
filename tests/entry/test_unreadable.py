"""Files and directories that are there and may not be read: they are told of, and trusted with nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from qscache_lint.cli import main
from qscache_lint.source.discover import find_root
from tests.entry.console import contents, runner
from tests.unit.projects import QUERIES, REFINER, lay, take_builder_name

FOUND = ["shop/queries.py:6:2: QSC101", "shop/refiner.py:5:32: QSC201"]
SECRET = "shop/secret.py:1:1: QSC900"

Forbid = Callable[[Path], None]


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Forbid:
    """Takes away the permission to read a file or to list a directory, also from root."""
    forbidden: set[str] = set()

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **named: Any) -> Any:
            if str(path) in forbidden:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return function(path, *arguments, **named)

        return call

    for name in ("open", "scandir", "listdir"):
        monkeypatch.setattr(os, name, guarded(getattr(os, name)))

    def add(path: Path) -> None:
        forbidden.add(str(path))

    return add


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/secret.py": "x = 1\n"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _call(*arguments: str) -> Result:
    return runner().invoke(main, [*arguments, "--output-format", "concise"], catch_exceptions=False)


def _heads(result: Result) -> list[str]:
    return [" ".join(line.split(" ")[:2]) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_without_permission_is_a_finding_whatever_it_holds_and_in_each_run(
    project: Path, forbid: Forbid, jobs: str
) -> None:
    forbid(project / "shop/secret.py")
    for _ in range(2):
        result = _call("check", "--jobs", jobs)
        assert _heads(result) == [*FOUND, SECRET]
        assert "QSC900 not analysed: cannot be read: Permission denied" in result.stdout
        assert (result.exit_code, result.stderr) == (1, "")


def test_where_nothing_imports_django_it_is_a_finding_too(
    tmp_path: Path, forbid: Forbid, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "setup.py").write_text("", encoding="utf-8")
    (tmp_path / "secret.py").write_text("import django\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    forbid(tmp_path / "secret.py")
    assert _heads(_call("check")) == ["secret.py:1:1: QSC900"]


def test_a_file_named_without_permission_costs_no_report_on_the_others(project: Path, forbid: Forbid) -> None:
    forbid(project / "shop/secret.py")
    assert _heads(_call("check", "shop/secret.py", "shop/refiner.py")) == [FOUND[1], SECRET]


def test_a_user_that_may_read_a_file_does_not_get_what_another_was_told(
    project: Path, forbid: Forbid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing about the file tells these two runs apart."""
    for path in project.rglob("*.py"):
        os.utime(path, (1, 1))
    with monkeypatch.context() as patch:
        real = os.open

        def refuse(path: Any, *arguments: Any, **named: Any) -> int:
            if str(path).endswith("secret.py"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return real(path, *arguments, **named)

        patch.setattr(os, "open", refuse)
        patch.setattr("qscache_lint.limits.SETTLED_NANOSECONDS", -(10**18))
        assert SECRET in _heads(_call("check"))
    assert _heads(_call("check")) == FOUND


def test_a_file_that_loses_its_permission_is_told_of_by_a_warm_run(project: Path, forbid: Forbid) -> None:
    assert _heads(_call("check")) == FOUND
    forbid(project / "shop/secret.py")
    (project / "shop/secret.py").chmod(0o600)
    assert _heads(_call("check")) == [*FOUND, SECRET]


def test_nothing_is_repaired_while_a_caller_may_be_hidden(project: Path, forbid: Forbid) -> None:
    forbid(project / "shop/secret.py")
    before = contents(project)
    result = _call("fix", "--unsafe-fixes")
    assert contents(project) == before
    assert "shop/secret.py may mention recent_items and cannot be read" in result.stderr
    assert SECRET in _heads(result)


def test_settings_that_cannot_be_read_may_name_what_would_be_repaired(project: Path, forbid: Forbid) -> None:
    take_builder_name(project)
    (project / "urls.toml").write_text("", encoding="utf-8")
    forbid(project / "urls.toml")
    before = contents(project)
    assert "urls.toml may name the function and cannot be read" in _call("fix", "--unsafe-fixes").stderr
    assert contents(project) == before


def test_code_that_is_not_examined_and_cannot_be_read_may_call_it(project: Path, forbid: Forbid) -> None:
    (project / "notes.ipynb").write_text("", encoding="utf-8")
    forbid(project / "notes.ipynb")
    result = runner().invoke(main, ["check"])
    assert "notes.ipynb is not analysed, and may call the function" in " ".join(result.stdout.split())


def test_a_directory_that_cannot_be_listed_is_named(project: Path, forbid: Forbid) -> None:
    (project / "data").mkdir()
    forbid(project / "data")
    for _ in range(2):
        result = _call("check")
        assert _heads(result) == FOUND
        line = f"{project}/data: not analysed: cannot be listed: Permission denied"
        assert result.stderr == f"qscache-lint: warning: {line}\n"
    shown = runner().invoke(main, ["check"]).stdout
    assert "data cannot be listed, and may hold callers" in " ".join(shown.split())


def test_a_directory_that_is_left_out_may_stay_closed(project: Path, forbid: Forbid) -> None:
    (project / "node_modules").mkdir()
    forbid(project / "node_modules")
    assert _call("check").stderr == ""


@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_path_that_cannot_be_looked_at_is_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    closed = str(project / "data/x.py")
    real = os.stat

    def refuse(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        if os.path.abspath(str(path)) == closed:  # noqa: PTH100
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), closed)
        return real(path, *arguments, **named)

    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(Path, "stat", refuse)  # Python 3.10 has bound the other one
    monkeypatch.setattr(os.path, "isdir", lambda path: Path(closed) != Path(path) and real(path) is not None)
    assert find_root(Path(closed)) == project
    result = _call(command, "data/x.py")
    assert result.exit_code == 2
    assert result.stderr == "qscache-lint: error: data/x.py: permission denied\n"
