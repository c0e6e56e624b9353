"""What the fixtures cost on a real Django, and what their clean twins cost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .harness import (
    FIXTURES,
    MEASURE,
    Comparison,
    ScenarioError,
    compare,
    compare_measured,
    measure_call,
    measure_project,
)
from .measure import load_scenario
from .repairing import expected_repairs, measured

PAIRS = ["recent_stories", "lru_cache", "get_miss_set", "cached_property"]
PROJECTS = [name for pair in PAIRS for name in (pair, f"{pair}_clean")]
EXAMPLES = [name for name in expected_repairs() if name not in PAIRS]

REFINING_CALLS_OF_A_PICKLING_CACHE = [
    ("recent_stories", "story-before"),
    ("recent_stories", "previous-story"),
    ("get_miss_set", "urgent-tickets"),
]
READING_CALLS_OF_A_PICKLING_CACHE = [
    ("recent_stories", "front-page"),
    ("recent_stories", "headlines"),
    ("get_miss_set", "load-by-agent"),
]

ASYNC_QUERIES = '''
from catalogue.models import Category
from django.core.cache import cache


async def menu():
    names = await cache.aget("menu")
    if names is None:
        names = [category.name async for category in Category.objects.filter(is_visible=True)]
        await cache.aset("menu", names)
    return names
'''


def compared(pair: str) -> Comparison:
    return compare_measured(measured(pair), measured(f"{pair}_clean"))


def test_every_fixture_is_measured() -> None:
    assert {path.name for path in FIXTURES.iterdir() if path.is_dir()} == {*PROJECTS, *EXAMPLES}
    assert set(PAIRS) <= set(expected_repairs())


@pytest.mark.parametrize("name", [*PROJECTS, *EXAMPLES])
def test_every_call_returns_something_and_the_same_from_the_cache(name: str) -> None:
    scenario = load_scenario(FIXTURES / name)
    assert scenario.rows == (2000 if name in PROJECTS else 300)
    for each, call in measured(name).items():
        assert call.miss.result
        assert call.hit.result == call.miss.result
        assert call.miss.queries >= call.hit.queries
        assert (call.hit.pickled_bytes == 0) or scenario.call(each).writes


@pytest.mark.parametrize("name", PROJECTS)
def test_nothing_is_unpickled_on_an_empty_cache(name: str) -> None:
    assert {call.miss.unpickled_bytes for call in measured(name).values()} == {0}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_clean_twin_returns_the_same_and_costs_no_more(pair: str) -> None:
    assert load_scenario(FIXTURES / pair) == load_scenario(FIXTURES / f"{pair}_clean")
    comparison = compared(pair)
    assert list(comparison.calls) == [c.name for c in load_scenario(FIXTURES / pair).calls]
    assert comparison.problems == []


@pytest.mark.parametrize(("pair", "call"), REFINING_CALLS_OF_A_PICKLING_CACHE)
def test_refining_a_pickled_queryset_wastes_a_query_all_rows_and_the_pickle(
    pair: str, call: str
) -> None:
    miss, hit = compared(pair)[call].miss, compared(pair)[call].hit

    assert (miss.before.queries, miss.after.queries) == (2, 1)
    assert miss.before.rows >= miss.after.rows + 1500
    assert miss.before.pickled_bytes > 100_000
    assert miss.after.pickled_bytes == 0

    # A hit spares nothing either: the stored rows are unpickled, and the database is asked again.
    assert (hit.before.queries, hit.after.queries) == (1, 1)
    assert hit.before.rows == hit.after.rows
    assert hit.before.unpickled_bytes == miss.before.pickled_bytes
    assert hit.after.unpickled_bytes == 0


@pytest.mark.parametrize(("pair", "call"), READING_CALLS_OF_A_PICKLING_CACHE)
def test_reading_stays_cached(pair: str, call: str) -> None:
    miss, hit = compared(pair)[call].miss, compared(pair)[call].hit

    assert (miss.before.queries, miss.after.queries) == (1, 1)
    assert miss.before.rows == miss.after.rows > 0
    assert (hit.before.queries, hit.after.queries) == (0, 0)
    # The rows alone are smaller than the rows with the query that found them.
    assert 0 < miss.after.pickled_bytes < miss.before.pickled_bytes
    assert 0 < hit.after.unpickled_bytes < hit.before.unpickled_bytes


def test_the_2008_story_in_numbers() -> None:
    published = 1800
    call = compared("recent_stories")["story-before"]
    assert call.miss.before.result == ["stories.Story", 617]
    assert (call.miss.before.rows, call.miss.after.rows) == (published + 1, 1)
    assert (call.hit.before.rows, call.hit.after.rows) == (1, 1)


@pytest.mark.parametrize("call", ["departments", "locations"])
def test_refining_a_memoized_queryset_costs_what_it_costs_without_the_memo(call: str) -> None:
    comparison = compared("lru_cache")[call]
    for change in (comparison.miss, comparison.hit):
        assert change.before == change.after
        assert change.before.queries == 1
        assert change.before.pickled_bytes == 0


def test_a_memo_serves_code_that_reads_all_rows() -> None:
    comparison = compared("lru_cache")["menu"]
    assert comparison.miss.before == comparison.miss.after
    assert comparison.hit.before == comparison.hit.after
    assert (comparison.miss.before.queries, comparison.hit.before.queries) == (1, 0)


def test_refining_a_cached_property_costs_what_it_costs_without_it() -> None:
    for call in compared("cached_property").calls.values():
        assert call.miss.before == call.miss.after
        # Each call loads its own instance, so there is nothing to hit.
        assert call.hit == call.miss
    slip = compared("cached_property")["packing-slip"].miss.before
    assert slip.queries == 3  # the order, its lines (read twice, asked for once), the refined lines


def test_a_change_for_the_worse_is_a_problem() -> None:
    backwards = compare_measured(measured("recent_stories_clean"), measured("recent_stories"))
    assert "story-before, miss: queries: 1 -> 2" in backwards.problems
    assert "story-before, miss: rows: 1 -> 1801" in backwards.problems
    for cost in ("pickled_bytes", "unpickled_bytes"):
        assert any(f": {cost}: 0 -> " in problem for problem in backwards.problems)


def test_another_result_is_a_problem(tmp_path: Path) -> None:
    after = tmp_path / "recent_stories"
    shutil.copytree(FIXTURES / "recent_stories", after)
    views = after / "archive" / "views.py"
    code = views.read_text(encoding="utf-8")
    assert code.count("published_date__lt=") == 1
    views.write_text(code.replace("published_date__lt=", "published_date__lte="), encoding="utf-8")

    comparison = compare_measured(measured("recent_stories"), measure_project(after))

    found = 'result: ["stories.Story", 617] -> ["stories.Story", 616]'
    assert f"story-before, miss: {found}" in comparison.problems
    assert f"story-before, hit: {found}" in comparison.problems
    assert "story-before, miss: queries 2 -> 2, rows 1801 -> 1801, " in str(comparison)


def test_projects_with_different_scenarios_are_not_compared() -> None:
    with pytest.raises(ScenarioError, match="different scenarios"):
        compare(FIXTURES / "recent_stories", FIXTURES / "lru_cache")


def test_an_unknown_call_is_one_clear_line() -> None:
    process = subprocess.run(
        [sys.executable, "-B", str(MEASURE), str(FIXTURES / "lru_cache"), "basement"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == (
        "measure.py: no call 'basement' in the scenario; it has: departments, locations, menu\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rows = 2000\n", "", "missing key rows"),
        ("args =", "arguments =", "unknown key arguments"),
        ('"urgent-tickets"', '"load-by-agent"', "each under its own name"),
        ("rows = 2000\n", "rows =\n", "scenario.toml: "),
        ('applicability = "unsafe"\n', "", "missing key applicability"),
        ("[repair]\n", '[repair]\nlocal = "near"\n', "local must be one of safe, unsafe, display-only"),
        ("[repair]\n", "[repair]\nkind = 1\n", "unknown key kind"),
        ('"split-function"', '"split"', "name of the repair must be one of split-function, extract-builder,"),
        ('"unsafe"', '"careful"', "applicability of the repair must be one of safe, unsafe, display-only"),
    ],
)
def test_a_broken_scenario_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (FIXTURES / "get_miss_set" / "scenario.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "scenario.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        load_scenario(tmp_path)


def test_a_coroutine_function_is_measured(tmp_path: Path) -> None:
    project = tmp_path / "lru_cache"
    shutil.copytree(FIXTURES / "lru_cache", project)
    queries = project / "catalogue" / "queries.py"
    queries.write_text(ASYNC_QUERIES, encoding="utf-8")
    scenario = project / "scenario.toml"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("catalogue.navigation:menu", "catalogue.queries:menu"), encoding="utf-8")

    menu = measure_call(project, "menu")

    assert len(menu.miss.result) == menu.miss.rows == 1750
    assert (menu.miss.queries, menu.hit.queries) == (1, 0)
    assert menu.hit.result == menu.miss.result
    assert menu.hit.unpickled_bytes == menu.miss.pickled_bytes > 0


def test_a_target_that_is_no_function_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "get_miss_set"
    shutil.copytree(FIXTURES / "get_miss_set", project)
    scenario = project / "scenario.toml"
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace(":load_by_agent", ":load_by_team"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="is not a function"):
        measure_call(project, "load-by-agent")
