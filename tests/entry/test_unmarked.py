"""A directory in which nothing marks a project: every entry takes the directory that it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entry.console import run
from tests.unit.projects import MODELS, QUERIES, REFINER

FOUND = ["lists/refiner.py:5:32: QSC201", "shop/queries.py:6:2: QSC101"]


@pytest.fixture
def unmarked(tmp_path: Path) -> Path:
    """A project without a checkout, a packaging file or a `manage.py`, whose findings rest on three directories."""
    root = tmp_path / "unmarked"
    for path, text in {**MODELS, "shop/queries.py": QUERIES, "lists/refiner.py": REFINER}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def _found(command: str, cwd: Path, *arguments: str) -> list[str]:
    ours = ["check", "--output-format", "concise"] if command == "qscache-lint" else ["--select", "QSC"]
    process = run(command, *ours, *arguments, cwd=cwd)
    assert process.stderr == b""
    lines = (line.removeprefix("./") for line in process.stdout.decode().splitlines())
    return sorted({" ".join(line.split(" ")[:2]) for line in lines})  # flake8 looks twice at what it is given twice


@pytest.mark.parametrize("command", ["qscache-lint", "flake8"])
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["."], id="the-current-directory"),
        pytest.param(["shop/queries.py", "lists/refiner.py"], id="two-files"),
        pytest.param([".", "shop"], id="one-inside-the-other"),
    ],
)
def test_the_current_directory_is_the_project(unmarked: Path, command: str, arguments: list[str]) -> None:
    assert _found(command, unmarked, *arguments) == FOUND


@pytest.mark.parametrize("command", ["qscache-lint", "flake8"])
def test_the_directory_that_was_given_is_the_project(unmarked: Path, command: str) -> None:
    assert _found(command, unmarked.parent, "unmarked") == [f"unmarked/{each}" for each in FOUND]


def test_a_directory_above_is_the_project(unmarked: Path) -> None:
    assert _found("qscache-lint", unmarked / "shop", "..") == [f"{unmarked}/{FOUND[0]}", "queries.py:6:2: QSC101"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_processes_of_flake8_agree(unmarked: Path, jobs: str) -> None:
    assert _found("flake8", unmarked, "--jobs", jobs, "shop", "lists") == FOUND


def test_text_on_standard_input_is_part_of_the_current_directory(unmarked: Path) -> None:
    text = (unmarked / "lists/refiner.py").read_bytes()
    ours = run(
        "qscache-lint", "check", "--output-format", "concise", "--stdin-filename", "lists/refiner.py",
        cwd=unmarked, stdin=text,
    )  # fmt: skip
    theirs = run(
        "flake8", "--select", "QSC", "--stdin-display-name", "lists/refiner.py", "-", cwd=unmarked, stdin=text
    )
    assert ours.stdout.startswith(b"lists/refiner.py:5:32: QSC201")
    assert theirs.stdout == ours.stdout
