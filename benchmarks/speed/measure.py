"""Runs the tools over a tree, in rounds: ours, one other, ours, the next other, and all again."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.model import CHANGING, Cost, Failure, Lane, Round, Run, Scenario, Tool, TreeResult
from benchmarks.speed.tools import HERE, Installed
from benchmarks.speed.trees import Tree, combine, link, python_files, rewrite, to_change

_TRACEBACK = "Traceback (most recent call last)"
"""A Python program that ends with one has the exit code of a linter that has found something."""

Say = Callable[[str], None]


class RunError(Exception):
    """A run that gives no figure; the message says why."""


@dataclass(frozen=True)
class Victim:
    """The one file that a scenario changes."""

    path: Path
    original: bytes
    numbers: Iterator[int]

    def change(self) -> None:
        """Give the file one statement that it did not have."""
        rewrite(self.path, self.original + f"\n_changed = {next(self.numbers)}\n".encode())

    def restore(self) -> bool:
        """Give the file its original text again; says whether it had another one."""
        if self.path.read_bytes() == self.original:
            return False
        rewrite(self.path, self.original)
        return True


@dataclass(frozen=True)
class ProjectRoot:
    """Where one tree is measured: a linked copy, the files in it that are changed, and a place for caches."""

    scratch: Path
    tree: Path
    files: int
    size: int
    victims: Mapping[Scenario, Victim]

    def cache(self, lane: Lane) -> Path:
        """The directory of the tool; another one for runs that are to use none."""
        name = lane.tool if lane.scenario != "cold" else str(lane)
        directory = self.scratch / "caches" / re.sub(r"\W+", "-", name)
        directory.mkdir(parents=True, exist_ok=True)
        return directory


def project_root(trees: Sequence[Tree], scratch: Path, files: int | None = None) -> ProjectRoot:
    """Link the trees (one as it is, several side by side) into `scratch`."""
    tree = scratch / "tree"
    if len(trees) == 1:
        link(trees[0].path, tree, files)
    else:
        combine(trees, tree, files)
    found = python_files(tree)
    if not found:
        raise RunError("no Python files")
    chosen = {scenario: to_change(found, speaks=scenario == "changed-cache") for scenario in CHANGING}
    numbers = itertools.count(1)
    victims = {scenario: Victim(path, path.read_bytes(), numbers) for scenario, path in chosen.items()}
    (tree / ".git").mkdir(parents=True)  # a checkout of its own, as those it comes from
    size = sum(path.stat().st_size for path in found)
    return ProjectRoot(scratch, tree, len(found), size, victims)


def measure(
    name: str, place: ProjectRoot, installed: Sequence[Installed], repetitions: int, timeout: float, say: Say
) -> Iterator[TreeResult]:
    """The result on one tree, again after each round, so that an interrupted session leaves what it has."""
    runner = _Runner(place, {each.tool.name: each for each in installed}, timeout, say)
    ours = [each for each in installed if each.tool.ours]
    groups = _groups([each for each in installed if not each.tool.ours]) or {"": []}
    rounds: list[Round] = []
    for repetition in range(repetitions):
        for group, members in groups.items():
            asked = [each for each in members if _is_asked(each.tool, repetition) and runner.works(each)]
            if asked or not members:
                runs = tuple(run for lane in _lanes([*ours, *asked]) if (run := runner.run(lane)) is not None)
                rounds.append(Round(group, runs))
                yield TreeResult(name, place.files, place.size, tuple(rounds), tuple(runner.failures))


def _groups(installed: Sequence[Installed]) -> Mapping[str, Sequence[Installed]]:
    groups: dict[str, list[Installed]] = {}
    for each in installed:
        groups.setdefault(each.tool.group, []).append(each)
    return groups


def _is_asked(tool: Tool, repetition: int) -> bool:
    return tool.repetitions is None or repetition < tool.repetitions


def _lanes(installed: Sequence[Installed]) -> list[Lane]:
    return [Lane(each.tool.name, scenario) for each in installed for scenario in each.scenarios]


class _Runner:
    """Runs lanes on one tree. A lane that has failed once is not run again."""

    def __init__(self, place: ProjectRoot, installed: Mapping[str, Installed], timeout: float, say: Say) -> None:
        self.failures: list[Failure] = []
        self._place = place
        self._installed = installed
        self._timeout = timeout
        self._say = say
        self._state = 0
        """Counts the changes of the tree."""
        self._seen: dict[str, int] = {}
        """The state that the cache of a tool is of."""

    def works(self, installed: Installed) -> bool:
        """Whether there is a lane of the tool that has not failed."""
        return not all(self._has_failed(lane) for lane in _lanes([installed]))

    def run(self, lane: Lane) -> Run | None:
        """One run of the lane, prepared as its scenario asks."""
        if self._has_failed(lane):
            return None
        try:
            self._prepare(lane)
            cost = self._timed(lane)
        except RunError as error:
            self.failures.append(Failure(lane, str(error)))
            self._say(f"{lane}: {error}")
            return None
        self._say(f"{lane}: {cost.wall:.2f} s, {cost.cpu:.2f} s CPU, {cost.memory / 1e6:.0f} MB")
        return Run(lane, cost)

    def _has_failed(self, lane: Lane) -> bool:
        return any(failure.lane == lane for failure in self.failures)

    def _prepare(self, lane: Lane) -> None:
        if lane.scenario in ("cold", "filling"):
            self._state += sum(victim.restore() for victim in self._place.victims.values())
            shutil.rmtree(self._place.cache(lane))
            if lane.scenario == "filling":
                self._seen.pop(lane.tool, None)
        elif self._seen.get(lane.tool) != self._state:
            self._timed(lane)
        if lane.scenario in self._place.victims:
            self._place.victims[lane.scenario].change()
            self._state += 1

    def _timed(self, lane: Lane) -> Cost:
        """Run the command of a lane. Raises RunError when it does not do its work."""
        installed, cache, tree = self._installed[lane.tool], self._place.cache(lane), self._place.tree
        report, output, errors = (self._place.scratch / name for name in ("report", "output", "errors"))
        timer = [sys.executable, "-I", "-S", str(HERE / "timed.py"), str(report), str(output), str(errors)]
        command = [*timer, *installed.command(lane.scenario, tree, cache)]
        _wait(
            subprocess.Popen(
                command, cwd=self._place.scratch, env=installed.environment(tree, cache), start_new_session=True
            ),
            self._timeout,
        )
        code, wall, cpu, memory = report.read_text().split()
        text = output.read_text(errors="replace")
        told = errors.read_text(errors="replace").strip()
        if int(code) not in installed.tool.codes or _TRACEBACK in told:
            said = (told or text.strip()).rsplit("\n", 1)[-1]
            raise RunError(f"exit code {code}: {said}")
        gave_up = installed.tool.gave_up and re.search(f".*{installed.tool.gave_up}.*", text)
        if gave_up:
            raise RunError(f"gave up: {gave_up.group().replace(f'{tree}/', '')}")
        if lane.scenario != "cold":
            self._seen[lane.tool] = self._state
        return Cost(float(wall), float(cpu), int(memory), _findings(installed.tool.finding, text))


def _wait(process: subprocess.Popen[bytes], timeout: float) -> None:
    """Wait for a process. Raises RunError when it takes too long, after ending it with all that it has started."""
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise RunError(f"not done within {timeout:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if code != 0:
        raise RunError(f"could not be started (exit code {code})")


def _findings(pattern: str, text: str) -> int | None:
    return sum(1 for line in text.splitlines() if re.search(pattern, line)) if pattern else None
