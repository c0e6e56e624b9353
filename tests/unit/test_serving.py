"""A session answers for one file at a time, and does its work for the first one."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import pytest

from qscache_lint.api import Report, check_paths, check_source
from qscache_lint.flake8_plugin import Plugin
from qscache_lint.serving.lock import alone
from qscache_lint.serving.session import Session
from qscache_lint.source import discover
from tests.unit.projects import QUERIES, REFINER, lay

PROJECT = {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER}


def _session(checked: list[Path]) -> Session:
    def check_project(root: Path) -> Report:
        checked.append(root)
        return check_paths([root])

    def check_text(path: Path, text: str) -> Report:
        return check_source(text, path)

    return Session(check_project, check_text, "stdin")


def _codes(rows: Sequence[tuple[int, int, str]]) -> list[str]:
    return [f"{row}:{column} {text.partition(' ')[0]}" for row, column, text in rows]


def test_a_project_is_checked_once(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    checked: list[Path] = []
    session = _session(checked)
    assert _codes(session.findings(str(tmp_path / "shop/refiner.py"), [])) == ["5:31 QSC201"]
    assert _codes(session.findings(str(tmp_path / "shop/queries.py"), [])) == ["6:1 QSC101"]
    assert _codes(session.findings(str(tmp_path / "shop/models.py"), [])) == []
    assert _codes(session.findings(str(tmp_path / "shop/../shop/queries.py"), [])) == ["6:1 QSC101"]
    assert checked == [tmp_path]


def test_a_project_that_cannot_be_checked_is_a_finding_in_each_of_its_files(tmp_path: Path) -> None:
    """flake8 takes no error from a plugin in the middle of its files: it would end in a traceback."""
    lay(tmp_path, PROJECT, "exclude = 3\n")
    session = _session([])
    for name in ("refiner.py", "queries.py"):
        (row,) = session.findings(str(tmp_path / "shop" / name), [])
        assert row[:2] == (1, 0)
        assert row[2].startswith("QSC900 not analysed: ")
        assert "exclude" in row[2]


def test_text_is_checked_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, PROJECT)
    monkeypatch.chdir(tmp_path)
    session = _session([])
    for text in (REFINER, "# new\n" + REFINER):
        assert len(session.findings("stdin", text.splitlines(keepends=True))) == 1


def test_a_further_file_of_a_directory_costs_no_call_to_the_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, PROJECT)
    session = _session([])
    session.findings(str(tmp_path / "shop/queries.py"), [])

    def refuse(path: Path, given: Sequence[Path]) -> Path:
        raise AssertionError(path)

    monkeypatch.setattr(discover, "find_root", refuse)
    assert session.findings(str(tmp_path / "shop/plain.py"), []) == ()
    with pytest.raises(AssertionError):
        session.findings(str(tmp_path / "elsewhere/plain.py"), [])


def test_a_plugin_without_a_session_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugin, "_session", None)
    assert list(Plugin(ast.Module([], []), "x.py", []).run()) == []


def test_a_run_in_which_nothing_of_ours_is_shown_has_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plugin, "_session", None)
    shown = {"select": ["F"], "ignore": [], "extend_select": [], "extend_ignore": [], "extended_default_select": []}
    Plugin.parse_options(Namespace(**shown, extended_default_ignore=[], bug_report=False))
    assert Plugin._session is None


HOLDER = """
import sys, time
from pathlib import Path
from qscache_lint.serving.lock import alone
with alone(Path(sys.argv[1])):
    print("inside", flush=True)
    time.sleep(30)
"""


def test_a_lock_is_waited_for_and_ends_with_its_holder(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path / "lock"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    waiter = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path / "lock"], stdout=subprocess.PIPE)
    time.sleep(0.5)
    assert waiter.poll() is None
    process.kill()
    assert waiter.stdout is not None
    assert waiter.stdout.readline() == b"inside\n"
    for each in (process, waiter):
        each.kill()
        each.wait()
        assert each.stdout is not None
        each.stdout.close()


def test_where_no_lock_can_be_no_process_waits(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with alone(tmp_path / "file" / "lock"), alone(tmp_path / "file" / "lock"):
        assert not (tmp_path / "file" / "lock").exists()
