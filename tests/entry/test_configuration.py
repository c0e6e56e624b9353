"""Which files are checked and by which settings: what is left out, what is told, and what is shown."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from qscache_lint.cli import main
from qscache_lint.settings import Settings
from tests.entry.console import contents, run, runner
from tests.unit.projects import REFINER, SHOP, lay

OTHER = REFINER.replace("def named", "def other")


def _call(*arguments: str) -> Result:
    return runner().invoke(main, [*arguments])


def _places(*arguments: str) -> list[str]:
    output = _call("check", "--output-format", "concise", *arguments).stdout
    return [line.partition(": ")[0] for line in output.splitlines()]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay(tmp_path, {**SHOP, "build/old.py": OTHER, ".gitignore": "build/\n"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


FOUND = ["shop/queries.py:6:2", "shop/refiner.py:5:32"]


# -- what is left out


def test_what_git_ignores_does_not_belong_to_the_project(project: Path) -> None:
    assert _places() == FOUND
    lay(project, {}, "respect-gitignore = false\n")
    assert _places() == ["build/old.py:5:32", *FOUND]


def test_an_edit_of_what_git_ignores_counts_in_the_next_run(project: Path) -> None:
    assert _places() == FOUND
    (project / ".gitignore").write_text("shop/refiner.py\n", encoding="utf-8")
    assert _places() == ["build/old.py:5:32", "shop/queries.py:6:2"]
    assert _places("--no-cache") == ["build/old.py:5:32", "shop/queries.py:6:2"]


def test_flake8_agrees(project: Path) -> None:
    (project / ".gitignore").write_text("shop/refiner.py\n", encoding="utf-8")
    process = run("flake8", "--select", "QSC", "--format", "%(path)s:%(row)d:%(col)d", cwd=project)
    assert sorted(process.stdout.decode().split()) == ["./build/old.py:5:32", "./shop/queries.py:6:2"]


@pytest.mark.parametrize("table", ["", 'exclude = ["build"]\nrespect-gitignore = false\n'])
def test_what_is_named_is_checked_unless_exclusion_is_forced(project: Path, table: str) -> None:
    lay(project, {}, table)
    assert _places("build/old.py") == ["build/old.py:5:32"]
    forced = _call("check", "--force-exclude", "build/old.py")
    told = "build/old.py: not checked: excluded by the settings, with force-exclude"
    assert (forced.exit_code, forced.stdout, forced.stderr) == (0, "", f"qscache-lint: warning: {told}\n")
    lay(project, {}, f"{table}force-exclude = true\n")
    assert _places("build/old.py", "shop/refiner.py") == ["shop/refiner.py:5:32"]


# -- what is told


def test_all_that_is_wrong_is_a_line_each_and_2(project: Path) -> None:
    lay(project, {}, 'selct = []\nignore = ["QSC2O1"]\nmin-confidence = "hgh"\n')
    result = _call("check", "--extend-select", "E501")
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert all(line.startswith("qscache-lint: error: ") for line in lines)
    assert ["selct" in lines[0], "hgh" in lines[1], "QSC2O1" in lines[2], "E501" in lines[3], len(lines)] == [
        *[True, True, True, True, 4]
    ]


def test_a_misspelt_table_is_told(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.qscache_lint]\nselect = ["QSC2"]\n', encoding="utf-8")
    told = f"{project / 'pyproject.toml'}: [tool.qscache_lint] is not read; did you mean [tool.qscache-lint]?"
    for command in ("check", "fix"):
        assert f"qscache-lint: warning: {told}\n" in _call(command, "--exit-zero").stderr
        assert _call(command, "--exit-zero", "-q").stderr == f"qscache-lint: warning: {told}\n"
    assert "did you mean" not in _call("check", "--isolated").stderr


@pytest.mark.parametrize(
    ("arguments", "told"), [(["--select", ""], "No rules selected"), (["docs"], "No Python files found under docs")]
)
def test_that_nothing_was_checked_is_told_though_quiet(project: Path, arguments: list[str], told: str) -> None:
    (project / "docs").mkdir()
    result = _call("check", "-q", *arguments)
    assert (result.exit_code, result.output) == (0, f"qscache-lint: warning: {told}\n")


# -- what is shown


def test_the_files_are_shown_that_would_be_checked(project: Path) -> None:
    before = contents(project)
    result = _call("check", "--show-files")
    assert result.exit_code == 0
    names = ("__init__", "models", "queries", "reader", "refiner")
    assert result.stdout.split() == [f"shop/{name}.py" for name in names]
    assert _call("check", "--show-files", "build/old.py", "shop/models.py").stdout.split() == [
        "build/old.py",
        "shop/models.py",
    ]
    (project / "docs").mkdir()
    empty = _call("check", "--show-files", "docs")
    assert (empty.stdout, empty.stderr) == ("", "qscache-lint: warning: No Python files found under docs\n")
    assert contents(project) == before


def test_the_settings_that_are_shown_are_those_that_hold(project: Path) -> None:
    table = (
        'extend-select = ["QSC103"]\nper-file-ignores = { "a \\" b" = ["QSC2"] }\n'
        'memoizer = [{ names = ["a.b"], keeps = "pickle" }]\n'
    )
    lay(project, {}, table)
    (project / "requirements.txt").write_text("Django>=1.3.1\n", encoding="utf-8")
    text = _call("check", "--show-settings", "--select", "QSC1", "--force-exclude").stdout
    shown = msgspec.convert(msgspec.toml.decode(text)["tool"]["qscache-lint"], Settings)
    assert (shown.select, shown.extend_select, shown.force_exclude) == (("QSC1",), ("QSC103",), True)
    assert shown.per_file_ignores == {'a " b': ("QSC2",)}
    assert [row.names for row in shown.memoizer] == [("a.b",)]
    lines = text.splitlines()
    assert lines[0] == f"# {project}, from {project / 'pyproject.toml'}"
    assert lines[-2] == "# rules: QSC101, QSC102, QSC103, QSC104, QSC105, QSC106, QSC107"
    assert lines[-1] == "# Django 6.1 (at least 1.3 in requirements.txt: using 6.1)"


def test_wrong_settings_are_2_here_too(project: Path) -> None:
    lay(project, {}, "selct = []\n")
    assert _call("check", "--show-settings").exit_code == 2
    assert _call("check", "--show-files", "gone").stderr == "qscache-lint: error: gone: no such file or directory\n"
