"""What every repair of every generated project has to keep, each law a function that asserts it."""

from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qscache_lint import api
from qscache_lint.fixing.run import Repaired
from qscache_lint.values import Applicability
from tests.literate import TWINS

from .grammar import MODELS, Project
from .harness import Change, Measurement

WORKER = Path(__file__).with_name("worker.py")
Step = dict[str, Any] | None
BROKEN = ("ImportError", "ModuleNotFoundError", "NameError", "SyntaxError", "UnboundLocalError", "ScenarioError")
"""What no generated caller raises, before or after."""

OLDER_ROWS = frozenset({"use-loaded-rows", "drop-guard", "drop-copy"})
"""Repairs after which rows are those that the cached value has."""

COSTLY = frozenset({"sends-query", "would-query-too", "manager-not-followed"})
"""The reasons of unsafe repairs that speak of queries which the cache has saved."""

CACHE_STAYS = frozenset({"extract-builder", *OLDER_ROWS})
"""Repairs that leave the cache as it is, and what is found of it."""


class Worker:
    """The process that runs generated projects, see ``worker.py``."""

    def __init__(self, directory: Path) -> None:
        lay(directory, {"catalogue/__init__.py": b"", "catalogue/models.py": MODELS.encode()})
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(WORKER), str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, root: Path, rows: int, runs: Sequence[Sequence[Step]]) -> list[list[Measurement]]:
        """The measurements of the calls of each run."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"root": str(root), "rows": rows, "runs": runs}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the worker has ended"
        return [[Measurement(**call) for call in calls] for calls in json.loads(answer)]

    def close(self) -> None:
        self._process.communicate()


@dataclass(frozen=True)
class RunResult:
    """A generated project on the disk, checked and repaired; `root` has what was written."""

    project: Project
    root: Path
    before: api.ProjectReport
    repaired: Repaired
    unsafe: bool

    @property
    def is_local(self) -> bool:
        """Whether single places were repaired, and the cache has stayed."""
        return any(repair.name in CACHE_STAYS for repair in self.repaired.applied)

    @property
    def files(self) -> dict[str, bytes]:
        return {path: (self.root / path).read_bytes() for path in self.project.files()}


def lay(root: Path, files: Mapping[str, bytes]) -> None:
    for path, source in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source)


def check(root: Path, keep_cached_name: bool) -> api.ProjectReport:
    overrides = {"keep_cached_name": keep_cached_name, "extend_select": TWINS}
    (report,) = api.check_paths([root], api.Options(overrides=overrides)).projects
    return report


def repair(project: Project, root: Path, *, keep_cached_name: bool, unsafe: bool = True) -> RunResult:
    """Write a project below `root`, and over it what its repairs make of it, unsafe ones included or not."""
    lay(root, project.files())
    before = check(root, keep_cached_name)
    repaired = api.plan_fixes(before, unsafe=unsafe)
    api.write(before, repaired)
    return RunResult(project, root, before, repaired, unsafe)


def only_what_is_allowed(result: RunResult) -> None:
    allowed = {Applicability.SAFE, Applicability.UNSAFE} if result.unsafe else {Applicability.SAFE}
    assert {repair.applicability for repair in result.repaired.applied} <= allowed
    assert {repair.applicability for repair in result.repaired.waiting} <= {Applicability.UNSAFE}
    assert bool(result.repaired.applied) == bool(result.repaired.changes)


def every_file_parses(result: RunResult) -> None:
    for path, source in result.files.items():
        if path.endswith(".py"):
            ast.parse(source, path)


def repairing_again_changes_nothing(result: RunResult) -> None:
    again = api.plan_fixes(check(result.root, result.before.settings.keep_cached_name), unsafe=result.unsafe)
    assert again.changes == ()


def findings_go_and_none_comes(result: RunResult) -> None:
    """A project has one cached callable: a repair for all of its callers mends all there is."""
    after = check(result.root, result.before.settings.keep_cached_name).findings
    assert after == api.after(result.before, result.repaired).findings
    if result.is_local:
        assert len(after) < len(result.before.findings)
    else:
        assert after == (() if result.repaired.applied else result.before.findings)


def comments_stay(result: RunResult) -> None:
    before, after = result.project.files(), result.files
    assert _comments(before) - _comments(after) == Counter()


def form_stays(result: RunResult) -> None:
    """New lines end and are indented as those that were there."""
    project = result.project
    files = result.files
    for source in (files[change.path].decode() for change in result.repaired.changes):
        assert source.count("\n") == source.count(project.newline)
        assert source.endswith(project.newline) == project.final_newline
        assert ("\t" in source) <= (project.indent == "\t")
        if project.indent == "\t":
            assert "\n " not in source


def _comments(files: Mapping[str, bytes]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path, source in files.items():
        if path.endswith(".py"):
            tokens = tokenize.tokenize(io.BytesIO(source).readline)
            found.update(token.string for token in tokens if token.type == tokenize.COMMENT)
    return found


def every_call_works(project: Project, root: Path, worker: Worker) -> None:
    """The project itself is one that runs: otherwise the grammar is wrong."""
    for calls in worker.run(root, project.rows, [[call] for call in project.calls()]):
        for call in calls:
            assert _raised(call) not in BROKEN


def no_code_gets_less_or_pays_more(result: RunResult, original: Path, worker: Worker) -> None:
    """Each caller alone, on an empty cache and again; a repair may say that it costs queries, never other results."""
    told = _told(result)
    runs: list[list[Step]] = [[call, call] for call in result.project.calls()]
    before, after = _both(result, original, worker, runs)
    problems = [
        f"{call['name']}, {state}: {problem}"
        for call, old, new in zip(result.project.calls(), before, after, strict=True)
        for state, *pair in zip(("miss", "hit"), old, new, strict=True)
        for problem in Change(*pair).problems
        if problem.startswith("result:") or told.isdisjoint(COSTLY)
    ]
    assert problems == []


def together_they_get_the_same(result: RunResult, original: Path, worker: Worker) -> None:
    """All callers in turn, in both directions; an incomplete key gives one caller what another asked for."""
    if "key-not-covered" in _told(result):
        return
    calls: list[Step] = list(result.project.calls())
    runs = [calls + calls, calls[::-1] + calls]
    before, after = _both(result, original, worker, runs)
    assert _results(after) == _results(before)


def _told(result: RunResult) -> set[str]:
    """The kinds of reasons that repairs give for not being safe."""
    return {each.kind for repair in result.repaired.applied for each in repair.reasons}


def rows_are_as_fresh_as_they_were(result: RunResult, original: Path, worker: Worker) -> None:
    """A row comes between two calls of the same caller, and between those of all of them.

    Repairs that read the rows of the cached value say that these are older; `test_single_places.py` shows it.
    """
    if any(repair.name in OLDER_ROWS for repair in result.repaired.applied):
        return
    calls: list[Step] = list(result.project.calls())
    runs = [[call, None, call] for call in calls] + [[*calls, None, *calls]]
    before, after = _both(result, original, worker, runs)
    assert _results(after) == _results(before)


def forgetting_still_helps(result: RunResult, original: Path, worker: Worker) -> None:
    """After the project itself has emptied its cache, all code sees the new row."""
    forget = result.project.forget
    if forget is None:
        return
    runs = [[call, None, forget, call] for call in result.project.calls()]
    before, after = _both(result, original, worker, runs)
    assert _results(after) == _results(before)


def what_is_around_counts_as_before(result: RunResult, original: Path, worker: Worker) -> None:
    """What is around a call changes between two calls of the same caller: some repairs say that they may show it."""
    change = result.project.change
    if change is None or any(repair.concerns for repair in result.repaired.applied):
        return
    runs: list[list[Step]] = [[call, change, call] for call in result.project.calls()]
    before, after = _both(result, original, worker, runs)
    assert _results(after) == _results(before)


def _both(
    result: RunResult, original: Path, worker: Worker, runs: Sequence[Sequence[Step]]
) -> tuple[list[list[Measurement]], list[list[Measurement]]]:
    rows = result.project.rows
    return worker.run(original, rows, runs), worker.run(result.root, rows, runs)


def _results(runs: Sequence[Sequence[Measurement]]) -> list[list[Any]]:
    return [[call.result for call in calls] for calls in runs]


def _raised(call: Measurement) -> str | None:
    return call.result.get("raises") if isinstance(call.result, dict) else None
