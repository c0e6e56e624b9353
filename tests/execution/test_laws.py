"""Projects that are written to break repairs take their steps before and after: `tests/laws` has them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qscache_lint import api
from qscache_lint.fixing.model import Repair
from tests.laws_reader import Law, Step, read_laws
from tests.literate import TWINS

from .laws import lay

LAWS = list(read_laws())
STEPPING = Path(__file__).with_name("stepping.py")
REPORTED = 200


@dataclass(frozen=True)
class Taken:
    """One step that was taken: what came of it, and the queries that it sent."""

    step: Step
    result: Any
    queries: int


class Stepper:
    """The process that takes steps, see ``stepping.py``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(STEPPING)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def take(self, root: Path, runs: Sequence[Sequence[Step]]) -> list[list[Taken]]:
        """What came of the steps of each run, for the project in a directory."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"root": str(root), "runs": [[step.code for step in steps] for steps in runs]}
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the process that takes steps has ended"
        return [
            [Taken(step, **told) for step, told in zip(steps, results, strict=False)]
            for steps, results in zip(runs, json.loads(answer), strict=True)
        ]

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="module")
def stepper() -> Iterator[Stepper]:
    stepper = Stepper()
    yield stepper
    stepper.close()


@pytest.mark.drawn(share=4)
@pytest.mark.parametrize("law", LAWS, ids=str)
def test_what_is_repaired_keeps_the_law(law: Law, tmp_path: Path, stepper: Stepper) -> None:
    before = tmp_path / "before"
    lay(before, {"pyproject.toml": b"[tool.qscache-lint]\n", **_encoded(law.files)})
    project = check(before)
    taken = stepper.take(before, law.runs)
    for unsafe in (False, True):
        repaired = api.plan_fixes(project, unsafe=unsafe)
        if not repaired.changes:
            continue
        after = tmp_path / ("unsafe" if unsafe else "safe")
        lay(after, {**_encoded(law.files), **{change.path: change.after for change in repaired.changes}})
        says = "; ".join(_said(repair) for repair in repaired.applied)
        then = stepper.take(after, law.runs)
        assert [problem for pair in zip(taken, then, strict=True) for problem in broken(*pair, says)] == [], says
    if law.is_safe:
        assert {fix.applicability.value for fix in project.fixes.values()} >= {"safe"}


def broken(before: Sequence[Taken], after: Sequence[Taken], says: str) -> Iterator[str]:
    """What is different or dearer after repairs that say something of themselves, a line each."""
    if len(before) != len(after):
        yield f"the steps end: {after[-1].result}"
    owed = False
    for old, new in zip(before, after, strict=False):
        excused = bool(old.step.owed) and old.step.owed in says
        owed = owed or excused
        if old.result != new.result and (not excused or old.step.in_queries):
            yield f"{old.step.code}: {_short(old.result)} -> {_short(new.result)}"
    if sum(each.queries for each in after) > sum(each.queries for each in before) and not owed:
        yield f"queries: {[each.queries for each in before]} -> {[each.queries for each in after]}"


def _said(repair: Repair) -> str:
    """What a repair says that may be noticed; a safe one says nothing of the kind."""
    return repair.message if repair.applicability.value == "unsafe" else ""


def check(root: Path) -> api.ProjectReport:
    (project,) = api.check_paths([root], api.Options(overrides={"extend_select": TWINS})).projects
    return project


def _encoded(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def _short(result: object) -> str:
    return json.dumps(result)[:REPORTED]


A_LIST = "readers get a list"


@pytest.mark.parametrize(
    ("owed", "in_queries", "after", "problems"),
    [
        pytest.param("", False, ("a", 1), [], id="nothing"),
        pytest.param("", False, ("b", 1), ['pages.page(): "a" -> "b"'], id="result"),
        pytest.param("", False, ("a", 2), ["queries: [1] -> [2]"], id="queries"),
        pytest.param("a list", False, ("b", 2), [], id="told"),
        pytest.param("a tuple", False, ("b", 1), ['pages.page(): "a" -> "b"'], id="told-by-nothing"),
        pytest.param("a list", True, ("a", 2), [], id="queries-told"),
        pytest.param("a list", True, ("b", 2), ['pages.page(): "a" -> "b"'], id="queries-alone-told"),
    ],
)
def test_what_is_broken_is_found(owed: str, in_queries: bool, after: tuple[str, int], problems: list[str]) -> None:
    step = Step("pages.page()", owed, in_queries)
    assert list(broken([Taken(step, "a", 1)], [Taken(step, *after)], A_LIST)) == problems


def test_a_project_that_does_not_come_up_any_more_is_broken() -> None:
    step = Step("pages.page()")
    before, after = [Taken(step, "a", 1)] * 2, [Taken(step, "raises ImportError", 0)]
    assert "the steps end: raises ImportError" in list(broken(before, after, ""))


def test_there_are_laws_of_every_kind() -> None:
    """Enough of them that repairs which are not offered could not pass for repairs that keep the law."""
    assert sum(law.is_safe for law in LAWS) >= 15
    assert {law.document for law in LAWS} >= {"bodies", "definitions", "imports", "keys", "members", "names"}
