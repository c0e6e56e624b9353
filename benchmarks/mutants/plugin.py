"""A plugin of pytest that runs the tests of each mutation in a child of one warm process; Python 3.12 or newer.

pytest -p benchmarks.mutants.plugin --traced-rows TRACE           which test runs which rows, into a file
pytest -p benchmarks.mutants.plugin --mutants PLAN RESULTS    the tests of each mutation of a plan
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import CodeType, FunctionType
from typing import NamedTuple

import msgspec
import pytest
from _pytest.main import pytest_runtestloop as run_items

from benchmarks.mutants import live
from benchmarks.mutants.model import STAGES, Outcome, Result, Traced
from benchmarks.mutants.mutations import change
from benchmarks.mutants.planning import Plan, Planned, planned

PACKAGE = str(Path("qscache_lint").resolve()) + "/"
SECONDS = 20
"""Seconds of CPU beyond five times those of the tests, after which a mutation counts as one that never ends."""
MEMORY = 4_000_000_000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--traced-rows")
    parser.addoption("--mutants", nargs=2)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--traced-rows"):
        config.pluginmanager.register(_Tracer(Path(config.getoption("--traced-rows"))))
    if config.getoption("--mutants"):
        plan, results = map(Path, config.getoption("--mutants"))
        config.pluginmanager.register(_Runner(plan, results))


class _Tracer:
    """Takes down the rows of the package that each test runs, each row once."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._rows: dict[str, set[int]] = {}
        self._watch()

    def _watch(self) -> None:
        monitoring = sys.monitoring
        monitoring.use_tool_id(monitoring.COVERAGE_ID, "mutants")
        monitoring.register_callback(monitoring.COVERAGE_ID, monitoring.events.LINE, self._line)
        monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.LINE)

    def _line(self, code: CodeType, row: int) -> object:
        if code.co_filename.startswith(PACKAGE):
            self._rows.setdefault(code.co_filename, set()).add(row)
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._rows = {}
        sys.monitoring.restart_events()
        started = time.process_time()
        failed = item.session.testsfailed
        done = yield
        if item.session.testsfailed == failed:
            rows = {str(Path(path).relative_to(Path.cwd())): sorted(rows) for path, rows in self._rows.items()}
            traced = Traced(item.nodeid, time.process_time() - started, rows)
            with self._output.open("ab") as output:
                output.write(msgspec.json.encode(traced) + b"\n")
        return done


class _Runner:
    """Runs the tests of each planned mutation in a child, in place of all tests."""

    def __init__(self, plan: Path, results: Path) -> None:
        self._plan = plan
        self._results = results

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for stage in STAGES:
            for module in walk_packages([f"{PACKAGE}{stage}"], f"qscache_lint.{stage}."):
                import_module(module.name)  # what is imported later would be as it was
        warm = _Warm(session, {item.nodeid: item for item in session.items}, live.live_functions(PACKAGE))
        temporary = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        gc.collect()
        gc.freeze()  # so that children share the memory of what is there, and look for cycles in their own only
        plan = msgspec.json.decode(self._plan.read_bytes(), type=Plan)
        for each in planned(Path.cwd(), plan):
            result = _tested(each, warm, temporary)
            with self._results.open("ab") as output:
                output.write(msgspec.json.encode(result) + b"\n")
        return True


class _Warm(NamedTuple):
    """The process with all tests and all modules, which children begin with."""

    session: pytest.Session
    items: Mapping[str, pytest.Item]
    functions: Mapping[CodeType, Sequence[FunctionType]]


def _tested(planned: Planned, warm: _Warm, temporary: Path) -> Result:
    path = Path(planned.mutation.path)
    before = path.read_text(encoding="utf-8")
    after = planned.after
    items = [warm.items[name] for name in planned.tests if name in warm.items]
    if not items:
        return Result(planned.mutation, change(before, after), Outcome.UNTESTED)
    said = temporary / "failed"
    wanted = live.changes(str(path.resolve()), before, after)
    seconds = SECONDS + 5 * planned.seconds
    outcome = _in_child(warm, items, wanted or (), said, seconds)
    outcome = outcome or _in_new_process(items, path, after, seconds)
    by = said.read_text(encoding="utf-8") if said.is_file() else ""
    for left in temporary.iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    return Result(planned.mutation, change(before, after), outcome, len(items), by)


_FAILED, _NOT_CHANGED = 1, 3
_OUTCOMES = {0: Outcome.SURVIVED, -signal.SIGXCPU: Outcome.TIMEOUT, -signal.SIGKILL: Outcome.TIMEOUT}
"""What the exit codes of a child mean."""


def _in_child(
    warm: _Warm, items: Sequence[pytest.Item], wanted: live.Changes, said: Path, seconds: float
) -> Outcome | None:
    """What the tests say of changed functions; None where there are no such functions."""
    child = os.fork()
    if not child:
        try:
            os.setsid()
            _limit(seconds)
            if not live.change(warm.functions, wanted):
                os._exit(_NOT_CHANGED)
            os._exit(_FAILED if _fail(warm.session, items, said) else 0)
        finally:
            os._exit(_FAILED)  # an error outside of tests is noticed, too
    code = _code_of(child, seconds)
    return None if code == _NOT_CHANGED else _OUTCOMES.get(code, Outcome.KILLED)


def _limit(seconds: float) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _fail(session: pytest.Session, items: Sequence[pytest.Item], said: Path) -> bool:
    """Run the tests up to the first that fails; whether one has."""

    class Reporter:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                said.write_text(report.nodeid, encoding="utf-8")

    session.config.pluginmanager.register(Reporter())
    session.config.option.maxfail = 1
    session.items[:] = items
    with suppress(session.Failed, session.Interrupted):
        run_items(session)
    return bool(session.testsfailed)


def _code_of(child: int, seconds: float) -> int:
    """How a child ends; it is killed when it sleeps for too long."""
    deadline = time.monotonic() + _SLOWER * seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.01)


_SLOWER = 5
"""How many times longer than its CPU a child may take on a busy machine."""


def _in_new_process(items: Sequence[pytest.Item], path: Path, text: str, seconds: float) -> Outcome:
    """What the tests say when a module is imported otherwise."""
    state, before = path.stat(), path.read_bytes()
    command = [sys.executable, "-m", "pytest", "-qx", "--tb=no", "-pno:cacheprovider", *(item.nodeid for item in items)]
    try:
        path.write_text(text, encoding="utf-8")
        done = subprocess.run(command, check=False, capture_output=True, timeout=_SLOWER * seconds)
    except subprocess.TimeoutExpired:
        return Outcome.TIMEOUT
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    return Outcome.KILLED if done.returncode else Outcome.SURVIVED
