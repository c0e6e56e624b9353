"""A phase that takes longer than a second has a bar, on standard error, and only at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from time import perf_counter

import pytest

from qscache_lint.reports import progress
from qscache_lint.reports.progress import TerminalProgress
from qscache_lint.run_statistics import RunStatistics
from tests.unit.trees import grow


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def terminal() -> Iterator[tuple[int, Callable[[], str]]]:
    """A terminal, and what was written to it so far."""
    controller, terminal = pty.openpty()

    def shown() -> str:
        os.write(terminal, b"|")
        said = b""
        while not said.endswith(b"|"):
            said += os.read(controller, 1000)
        return said.decode()[:-1]

    yield terminal, shown
    for descriptor in (controller, terminal):
        os.close(descriptor)


Terminal = tuple[int, Callable[[], str]]


def test_a_short_phase_shows_nothing(terminal: Terminal) -> None:
    clock = _Clock()
    statistics = RunStatistics(clock, TerminalProgress(clock, terminal[0]).told)
    for _ in range(5):
        with statistics.phase("facts"):
            statistics.expect(2)
            clock.now += 0.9
            statistics.advance()
    assert terminal[1]() == ""


def test_a_long_phase_shows_how_far_it_is_and_leaves_nothing_behind(terminal: Terminal) -> None:
    clock = _Clock()
    statistics = RunStatistics(clock, TerminalProgress(clock, terminal[0]).told)
    with statistics.phase("facts"):
        statistics.expect(8)
        statistics.advance(2)
        clock.now = 1.5
        statistics.advance(2)
        assert terminal[1]() == "\r\x1b[KReading  [###############---------------]  4/8"
    assert terminal[1]() == "\r\x1b[K"


def test_short_phases_inside_a_long_one_do_not_hide_it(terminal: Terminal) -> None:
    clock = _Clock()
    statistics = RunStatistics(clock, TerminalProgress(clock, terminal[0]).told)
    with statistics.phase("evaluate"):
        for _ in range(4):
            with statistics.phase("facts"):
                clock.now += 0.6
    said = terminal[1]()
    assert "Evaluating" in said
    assert "Reading" not in said


def test_a_phase_that_tells_nothing_is_seen_all_the_same(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 0.05)
    shown = TerminalProgress(perf_counter, terminal[0])
    statistics = RunStatistics(perf_counter, shown.told)
    with shown.watching(), statistics.phase("evaluate"):
        while perf_counter() - statistics._since < 0.5:
            pass
    assert re.match(r"\r\x1b\[KEvaluating  \[-*#+-*#*\]  0 s", terminal[1]())
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_terminal_that_is_gone_is_no_error() -> None:
    clock = _Clock()
    statistics = RunStatistics(clock, TerminalProgress(clock, -1).told)
    with statistics.phase("facts"):
        clock.now = 5.0
        statistics.advance()


def test_a_line_is_no_longer_than_the_terminal(terminal: Terminal) -> None:
    fcntl.ioctl(terminal[0], termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
    clock = _Clock()
    statistics = RunStatistics(clock, TerminalProgress(clock, terminal[0]).told)
    with statistics.phase("fixes"):
        clock.now = 5.0
        statistics.advance()
        assert len(terminal[1]().removeprefix("\r\x1b[K")) == 19


def _stderr_at_a_terminal(root: Path, *arguments: str, term: str = "xterm") -> str:
    controller, terminal = pty.openpty()
    script = (
        "import sys\nfrom qscache_lint import limits\nfrom qscache_lint.reports import progress\n"
        "limits.PARALLEL_BYTES, progress._PATIENCE, progress._TICK = 0, 0.0, 1e-9\n"
        "from qscache_lint.cli import main\nmain(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", script, "check", *arguments]
    with (root / "report.txt").open("wb") as report:
        process = Popen(command, cwd=root, stdout=report, stderr=terminal, env={**os.environ, "TERM": term})
    os.close(terminal)
    said = b"".join(_read(controller))
    os.close(controller)
    assert process.wait() in (0, 1)
    assert b"\x1b" not in (root / "report.txt").read_bytes()
    return said.decode()


def _read(controller: int) -> Iterator[bytes]:
    """All that comes until the other end is closed, which Linux calls an error."""
    with suppress(OSError):
        while said := os.read(controller, 1000):
            yield said


PHASES = ("Selecting files", "Reading", "Evaluating", "Applying rules", "Looking for fixes")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_phase_of_the_command_is_shown_at_a_terminal(tmp_path: Path, jobs: str) -> None:
    grow(tmp_path, 11)
    said = _stderr_at_a_terminal(tmp_path, "--jobs", jobs)
    assert [label for label in PHASES if label not in said] == []
    assert said.endswith("\r\x1b[K")


@pytest.mark.parametrize("option", ["--quiet", "--help"])
def test_the_command_shows_nothing_where_nothing_is_wanted(tmp_path: Path, option: str) -> None:
    grow(tmp_path, 11)
    assert _stderr_at_a_terminal(tmp_path, option) == ""


def test_a_terminal_that_cannot_erase_a_line_gets_none(tmp_path: Path) -> None:
    grow(tmp_path, 11)
    assert _stderr_at_a_terminal(tmp_path, term="dumb") == ""
