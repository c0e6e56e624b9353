"""Repairs one generated project after another, and executes each before and after."""

from __future__ import annotations

import gc
import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qscache_lint import api
from tests.execution.laws import BROKEN, lay
from tests.literate import TWINS

from .drawing import Project, drawn
from .stage import Stage

UNSAFE_SHARE = 4
"""Of so many projects, the unsafe repairs of one are tried as well."""

MEMORY = Path("/dev/shm")
"""Where files are quick to write, on Linux."""

COLLECTIONS = ("list", "tuple", "QuerySet", "RawQuerySet")
REPORTED = 160


@dataclass(frozen=True)
class Outcome:
    """What came of one project: repairs written, by name, and what is different or dearer after them."""

    seed: int
    findings: int
    safe: tuple[str, ...]
    unsafe: tuple[str, ...]
    problems: tuple[str, ...]
    runs: bool = True


def explored(seeds: range, jobs: int = 1) -> Iterator[Outcome]:
    """The outcomes of projects by their numbers, as they come, each from a process that has nothing else to do."""
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[Outcome | None] = context.Queue()
    workers = [context.Process(target=_explore, args=(seeds[job::jobs], queue), daemon=True) for job in range(jobs)]
    for worker in workers:
        worker.start()
    for _ in workers:
        yield from iter(queue.get, None)


def _explore(seeds: range, outcomes: multiprocessing.Queue[Outcome | None]) -> None:
    parent = multiprocessing.parent_process()
    try:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as directory:
            explorer = Explorer(Path(directory))
            # What is imported stays: looking through it again and again takes a tenth of the time.
            gc.freeze()
            for seed in seeds:
                if parent is None or not parent.is_alive():
                    return  # which has been killed
                outcomes.put(explorer.outcome(seed))
    finally:
        outcomes.put(None)


class Explorer:
    """Tries projects below a directory, in this process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stage = Stage(directory / "shared")

    def outcome(self, seed: int) -> Outcome:
        """Draw the project of a number, repair it, and take its steps before and after."""
        project = drawn(seed)
        root = self._directory / "before"
        report = self._reported(root, project.files)
        repaired = api.plan_fixes(report, unsafe=False)
        safe = tuple(repair.name for repair in repaired.applied)
        problems: list[str] = []
        runs = True
        if safe:
            changed = {change.path: change.after.decode() for change in repaired.changes}
            before = [self._stage.take(root, steps) for steps in project.runs]
            runs = not all(_is_broken(taken["result"]) for steps in before for taken in steps)
            problems = [*self._unlike(root, project, changed, before)]
        unsafe, others = self._unsafe(report, root, project) if seed % UNSAFE_SHARE == 0 else ((), ())
        return Outcome(seed, len(report.findings), safe, unsafe, (*problems, *others), runs)

    def _reported(self, root: Path, files: Mapping[str, str]) -> api.ProjectReport:
        shutil.rmtree(root, ignore_errors=True)
        lay(root, {"pyproject.toml": b"[tool.qscache-lint]\n", **{path: text.encode() for path, text in files.items()}})
        (report,) = api.check_paths([root], api.Options(overrides={"extend_select": TWINS})).projects
        return report

    def _after(self, project: Project, changed: Mapping[str, str]) -> Path:
        after = self._directory / "after"
        shutil.rmtree(after, ignore_errors=True)
        lay(after, {path: text.encode() for path, text in {**project.files, **changed}.items()})
        return after

    def _unlike(
        self, root: Path, project: Project, changed: Mapping[str, str], before: Sequence[Sequence[dict[str, Any]]]
    ) -> Iterator[str]:
        """What a safe repair has changed, a line each."""
        after = self._after(project, changed)
        for steps, old in zip(project.runs, before, strict=True):
            yield from different(steps, old, self._stage.take(after, steps))

    def _unsafe(
        self, report: api.ProjectReport, root: Path, project: Project
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The unsafe repairs, and which call gives something else on an empty cache because of them."""
        repaired = api.plan_fixes(report, unsafe=True)
        names = tuple(repair.name for repair in repaired.applied if repair.applicability.value == "unsafe")
        if not names:
            return (), ()
        changed = {change.path: change.after.decode() for change in repaired.changes}
        after = self._after(project, changed)
        pairs = (
            (call, self._stage.take(root, [call])[0]["result"], self._stage.take(after, [call])[0]["result"])
            for call in project.calls
            if "Once(" not in call
        )
        unlike = [
            f"unsafe, {call}: {_short(old)} -> {_short(new)}" for call, old, new in pairs if _plain(old) != _plain(new)
        ]
        return names, tuple(unlike)


def different(steps: Sequence[str], before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> Iterator[str]:
    for step, old, new in zip(steps, before, after, strict=True):
        if old["result"] != new["result"]:
            yield f"{step}: {_short(old['result'])} -> {_short(new['result'])}"
    sent = [sum(each["queries"] for each in taken) for taken in (before, after)]
    if sent[1] > sent[0]:
        yield f"queries: {[each['queries'] for each in before]} -> {[each['queries'] for each in after]}"


def _is_broken(result: object) -> bool:
    return isinstance(result, str) and result.removeprefix("raises ") in BROKEN


def _plain(result: Any) -> Any:
    """A result without the kind of collection it is."""
    if not isinstance(result, list):
        return result
    return ["rows" if result[:1] and result[0] in COLLECTIONS else _plain(result[0]), *map(_plain, result[1:])]


def _short(result: object) -> str:
    return json.dumps(result)[:REPORTED]
