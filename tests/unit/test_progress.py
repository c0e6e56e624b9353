"""The bar comes after a second, on standard error, and only at a terminal."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from qscache_lint.reports.progress import TerminalProgress
from tests.unit.trees import grow


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_short_run_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = TerminalProgress(_Clock(), 0.0)
    progress.begin(2)
    progress.advance(1)
    progress.advance(1)
    progress.end()
    assert capsys.readouterr() == ("", "")


def test_a_long_run_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = pty.openpty()
    clock = _Clock()
    with os.fdopen(terminal, "w") as screen:
        monkeypatch.setattr(sys, "stderr", screen)
        progress = TerminalProgress(clock, 0.0)
        progress.begin(8)
        progress.advance(2)
        clock.now = 1.5
        progress.advance(2)
        progress.end()
        screen.flush()
        shown = os.read(controller, 10_000).decode()
    os.close(controller)
    assert "Reading" in shown
    assert "4/8" in shown
    assert "2/8" not in shown


def _stderr_at_a_terminal(root: Path, *arguments: str) -> str:
    controller, terminal = pty.openpty()
    script = (
        "import sys\nfrom qscache_lint.executing import reader\nfrom qscache_lint.reports import progress\n"
        "reader._WORTH_IT, progress._PATIENCE = 0, 0.0\n"
        "from qscache_lint.cli import main\nmain(sys.argv[1:])\n"
    )
    process = Popen([sys.executable, "-c", script, "check", *arguments], cwd=root, stdout=PIPE, stderr=terminal)
    output, _ = process.communicate()
    os.write(terminal, b"end")
    said = os.read(controller, 100_000).decode()
    for descriptor in (controller, terminal):
        os.close(descriptor)
    assert b"Reading" not in output
    return said


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(["--jobs", "1"], True), (["--jobs", "2"], True), (["--jobs", "1", "--quiet"], False)],
    ids=["one-reader", "two-readers", "quiet"],
)
def test_the_command_at_a_terminal(tmp_path: Path, arguments: list[str], shown: bool) -> None:
    grow(tmp_path, 11)
    assert ("Reading" in _stderr_at_a_terminal(tmp_path, *arguments)) is shown
