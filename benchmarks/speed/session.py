"""A session: looks for the tools, measures tree after tree, and saves what it has after every round."""

from __future__ import annotations

import datetime as dt
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import click

from benchmarks.speed.measure import RunError, measure, project_root
from benchmarks.speed.model import Absent, Scenario, Session
from benchmarks.speed.publish import README, Kind, render, save
from benchmarks.speed.tools import Installed, find, tools
from benchmarks.speed.trees import Tree


@dataclass(frozen=True)
class Plan:
    """What the options of the command line say."""

    repetitions: int
    directories: tuple[Path, ...]
    only: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    leave_out: tuple[str, ...]
    timeout: float
    scratch: Path | None
    results: Path
    no_readme: bool

    @contextmanager
    def place(self) -> Iterator[Path]:
        """A directory for as long as it is needed."""
        with tempfile.TemporaryDirectory(prefix="speed-", dir=self.scratch) as directory:
            yield Path(directory)


@dataclass(frozen=True)
class Job:
    """A tree to measure: made in a directory by its function, or linked from others, up to so many files."""

    name: str
    parts: Callable[[Path], Sequence[Tree]]
    files: int | None = None


def run(plan: Plan, kind: Kind, jobs: Sequence[Job]) -> str:
    """Measure every tree, publish the results, and give their text. Raises ClickException when that cannot be done."""
    if find_spec("matplotlib") is None:
        raise click.ClickException("the plots need matplotlib: python -m pip install '.[benchmark]'")
    session, installed = start(plan)
    for job in jobs:
        session = _with(session, kind, plan, installed, job)
    return render(session, kind, plan.results, None if plan.no_readme else README)


def start(plan: Plan) -> tuple[Session, list[Installed]]:
    """A session without trees, and the tools that it can run; says which it cannot."""
    rows = tools()
    wanted = [row for row in rows if row.ours or not plan.only or row.name in plan.only]
    wanted = [row for row in wanted if row.name not in plan.leave_out]
    with plan.place() as scratch:
        found = [find(row, plan.directories, scratch) for row in wanted]
    installed = [each.limited_to(plan.scenarios) for each in found if isinstance(each, Installed)]
    installed = [each for each in installed if each.scenarios]
    absent = [each for each in found if isinstance(each, Absent)]
    for each in absent:
        _say(f"{each.name}: {each.reason}")
    ours = next((each.tool.name for each in installed if each.tool.ours), None)
    if ours is None:
        raise click.ClickException("our own command cannot be run")
    present = tuple(each.present for each in installed)
    left_out = tuple(row.name for row in rows if row not in wanted)
    return Session(dt.date.today().isoformat(), machine(), ours, present, tuple(absent), left_out), installed


def machine() -> str:
    """What the figures were measured on, without its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} on {platform.machine()}"
    return f"{cores} cores, {memory:.0f} GB, {system}, Python {platform.python_version()}"


def _with(session: Session, kind: Kind, plan: Plan, installed: Sequence[Installed], job: Job) -> Session:
    """The session with one tree more."""
    _say(f"== {job.name}")
    done = session
    with plan.place() as scratch:
        try:
            place = project_root(job.parts(scratch), scratch, job.files)
        except RunError as error:
            raise click.ClickException(f"{job.name}: {error}") from None
        for result in measure(job.name, place, installed, plan.repetitions, plan.timeout, _say):
            done = replace(session, trees=(*session.trees, result))
            save(done, kind, plan.results)
    return done


def _say(line: str) -> None:
    click.echo(line, err=True)
