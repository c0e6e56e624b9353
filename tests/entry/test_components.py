"""Projects side by side in one tree, done one after the other or each in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qscache_lint.api import Means, Report, check_paths
from qscache_lint.executing.executors import worker_pool_of
from qscache_lint.executing.reader import SharedReader
from qscache_lint.formats import FORMATS
from qscache_lint.reports import render
from qscache_lint.run import Purpose
from qscache_lint.run_statistics import RunStatistics
from tests.unit.projects import side_by_side, write

APART = "components apart"
SHELF = """
from django.db import models
from django.utils.functional import cached_property


class Book(models.Model):
    @cached_property
    def others(self):
        return Book.objects.exclude(pk=self.pk)
"""
"""What only QSC103 reports, which is off by default."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shelf = {"site_shelf/LICENSE": "", "site_shelf/shelf/models.py": SHELF}
    write(tmp_path, {**side_by_side("shop", "mart", "fair"), **shelf})
    return tmp_path


def _check(tree: Path, jobs: int, purpose: Purpose, *, cached: bool = False) -> tuple[Report, RunStatistics]:
    statistics = RunStatistics()
    with worker_pool_of("process", jobs) as worker_pool:
        means = Means(cached, None, statistics, SharedReader(worker_pool, statistics), purpose)
        return check_paths([tree], means=means), statistics


def _shown(report: Report, root: Path) -> dict[str, list[str]]:
    return {name: list(render(name, report, root)) for name in FORMATS}


@pytest.mark.drawn("cached", "purpose")
@pytest.mark.parametrize("cached", [False, True], ids=["no-cache", "cache"])
@pytest.mark.parametrize("purpose", [Purpose.FINDINGS, Purpose.FIXES])
def test_other_processes_find_the_same(
    tree: Path, purpose: Purpose, cached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = check_paths([tree])
    assert len(alone.projects[0].findings) == 6
    assert len(alone.projects[0].run.components) == 4
    monkeypatch.setattr("qscache_lint.limits.PARALLEL_FILES", 1)
    apart, work = _check(tree, 2, purpose, cached=cached)
    assert APART in work.seconds
    assert "evaluate" not in work.seconds
    assert work.counts["parsed"] > 0
    assert _shown(apart, tree) == _shown(alone, tree)
    assert ("evaluate" in work.seconds) == (purpose is Purpose.FINDINGS), "fixes were planned with the findings"
    if cached:
        again, work = _check(tree, 2, purpose, cached=True)
        assert work.counts["runs from the cache"] == 4
        assert work.counts["parsed"] == 0
        assert _shown(again, tree) == _shown(alone, tree)


def test_a_name_that_is_no_text_is_done_here(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = os.fsdecode(b"site_mart/mart/caf\xe9.py")
    (tree / named).write_text((tree / "site_mart/mart/refiner.py").read_text(encoding="utf-8"), encoding="utf-8")
    alone = check_paths([tree])
    monkeypatch.setattr("qscache_lint.limits.PARALLEL_FILES", 1)
    apart, work = _check(tree, 2, Purpose.FIXES)
    assert {APART, "evaluate"} < work.seconds.keys()
    assert _shown(apart, tree) == _shown(alone, tree)


def test_what_is_small_or_mostly_one_component_stays_here(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, work = _check(tree, 2, Purpose.FIXES)
    assert APART not in work.seconds
    monkeypatch.setattr("qscache_lint.limits.PARALLEL_FILES", 1)
    write(tree, {f"site_shop/shop/page{number}.py": "" for number in range(20)})
    _, work = _check(tree, 2, Purpose.FIXES)
    assert APART not in work.seconds


def test_a_run_is_asked_for_everything_by_default(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qscache_lint.limits.PARALLEL_FILES", 1)
    report, work = _check(tree, 2, Purpose.EVERYTHING)
    assert APART not in work.seconds
    assert report.projects[0].unresolved.files == sum(len(each.examined) for each in report.projects[0].run.analyses())
