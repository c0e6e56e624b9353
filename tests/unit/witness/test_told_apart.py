"""Places that may be several findings: told apart by row, column, store and caller, or counted for none."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from qscache_lint.witness.records import RecordedStore, RecordedUse
from tests.unit.projects import MODELS, QUERIES, REFINER
from tests.unit.witness.joined import CONFIRMED, FILES, REFINED, by_row, join_found, recorded_in, told_of
from tests.unit.witness.recordings import at

TWO_STORES = (
    "from django.core.cache import cache\nfrom shop.models import Item\n\n\n"
    "def warm():\n    cache.set('new', Item.objects.all())\n\n\n"
    "def new():\n    items = cache.get('new')\n    if items is None:\n        items = Item.objects.all()\n"
    "        cache.set('new', items)\n    return items\n\n\n"
    "def sold():\n    return new().filter(sold=True).count()\n"
)


def test_a_key_that_is_set_in_two_places_is_used_where_either_is_read(tmp_path: Path) -> None:
    files = {**MODELS, "shop/new.py": TWO_STORES}
    stores = [
        RecordedStore(number, "pickled", "django cache", at("shop/new.py", row, name, column), times=1)
        for number, (row, name, column) in enumerate([(6, "warm", 5), (13, "new", 9)], 1)
    ]
    for store in stores:
        use = RecordedUse(store.id, "refined", "filter", at("shop/new.py", 18, "sold", 12), times=1)
        joined = join_found(tmp_path, recorded_in(use, stores=(store,), files=files), files)
        assert by_row(joined)[18] == "confirmed"
        assert joined.unfound == ()


SEVERAL_ROWS = (
    "from shop.queries import recent_items\n"
    "\n"
    "\n"
    "def named(word):\n"
    "    return list(\n"
    "        recent_items()\n"
    "        .filter(\n"
    "            title=word,\n"
    "        )\n"
    "    )\n"
)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(at("shop/refiner.py", 7, "named", 9, end_row=9), id="name of the operation"),
        pytest.param(at("shop/refiner.py", 6, "named", 9, end_row=9), id="whole chain"),
        pytest.param(at("shop/refiner.py", 5, "named"), id="statement, as Python 3.10 may say"),
    ],
)
def test_a_statement_of_several_rows_is_one_place(place: object, tmp_path: Path) -> None:
    files = {**FILES, "shop/refiner.py": SEVERAL_ROWS}
    assert told_of(join_found(tmp_path, recorded_in(replace(REFINED, place=place), files=files), files)) == CONFIRMED


def test_two_calls_on_one_row_are_told_apart_by_their_columns(tmp_path: Path) -> None:
    both = "    return recent_items().filter(title=word), recent_items().filter(sold=True)\n"
    files = {**FILES, "shop/refiner.py": REFINER.replace("    return list(recent_items().filter(title=word))\n", both)}
    use = replace(REFINED, place=at("shop/refiner.py", 5, "named", both.rindex("recent_items") + 1))
    joined = join_found(tmp_path, recorded_in(use, files=files), files)
    told = {finding.span.start.column: each.verdict.value for finding, each in joined.testimonies.items()}
    assert [told[column] for column in sorted(told)][1:] == ["unknown", "confirmed"]


EITHER = (
    "    return {} if word else other()[0].filter(sold=True)\n",
    "    return other()[0].filter(sold=True) if word else {}\n",
    "    return [other(word.filter(1)).filter(sold=True), {}]\n",
    '    return ["(".join(other().filter(sold=True)), {}]\n',
)


@pytest.mark.parametrize("row", EITHER)
def test_what_another_call_on_the_row_does_confirms_nothing_where_columns_are_known(row: str, tmp_path: Path) -> None:
    head, _, _ = REFINER.partition("    return")
    row = row.format("recent_items().filter(title=word)")
    files = {**FILES, "shop/refiner.py": head.replace("(word)", "(word, other)") + row}
    for name, verdict in (("other", "unknown"), ("recent_items", "confirmed")):
        place = at("shop/refiner.py", 5, "named", row.index(name) + 1)
        joined = join_found(tmp_path, recorded_in(replace(REFINED, place=place), files=files), files)
        assert told_of(joined)[1][:2] == ("QSC201", verdict)
        assert len(joined.unfound) == (name == "other")


BRANCHES = (
    "from shop.queries import recent_items\n\n\n"
    "def named(word):\n"
    "    return (\n"
    "        recent_items()\n        .filter(title=word)\n        .count()\n"
    "        if word\n"
    "        else recent_items()\n        .filter(sold=True)\n        .count()\n"
    "    )\n"
)


@pytest.mark.parametrize(
    ("row", "column", "verdicts"),
    [
        pytest.param(7, 10, ["confirmed", "unknown"], id="the first"),
        pytest.param(11, 10, ["unknown", "confirmed"], id="the second"),
        pytest.param(11, None, ["unknown", "confirmed"], id="the second, before Python 3.11"),
        pytest.param(5, None, ["not told apart", "not told apart"], id="the statement"),
        pytest.param(8, 10, ["unknown", "unknown"], id="another call"),
    ],
)
def test_calls_on_rows_of_one_statement_are_told_apart(
    row: int, column: int | None, verdicts: list[str], tmp_path: Path
) -> None:
    files = {**FILES, "shop/refiner.py": BRANCHES}
    use = replace(REFINED, place=at("shop/refiner.py", row, "named", column))
    joined = join_found(tmp_path, recorded_in(use, files=files), files)
    assert [by_row(joined)[each] for each in (7, 11)] == verdicts
    assert len(joined.unfound) == (row == 8)


def test_calls_on_one_row_without_columns_are_not_told_apart_and_have_no_numbers(tmp_path: Path) -> None:
    either = "    return recent_items().filter(title=word) if word else recent_items().filter(sold=True)\n"
    head, _, _ = REFINER.partition("    return")
    files = {**FILES, "shop/refiner.py": head + either}
    use = replace(REFINED, place=at("shop/refiner.py", 5, "named"))
    joined = join_found(tmp_path, recorded_in(use, files=files), files)
    assert told_of(joined) == [("QSC101", "confirmed", 2), *[("QSC201", "not told apart", 0)] * 2]
    assert joined.unfound == ()


def test_a_store_that_may_be_either_of_two_on_its_row_is_counted_for_neither(tmp_path: Path) -> None:
    both = "def fill(old):\n    cache.set('a', Item.objects.all()) if old else cache.set('b', Item.objects.all())\n"
    files = {**MODELS, "shop/fill.py": f"{TWO_STORES[: TWO_STORES.index('def')]}{both}"}
    for column, verdicts in ((None, ["not told apart"] * 2), (5, ["confirmed", "unknown"])):
        store = RecordedStore(1, "pickled", "django cache", at("shop/fill.py", 6, "fill", column), times=1)
        joined = join_found(tmp_path, recorded_in(stores=(store,), files=files), files)
        assert [told.verdict.value for told in joined.testimonies.values()] == verdicts
        assert joined.unfound == ()


CALLERS = (
    "from shop.queries import recent_items\n\n\n"
    "def helper(items):\n    return items.filter(sold=True).first()\n\n\n"
    "def one():\n    return helper(recent_items())\n\n\n"
    "def other():\n    return helper(recent_items())\n"
)


def test_each_caller_of_a_helper_has_what_it_caused(tmp_path: Path) -> None:
    files = {**MODELS, "shop/queries.py": QUERIES, "shop/pages.py": CALLERS}
    use = RecordedUse(1, "refined", "filter", at("shop/pages.py", 5, "helper", 12))
    ways = [
        replace(use, via=(at("shop/pages.py", row, name, 12),), times=times)
        for row, name, times in ((9, "one", 1), (13, "other", 5))
    ]
    joined = join_found(tmp_path, recorded_in(*ways, files=files), files)
    costs = {each.span.start.row: told.cost.times for each, told in joined.testimonies.items() if each.code == "QSC221"}
    assert costs == {9: 1, 13: 5}
    further = replace(use, via=(at("shop/between.py", 3),), times=7, is_cut=True)
    joined = join_found(tmp_path, recorded_in(ways[0], further, files=files), files)
    assert [by_row(joined)[row] for row in (9, 13)] == ["confirmed", "not told apart"]
    assert joined.unfound == ()
