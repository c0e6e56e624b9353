"""Pyrefly is asked without anything of the project being run, written or obeyed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qscache_lint.oracles import Answers, Asked, TypeName
from qscache_lint.source.discover import python_files
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.checker_oracle import CheckerOracle
from qscache_lint.typed.checkers import checkers
from qscache_lint.values import Position, Span
from tests.entry.console import contents
from tests.literate import write_files

MODELS = """\
from django.db import models


class Group(models.Model):
    name = models.CharField(max_length=9)


class Boat(models.Model):
    group = models.ForeignKey(Group, on_delete=models.CASCADE)
"""
VIEWS = """\
from django.contrib.auth import models as auth

from quay import models


def crew(boat: models.Boat, others: list[auth.Group], last: models.Boat | None):
    return boat.group.name, others[0].name, boat.gone.name, last.group
"""
FILES = {"manage.py": "", "quay/__init__.py": "", "quay/models.py": MODELS, "quay/views.py": VIEWS}
PYREFLY = CheckerOracle(checkers()["pyrefly"])


def _asked(root: Path, *texts: str) -> tuple[Answers, list[Asked]]:
    """Ask what stands before the dot in some texts of the views."""
    lines = root.joinpath("quay/views.py").read_text().splitlines()
    asked = [
        Asked("quay/views.py", Span(Position(row, at + 1), Position(row, at + 1 + len(text))), "receiver")
        for text in texts
        for row, line in enumerate(lines, 1)
        if (at := line.find(text)) >= 0
    ]
    return PYREFLY.ask(asked, SourceTree(root, tuple(python_files(root)))), asked


def test_classes_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    answers, (own, other, gone) = _asked(tmp_path, "boat.group.name", "others[0].name", "boat.gone.name")
    assert (answers.failure, answers.notes, answers.complete) == ("", (), True)
    assert answers.known[own][0].names[0] == "quay.models.Group"
    assert answers.known[other][0].names[0] == "django.contrib.auth.models.Group"
    assert gone not in answers.known


def test_none_is_told_where_it_may_be(tmp_path: Path) -> None:
    write_files(tmp_path, FILES)
    answers, (one, other) = _asked(tmp_path, "boat.group", "last.group")
    boat = TypeName("instance", ("quay.models.Boat", "django.db.models.base.Model"))
    assert answers.known == {one: (boat,), other: (boat, TypeName("none"))}


def test_an_error_of_syntax_leaves_out_its_file_alone(tmp_path: Path) -> None:
    write_files(tmp_path, {**FILES, "quay/broken.py": "def broken(:\n    return boat.group.name\n"})
    answers, (own,) = _asked(tmp_path, "boat.group.name")
    assert answers.known[own][0].names[0] == "quay.models.Group"


TRAP = "open({marker!r}, 'w').close()\n"
NAMES = ("sitecustomize", "usercustomize", "json", "settings", "conftest", "setup")


@pytest.mark.parametrize("table", ["python-interpreter-path", "fallback-python-interpreter-name"])
def test_nothing_of_the_project_is_run(tmp_path: Path, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root, marker = tmp_path / "project", tmp_path / "ran"
    trap = TRAP.format(marker=str(marker))
    interpreter = root / "python"
    write_files(root, {**FILES, **{f"{name}.py": trap for name in NAMES}, "python": f"#!{sys.executable}\n{trap}"})
    interpreter.chmod(0o755)
    write_files(root, {"pyproject.toml": f"[tool.pyrefly]\n{table} = {str(interpreter)!r}\n"})
    before = contents(root)
    monkeypatch.chdir(root)
    answers, _ = _asked(root, "boat.group.name")
    assert (answers.failure, marker.exists(), contents(root)) == ("", False, before)
