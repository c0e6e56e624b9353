"""The plugin inside the real flake8: the findings of `qscache-lint check`, at the same places."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.entry.console import FINDINGS, SILENT_FIRST, fixture, run
from tests.unit.projects import QUERIES, REFINER, lay

PROJECT = {"shop/queries.py": QUERIES.replace("(60)", "(60)  # noqa: QSC101"), "shop/refiner.py": REFINER}
FOUND = "shop/refiner.py:5:32: QSC201"


def _flake8(cwd: Path, *arguments: str, stdin: bytes = b"") -> list[str]:
    """Our findings as flake8 prints them; nothing may go wrong."""
    process = run("flake8", *arguments, cwd=cwd, stdin=stdin)
    assert process.stderr == b""
    assert process.returncode in (0, 1)
    lines = process.stdout.decode().splitlines()
    assert bool(lines) == bool(process.returncode)
    return sorted(line.removeprefix("./") for line in lines if " QSC" in line)


def _heads(lines: list[str]) -> list[str]:
    return [" ".join(line.split(" ")[:2]) for line in lines]


@pytest.mark.parametrize("name", SILENT_FIRST)
def test_flake8_says_what_our_command_says(name: str, tmp_path: Path) -> None:
    root = fixture(name, tmp_path)
    ours = run("qscache-lint", "check", "--output-format", "concise", cwd=root)
    theirs = _flake8(root)
    assert theirs == ours.stdout.decode().splitlines()
    assert _heads(theirs) == FINDINGS[name]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--jobs", "2"], id="two-processes"),
        pytest.param(["--jobs", "1"], id="one-process"),
        pytest.param(["--select", "QSC"], id="select-the-plugin"),
        pytest.param(["--extend-ignore", "E,W"], id="ignore-others"),
        pytest.param(["stories", "archive"], id="two-directories"),
        pytest.param(["archive/views.py", "stories/queries.py"], id="two-files"),
    ],
)
def test_how_flake8_is_called_does_not_matter(tmp_path: Path, arguments: list[str]) -> None:
    root = fixture("recent_stories", tmp_path)
    assert _heads(_flake8(root, *arguments)) == FINDINGS["recent_stories"]


def test_flake8_may_be_called_from_elsewhere(tmp_path: Path) -> None:
    fixture("recent_stories", tmp_path)
    heads = _heads(_flake8(tmp_path, "recent_stories"))
    assert heads == [f"recent_stories/{each}" for each in FINDINGS["recent_stories"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["--select", "E"], [], id="select-another-plugin"),
        pytest.param(["--ignore", "QSC"], [], id="ignore"),
        pytest.param(["--extend-ignore", "QSC201"], [], id="extend-ignore"),
        pytest.param(["--per-file-ignores", "shop/refiner.py:QSC2"], [], id="per-file-ignores"),
        pytest.param(["--per-file-ignores", "shop/queries.py:QSC2"], [FOUND], id="per-file-ignores-another-file"),
        pytest.param(["--ignore", "E501"], [FOUND], id="ignore-another-code"),
        pytest.param(["--select", "QSC2"], [FOUND], id="select-a-prefix"),
        pytest.param(["--select", "QSC2", "--ignore", "QSC201"], [], id="the-longer-ignore-wins"),
        pytest.param(["--extend-select", "QSC201"], [FOUND], id="extend-select"),
        pytest.param(["--disable-noqa"], ["shop/queries.py:6:2: QSC101", FOUND], id="disable-noqa"),
    ],
)
def test_flake8_options_decide(tmp_path: Path, arguments: list[str], expected: list[str]) -> None:
    lay(tmp_path, PROJECT)
    assert _heads(_flake8(tmp_path, *arguments)) == expected


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        pytest.param([], [], id="by-default-off"),
        pytest.param(["--ignore", "E501"], [], id="still-off-when-the-default-ignores-are-replaced"),
        pytest.param(["--select", "E,QSC"], [], id="still-off-when-the-plugin-is-selected"),
        pytest.param(["--extend-select", "QSC103,QSC253"], ["QSC103", "QSC253"], id="on-by-its-code"),
        pytest.param(["--select", "QSC1"], ["QSC103"], id="on-by-a-prefix-with-a-digit"),
    ],
)
def test_a_rule_that_is_off_by_default_is_off_in_flake8_too(
    tmp_path: Path, arguments: list[str], codes: list[str]
) -> None:
    root = fixture("cached_property", tmp_path)
    assert [head.split()[1] for head in _heads(_flake8(root, *arguments))] == codes


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        pytest.param("recent_items().filter(title=word)  # noqa", [], id="bare"),
        pytest.param("recent_items().filter(title=word)  # noqa: QSC201", [], id="code"),
        pytest.param("recent_items().filter(title=word)  # noqa: QSC2", [], id="prefix"),
        pytest.param("recent_items().filter(title=word)  # noqa: E501,QSC201", [], id="among-others"),
        pytest.param("recent_items().filter(title=word)  # noqa: QSC101", ["5:27"], id="another-code"),
        pytest.param(
            "(\n        recent_items()\n        .filter(title=word)\n    )  # noqa: QSC201", [], id="on-the-last-line"
        ),
        pytest.param(
            "(  # noqa: QSC201\n        recent_items()\n        .filter(title=word)\n    )", [], id="on-the-first-line"
        ),
        pytest.param(
            "(\n        recent_items()\n        .filter(title=word)\n    )  # noqa: E501",
            ["7:10"],
            id="other-line-and-code",
        ),
    ],
)
def test_noqa_is_honoured_on_any_line_of_the_statement(tmp_path: Path, use: str, expected: list[str]) -> None:
    source = f"from shop.queries import recent_items\n\n\ndef named(word):\n    return {use}\n"
    lay(tmp_path, {**PROJECT, "shop/refiner.py": source})
    ours = run("qscache-lint", "check", "--output-format", "concise", cwd=tmp_path)
    theirs = _flake8(tmp_path)
    assert theirs == ours.stdout.decode().splitlines()
    assert _heads(theirs) == [f"shop/refiner.py:{place}: QSC201" for place in expected]


@pytest.mark.parametrize(
    "mark", ["# flake8: noqa", "    # FLAKE8=noqa", "# flake8: noqa: QSC201", "# flake8: noqa: E501", "# flake8: noqa?"]
)
def test_the_mark_for_a_file_is_honoured(tmp_path: Path, mark: str) -> None:
    """flake8 7 looks at the beginning of the mark alone: codes behind it change nothing, and all is silenced."""
    lay(tmp_path, {**PROJECT, "shop/refiner.py": f"{mark}\nimport os\n{REFINER}"})
    assert "shop/refiner.py" not in run("flake8", cwd=tmp_path).stdout.decode()
    assert _flake8(tmp_path) == []
    assert run("qscache-lint", "check", "--quiet", cwd=tmp_path).stdout == b""


@pytest.mark.parametrize("mark", ["import re  # flake8: noqa: QSC201", "# see: # flake8: noqa", "# flake8 noqa"])
def test_what_is_no_mark_for_a_file_silences_nothing(tmp_path: Path, mark: str) -> None:
    lay(tmp_path, {**PROJECT, "shop/refiner.py": f"{mark}\nimport os\n{REFINER}"})
    assert "F401" in run("flake8", cwd=tmp_path).stdout.decode()
    ours = run("qscache-lint", "check", "--output-format", "concise", cwd=tmp_path)
    assert _flake8(tmp_path) == ours.stdout.decode().splitlines()
    assert _heads(_flake8(tmp_path)) == ["shop/refiner.py:7:32: QSC201"]


@pytest.mark.parametrize(
    ("table", "arguments", "expected"),
    [
        pytest.param("", [], [], id="left-out-by-default"),
        pytest.param("", ["--select", "QSC"], [], id="selected-by-flake8"),
        pytest.param("per-file-ignores = {}\n", [], ["QSC201"], id="shown-by-our-table"),
        pytest.param(
            "per-file-ignores = {}\n", ["--per-file-ignores", "tests/*:QSC2"], [], id="left-out-by-the-option-of-flake8"
        ),
        pytest.param('per-file-ignores = { "test_*.py" = ["QSC1"] }\n', [], ["QSC201"], id="another-rule"),
    ],
)
def test_what_is_left_out_in_tests(tmp_path: Path, table: str, arguments: list[str], expected: list[str]) -> None:
    lay(tmp_path, {"shop/queries.py": PROJECT["shop/queries.py"], "tests/test_shop.py": REFINER}, table)
    assert [head.split()[1] for head in _heads(_flake8(tmp_path, *arguments))] == expected
    if not arguments:
        ours = run("qscache-lint", "check", "--output-format", "concise", cwd=tmp_path).stdout.decode().splitlines()
        assert ours == _flake8(tmp_path)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("X = 1\n", [], id="clean"),
        pytest.param(REFINER.replace("title=word))", "title=word))  # noqa"), [], id="noqa"),
        pytest.param(REFINER, ["shop/refiner.py:5:32: QSC201"], id="as-on-disk"),
        pytest.param("# one line more\n" + REFINER, ["shop/refiner.py:6:32: QSC201"], id="edited"),
        pytest.param(REFINER.replace("word", "wört"), ["shop/refiner.py:5:32: QSC201"], id="not-ascii"),
    ],
)
def test_stdin_under_the_name_of_a_file(tmp_path: Path, source: str, expected: list[str]) -> None:
    lay(tmp_path, PROJECT)
    found = _flake8(tmp_path, "--stdin-display-name", "shop/refiner.py", "-", stdin=source.encode())
    assert _heads(found) == expected


def test_stdin_without_a_name_is_a_file_of_the_project_at_hand(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    assert _heads(_flake8(tmp_path, "-", stdin=REFINER.encode())) == ["stdin:5:32: QSC201"]


@pytest.mark.parametrize(
    ("table", "arguments", "expected"),
    [
        pytest.param('ignore = ["QSC201"]\n', [], [], id="ignore"),
        pytest.param('select = ["QSC1"]\n', [], [], id="select"),
        pytest.param('extend-exclude = ["queries.py"]\n', [], [], id="exclude"),
        pytest.param('select = ["QSC2"]\n', [], [FOUND], id="select-it"),
        pytest.param('ignore = ["QSC201"]\n', ["--extend-select", "QSC201"], [FOUND], id="flake8-selects-over-it"),
        pytest.param('select = ["QSC201"]\n', ["--extend-ignore", "QSC201"], [], id="flake8-ignores-over-it"),
    ],
)
def test_the_table_of_the_project_is_honoured(
    tmp_path: Path, table: str, arguments: list[str], expected: list[str]
) -> None:
    lay(tmp_path, PROJECT, table)
    assert _heads(_flake8(tmp_path, *arguments)) == expected


def test_the_table_turns_a_rule_on(tmp_path: Path) -> None:
    root = fixture("cached_property", tmp_path)
    (root / "pyproject.toml").write_text('[tool.qscache-lint]\nextend-select = ["QSC103"]\n', encoding="utf-8")
    assert [head.split()[1] for head in _heads(_flake8(root))] == ["QSC103"]


def test_a_wrong_table_is_a_short_error_and_not_a_result(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT, "selct = []\n")
    process = run("flake8", "--jobs", "1", cwd=tmp_path)
    assert process.returncode not in (0, None)
    assert b"unknown key 'selct'" in process.stdout + process.stderr


def test_a_file_that_flake8_cannot_parse_is_left_to_flake8(tmp_path: Path) -> None:
    """flake8 reports E999 and asks no plugin that wants a tree; the rest is analysed as ever."""
    lay(tmp_path, {**PROJECT, "shop/broken.py": "def f(:\n"})
    process = run("flake8", cwd=tmp_path)
    lines = process.stdout.decode().splitlines()
    assert any("shop/broken.py" in line and " E999 " in line for line in lines)
    assert [line for line in _heads(lines) if "QSC" in line] == [f"./{FOUND}"]


# -- one analysis for all processes

_RUNNER = """
import multiprocessing, os, sys
from pathlib import Path
from qscache_lint.component.run import ComponentRun

found = ComponentRun._find
log = Path(os.environ["LOG"])

def counted(run):
    with log.open("a") as file:
        file.write("analysed\\n")
    return found(run)

ComponentRun._find = counted

if __name__ == "__main__":
    from flake8.main.cli import main
    multiprocessing.set_start_method(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
"""


def _analyses(root: Path, directory: Path, method: str, *arguments: str, **environment: str) -> tuple[int, list[str]]:
    """How often a project is analysed, whatever the number of processes, and what is found."""
    log, runner = directory / "log", directory / "runner.py"
    log.write_bytes(b"")
    runner.write_text(_RUNNER, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, runner, method, *arguments],
        cwd=root,
        env={**os.environ, "LOG": str(log), **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert process.stderr == ""
    lines = sorted(line.removeprefix("./") for line in process.stdout.splitlines() if " QSC" in line)
    return len(log.read_text(encoding="utf-8").splitlines()), _heads(lines)


@pytest.mark.drawn("method", "jobs", "environment")
@pytest.mark.parametrize("environment", [{}, {"QSCACHE_LINT_NO_CACHE": "1"}], ids=["cache", "no-cache"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_project_is_analysed_once(tmp_path: Path, method: str, jobs: str, environment: dict[str, str]) -> None:
    root = fixture("recent_stories", tmp_path)
    count, found = _analyses(root, tmp_path, method, "--jobs", jobs, **environment)
    assert (count, found) == (1, FINDINGS["recent_stories"])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_project_below_the_one_at_hand_is_analysed_once(tmp_path: Path, method: str) -> None:
    """It is not named, so that several processes meet it at the same time; the first one does the work for all."""
    (tmp_path / "pyproject.toml").write_text("[tool.qscache-lint]\n", encoding="utf-8")
    files = {f"shop/plain_{number}.py": "X = 1\n" for number in range(40)}
    lay(tmp_path / "below", {**PROJECT, **files})
    count, found = _analyses(tmp_path, tmp_path, method, "--jobs", "4", "below", "--exclude", "runner.py")
    assert (count, found) == (1, [f"below/{FOUND}"])
    count, found = _analyses(tmp_path, tmp_path, method, "--jobs", "4", ".", "--exclude", "runner.py")
    assert (count, found) == (1, [f"below/{FOUND}"]), "only the outer project is new"


def test_text_from_stdin_is_analysed_with_what_is_kept(tmp_path: Path) -> None:
    lay(tmp_path, PROJECT)
    stdin = ["--stdin-display-name", "shop/refiner.py", "-"]
    assert _heads(_flake8(tmp_path, *stdin, stdin=REFINER.encode())) == ["shop/refiner.py:5:32: QSC201"]
    assert _heads(_flake8(tmp_path)) == [FOUND]
    assert _heads(_flake8(tmp_path, *stdin, stdin=REFINER.encode())) == ["shop/refiner.py:5:32: QSC201"]
    assert _heads(_flake8(tmp_path, *stdin, stdin=b"# new\n" + REFINER.encode())) == ["shop/refiner.py:6:32: QSC201"]


@pytest.mark.parametrize("arguments", [["--select", "F"], ["--extend-ignore", "QSC"], ["--version"], ["--bug-report"]])
def test_when_no_rule_of_ours_is_shown_nothing_of_ours_is_loaded(tmp_path: Path, arguments: list[str]) -> None:
    lay(tmp_path, PROJECT)
    code = (
        "import sys\nfrom flake8.main.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith(('qscache_lint', 'libcst', 'msgspec'))),"
        " file=sys.stderr)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    few = ("", ".codes", ".engines", ".flake8_plugin")
    assert process.stderr.split() == [f"qscache_lint{name}" for name in few]
    assert not (tmp_path / ".qscache_lint_cache").exists()
