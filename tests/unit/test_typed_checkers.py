"""A type checker that is asked as a command: how it is started, and the ways in which that fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.engines import ENGINES
from qscache_lint.oracles import Answers, Asked
from qscache_lint.settings import Settings
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.checker_oracle import CheckerOracle
from qscache_lint.typed.checkers import Checker, CheckerFailure, checkers
from qscache_lint.typed.choosing import environment_of
from qscache_lint.values import Position, Span
from tests.entry.console import contents
from tests.literate import write_files

PYREFLY = checkers()["pyrefly"]
SOURCE = "def afloat(boat):\n    return boat.moored\n"
MOORED = Asked("views.py", Span(Position(2, 12), Position(2, 23)), "receiver")


def _asked(root: Path, code: str, checker: Checker = PYREFLY) -> Answers:
    """What is said by a program with some code in place of the checker."""
    write_files(root / "project", {"views.py": SOURCE})
    root.joinpath("checker.py").write_text(code)
    command = (sys.executable, str(root / "checker.py"))
    return CheckerOracle(checker, command).ask([MOORED], SourceTree(root / "project", ("views.py",)))


def test_the_table_has_the_engines() -> None:
    assert set(ENGINES) == {"fast", "mypy", *checkers()}


CONTROLLED = """\
print(" INFO revealed type: tuple[QuerySet[Any], IsQuerySet, tuple[Q0]] [reveal-type]")
print(" INFO revealed type: tuple[complex, IsOther, tuple[Q1]] [reveal-type]")
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(
            "import sys\nprint('out of order', file=sys.stderr)\nsys.exit(3)",
            "pyrefly ended with exit code 3: out of order",
            id="exit code",
        ),
        pytest.param("import os\nos.kill(os.getpid(), 9)", "pyrefly ended with exit code -9: ", id="signal"),
        pytest.param("print('all is well')", "the output of pyrefly is not understood", id="another output"),
        pytest.param(
            CONTROLLED.replace("complex, IsOther", "complex, IsQuerySet"),
            "pyrefly finds no types of Django (pip install django-stubs)",
            id="no Django",
        ),
    ],
)
def test_failures(tmp_path: Path, code: str, said: str) -> None:
    answers = _asked(tmp_path, code)
    assert (answers.failure, answers.known, answers.complete) == (said, {}, False)


def test_what_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ORACLE_SECONDS", 0.2)
    assert _asked(tmp_path, "import time\ntime.sleep(60)").failure == "no answer after 0.2 seconds"


def test_nothing_said_of_a_question_is_no_failure(tmp_path: Path) -> None:
    assert _asked(tmp_path, CONTROLLED) == Answers()


def test_the_project_stays_as_it_is(tmp_path: Path) -> None:
    write_files(tmp_path / "project", {"views.py": SOURCE})
    before = contents(tmp_path / "project")
    _asked(tmp_path, CONTROLLED)
    assert contents(tmp_path / "project") == before


def test_what_cannot_be_started() -> None:
    with pytest.raises(CheckerFailure, match="zuban is started by a command that you name"):
        checkers()["zuban"].started_by(())
    with pytest.raises(CheckerFailure, match=r"no-such-checker not found \(pip install pyrefly\)"):
        replace(PYREFLY, command=("no-such-checker",)).started_by(())
    with pytest.raises(CheckerFailure, match=r"no-such-checker not found$"):
        PYREFLY.started_by(["no-such-checker"])


def test_no_program_of_the_working_directory_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "some-checker"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ":.")
    with pytest.raises(CheckerFailure, match="not found"):
        PYREFLY.started_by(["some-checker"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert PYREFLY.started_by(["some-checker", "-v"]) == (str(program), "-v")


def test_the_arguments_of_a_check() -> None:
    arguments = PYREFLY.check(Path("/c"), [Path("/one"), Path("/two")])
    assert {"--config=/c", "--search-path=/one", "--search-path=/two"} < {*arguments}
    assert any(each.startswith("--site-package-path=/") for each in arguments)
    assert not any("{" in each for each in arguments)
    assert checkers()["zuban"].variables(Path("/c"), [Path("/one"), Path("/two")]) == {"MYPYPATH": "/one:/two"}


def test_another_version_makes_another_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for version in ("1", "2"):
        said = tmp_path / f"checker-{version}.py"
        said.write_text(f"print({version})")
        monkeypatch.setenv("QSCACHE_LINT_ENGINE_COMMAND", f"{sys.executable} {said}")
        seen.append(environment_of(Settings(engine="pyrefly")))
    assert seen[0] != seen[1]
