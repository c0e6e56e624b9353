"""`check --watch`, as a process of its own whose user edits files and then interrupts it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from tests.entry.console import FINDINGS, fixture, run

SECONDS = 120

COMMAND = (
    "import signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored below nohup\n"
    "from qscache_lint.cli import main\n"
    "main(sys.argv[1:])\n"
)


class Watching:
    """The command, and the lines that it prints."""

    def __init__(self, project: Path) -> None:
        arguments = ["check", "--watch", "--no-cache", "--output-format", "concise", "."]
        command = [sys.executable, "-c", COMMAND, *arguments]
        self.process = subprocess.Popen(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )
        self.lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def report(self) -> list[str]:
        """The places of the next report."""
        shown: list[str] = []
        while not (line := self.lines.get(timeout=SECONDS)).startswith("Watching"):
            shown.append(line)
        return [" ".join(line.split()[:2]) for line in shown if ": QSC" in line]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)


@contextmanager
def _watching(project: Path) -> Iterator[Watching]:
    watching = Watching(project)
    try:
        yield watching
    finally:
        watching.process.kill()
        watching.process.wait(SECONDS)


def test_each_change_is_reported_until_the_user_interrupts(tmp_path: Path) -> None:
    project = fixture("recent_stories", tmp_path)
    views = project / "archive/views.py"
    text = views.read_text(encoding="utf-8")
    with _watching(project) as watching:
        assert watching.report() == FINDINGS["recent_stories"]
        views.write_text("\n" + text, encoding="utf-8")
        assert watching.report() == ["archive/views.py:12:32: QSC201", "stories/queries.py:12:2: QSC101"]
        (project / "pyproject.toml").write_text('[tool.qscache-lint]\nselect = ["QSC1"]\n', encoding="utf-8")
        assert watching.report() == ["stories/queries.py:12:2: QSC101"]
        watching.process.send_signal(signal.SIGINT)
        assert watching.process.wait(SECONDS) == 0
        assert "Traceback" not in "".join(watching.lines.queue)


@pytest.mark.parametrize("option", [["--stdin-filename", "x.py"], ["--output-file", "x.txt"], ["--add-noqa"]])
def test_what_is_done_once_is_not_watched(option: list[str], tmp_path: Path) -> None:
    process = run("qscache-lint", "check", "--watch", *option, cwd=tmp_path)
    assert process.returncode == 2
    assert b"--watch cannot be combined" in process.stderr
