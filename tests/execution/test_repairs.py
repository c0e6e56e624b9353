"""Our own repairs, run on a real Django before and after."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from qscache_lint import api

from .harness import FIXTURES, Comparison
from .laws import CACHE_STAYS
from .repairing import RepairedCopy, check, expected_repairs, local_applicabilities, repaired_copy

EXPECTED = expected_repairs()
REPAIRED = [name for name, repair in EXPECTED.items() if repair.applicability != "display-only"]
LOCAL = [name for name, repair in EXPECTED.items() if repair.local is not None]
REFUSED = [name for name, repair in EXPECTED.items() if repair.applicability == "display-only"]


@cache
def _copy(name: str, directory: Path) -> RepairedCopy:
    return repaired_copy(name, directory)


@cache
def _compared(name: str, directory: Path) -> Comparison:
    return _copy(name, directory).compared()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repaired")


@pytest.mark.drawn(share=4)
@pytest.mark.parametrize("name", REPAIRED)
def test_the_expected_repair_is_applied(name: str, directory: Path) -> None:
    copy, expected = _copy(name, directory), EXPECTED[name]
    assert len(copy.repaired.applied) == expected.count
    for repair in copy.repaired.applied:
        assert (repair.name, repair.applicability.value) == (expected.name, expected.applicability), repair.message
        assert expected.message in repair.message
        assert bool(repair.concerns) == bool(expected.concern), repair.concerns
        assert expected.concern in "; ".join(repair.concerns)
    assert copy.repaired.changes != ()


@pytest.mark.drawn(share=4)
@pytest.mark.parametrize("name", REPAIRED)
def test_no_finding_is_left_and_repairing_again_changes_nothing(name: str, directory: Path) -> None:
    copy = _copy(name, directory)
    assert copy.before.findings != ()
    project = check(copy.root)
    if EXPECTED[name].name in CACHE_STAYS:
        assert len(project.findings) < len(copy.before.findings)
    else:
        assert project.findings == ()
    assert api.plan_fixes(project, unsafe=True).changes == ()


@pytest.mark.drawn(share=2)
@pytest.mark.parametrize("name", REPAIRED)
def test_results_are_the_same_and_nothing_gets_dearer(name: str, directory: Path) -> None:
    assert _copy(name, directory).repaired.applied != ()
    assert _compared(name, directory).problems == []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_changes_nothing(name: str, directory: Path) -> None:
    copy, expected = _copy(name, directory), EXPECTED[name]
    assert {each.applicability.value for each in copy.repaired.refused} == {expected.applicability}
    assert all(each.message.startswith("no automatic fix: ") for each in copy.repaired.refused)
    told = [each for each in copy.repaired.refused if each.name == expected.name and expected.message in each.message]
    assert len(told) == expected.count
    assert (copy.repaired.applied, copy.repaired.changes) == ((), ())
    assert _sources(copy.root) == _sources(FIXTURES / name)


@pytest.mark.parametrize("name", EXPECTED)
def test_after_what_is_safe_results_are_the_same_and_nothing_gets_dearer(name: str, tmp_path: Path) -> None:
    copy = repaired_copy(name, tmp_path, unsafe=False)
    assert {each.applicability.value for each in copy.repaired.applied} <= {"safe"}
    if copy.repaired.applied:
        assert copy.compared().problems == []
    assert api.plan_fixes(check(copy.root), unsafe=False).changes == ()


@pytest.mark.parametrize("name", LOCAL)
def test_the_local_repair_can_be_trusted_as_far_as_it_says(name: str, directory: Path) -> None:
    copy, expected = _copy(name, directory), EXPECTED[name]
    assert local_applicabilities(copy.before) == {expected.local}


def _sources(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("call", ["story-before", "previous-story"])
def test_refining_code_pays_for_one_row_and_nothing_is_pickled(call: str, directory: Path) -> None:
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
def test_reading_code_still_reads_from_the_cache(call: str, directory: Path) -> None:
    miss, hit = _compared("recent_stories", directory)[call].miss, _compared("recent_stories", directory)[call].hit
    assert (miss.before.queries, miss.after.queries) == (1, 1)
    assert 0 < miss.after.pickled_bytes < miss.before.pickled_bytes
    assert (hit.before.queries, hit.after.queries) == (0, 0)
    assert 0 < hit.after.unpickled_bytes < hit.before.unpickled_bytes


def test_a_memo_still_serves_code_that_reads(directory: Path) -> None:
    menu = _compared("lru_cache", directory)["menu"]
    assert (menu.miss.after.queries, menu.hit.after.queries) == (1, 0)
    assert menu.miss.after.rows == menu.miss.before.rows > 0
