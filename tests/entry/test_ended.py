"""A `fix` that a signal ends at any moment, and two at once: each tree is as before or as after, and no run is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drawing import EVERYTHING
from tests.entry.console import contents, run
from tests.unit.projects import QUERIES, READER, REFINER, lay

MOMENTS = 200 if EVERYTHING else 2
FIX = (str(Path(sys.executable).with_name("qscache-lint")), "fix", "--unsafe-fixes", "--no-cache", "--jobs", "1")
LEAVING = {
    signal.SIGINT: (130, 1, -signal.SIGINT),
    signal.SIGTERM: (143, -signal.SIGTERM),
    signal.SIGHUP: (129, -signal.SIGHUP),
    signal.SIGKILL: (-signal.SIGKILL,),
}
"""What a run that a signal ends leaves with; the last where Python itself, or our command in it, is not up yet."""


def _project(root: Path) -> Path:
    callers = {f"shop/caller{number}.py": REFINER for number in range(5)}
    lay(root, {"shop/queries.py": QUERIES, "shop/reader.py": READER, **callers})
    return root


def _begun(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(FIX, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes], float]:
    """The project before and after its repairs, and how long these take."""
    root = _project(tmp_path_factory.mktemp("whole"))
    before, started = contents(root), time.perf_counter()
    assert _begun(root).wait() == 0
    assert contents(root) != before
    return before, contents(root), time.perf_counter() - started


def test_a_signal_at_any_moment_leaves_all_files_old_or_new(
    tmp_path: Path, states: tuple[dict[str, bytes], dict[str, bytes], float]
) -> None:
    before, after, seconds = states
    for moment in range(MOMENTS):
        drawn = random.Random(moment)
        root, number = _project(tmp_path / str(moment)), drawn.choice([*LEAVING])
        process = _begun(root)
        time.sleep(seconds * drawn.uniform(0.2, 1.1))
        process.send_signal(number)
        _, said = process.communicate()
        assert process.returncode in (0, *LEAVING[number])
        if number != signal.SIGKILL:
            assert contents(root) in (before, after)
        assert b"Traceback" not in said or b"KeyboardInterrupt" in said
        run("qscache-lint", "fix", "--unsafe-fixes", "--select", "QSC900", cwd=root)  # finishes or undoes
        assert contents(root) in (before, after)
    assert not any(path.name.startswith(".") and path.suffix in (".tmp", ".old") for path in tmp_path.rglob("*"))


def test_two_at_once_are_as_one_after_the_other(
    tmp_path: Path, states: tuple[dict[str, bytes], dict[str, bytes], float]
) -> None:
    _, after, _ = states
    root = _project(tmp_path)
    running = [_begun(root) for _ in range(2)]
    said = [process.communicate()[1] for process in running]
    assert 0 in [process.returncode for process in running]
    for process, text in zip(running, said, strict=True):
        assert process.returncode == 0 or b"another fix is running" in text or b"changed while it was" in text
    assert contents(root) == after


_DROPPING = """
import signal, time, weakref

from qscache_lint import process


class Shelf:
    pass


def command(prog_name):
    shelf = Shelf()
    kept = weakref.ref(shelf, lambda _: signal.raise_signal(signal.{name}))
    del shelf
    time.sleep(20)


signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs in the background ignores it
process.main = command
process.run()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_python_drops_comes_again(number: signal.Signals) -> None:
    """Python ignores what is raised in the callback of a weak reference, such as those of its own import."""
    script = _DROPPING.format(name=number.name)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=15, check=False)
    assert done.returncode in LEAVING[number]
    assert b"Exception ignored" not in done.stderr
