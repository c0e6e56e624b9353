"""Our own repairs, run on a real Django before and after."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from qscache_lint import api

from .harness import Comparison, compare

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def _repair(root: Path) -> list[str]:
    """Apply every repair to a project; the paths of the files that changed."""
    (project,) = api.check([root]).projects
    repaired = api.repair(project, unsafe=True)
    api.write(project, repaired)
    return [change.path for change in repaired.changes]


@cache
def _compared(name: str, directory: Path) -> Comparison:
    after = Path(shutil.copytree(FIXTURES / name, directory / name, ignore=shutil.ignore_patterns("__pycache__")))
    assert _repair(after) != []
    return compare(FIXTURES / name, after)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repaired")


@pytest.mark.parametrize("name", ["recent_stories", "lru_cache"])
def test_results_are_the_same_and_nothing_gets_dearer(name: str, directory: Path) -> None:
    comparison = _compared(name, directory)
    assert comparison.problems == []


@pytest.mark.parametrize("call", ["story-before", "previous-story"])
def test_who_refines_pays_for_one_row_and_nothing_is_pickled(call: str, directory: Path) -> None:
    miss, hit = _compared("recent_stories", directory)[call].miss, _compared("recent_stories", directory)[call].hit
    assert (miss.before.queries, miss.after.queries) == (2, 1)
    assert miss.before.rows == 1801
    assert miss.after.rows == 1
    assert miss.before.pickled_bytes > 100_000
    assert miss.after.pickled_bytes == 0
    assert (hit.before.queries, hit.after.queries) == (1, 1)
    assert hit.before.unpickled_bytes == miss.before.pickled_bytes
    assert hit.after.unpickled_bytes == 0


@pytest.mark.parametrize("call", ["front-page", "headlines"])
def test_who_reads_still_reads_from_the_cache(call: str, directory: Path) -> None:
    miss, hit = _compared("recent_stories", directory)[call].miss, _compared("recent_stories", directory)[call].hit
    assert (miss.before.queries, miss.after.queries) == (1, 1)
    assert 0 < miss.after.pickled_bytes < miss.before.pickled_bytes
    assert (hit.before.queries, hit.after.queries) == (0, 0)
    assert 0 < hit.after.unpickled_bytes < hit.before.unpickled_bytes


def test_a_memo_still_serves_who_reads(directory: Path) -> None:
    menu = _compared("lru_cache", directory)["menu"]
    assert (menu.miss.after.queries, menu.hit.after.queries) == (1, 0)
    assert menu.miss.after.rows == menu.miss.before.rows > 0
