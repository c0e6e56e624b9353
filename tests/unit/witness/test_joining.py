"""Recorded places and findings are joined: in files that are as they were, that have changed, that are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from qscache_lint import api
from qscache_lint.values import Cost, Finding
from qscache_lint.witness.joining import Joined, Verdict, join
from qscache_lint.witness.records import Executed, Recording, Store, Use
from tests.unit.projects import MODELS, QUERIES, READER, REFINER, write
from tests.unit.witness.recordings import at, recording

FILES = {**MODELS, "shop/queries.py": QUERIES, "shop/reader.py": READER, "shop/refiner.py": REFINER}
FUNCTION = at("shop/queries.py", 6, "recent_items")
CACHED = Store(
    1, "pickled", "cache_memoize", at("shop/refiner.py", 5, "named"), FUNCTION, times=3, rows=30, milliseconds=9.0
)
REFINED = Use(1, "refined", "filter", at("shop/refiner.py", 5, "named", 12), times=12, rows=4, milliseconds=2.0)


def _digests(files: Mapping[str, str]) -> dict[str, str]:
    return {path: sha256(text.encode()).hexdigest()[:16] for path, text in files.items()}


def _recorded(
    *uses: Use,
    stores: tuple[Store, ...] = (CACHED,),
    files: Mapping[str, str] = FILES,
    executed: dict[str, tuple[Executed, ...]] | None = None,
) -> Recording:
    return recording(stores, uses, _digests(files), executed)


def _found(root: Path, files: Mapping[str, str]) -> tuple[Finding, ...]:
    """All that is found, whatever is shown of it."""
    write(root, files)
    (project,) = api.check_paths([root]).projects
    return tuple(each.finding for each in project.run.result.found)


def _join(root: Path, recorded: Recording, files: Mapping[str, str] = FILES) -> Joined:
    return join(recorded, _found(root, files), files, lambda path: files[path].encode())


def _verdicts(joined: Joined) -> list[tuple[str, str, int]]:
    """What is said of each finding: its code, and how many stores and uses it has."""
    return [
        (finding.code, told.verdict.value, len(told.stores) + len(told.uses))
        for finding, told in joined.testimonies.items()
    ]


CONFIRMED = [("QSC101", "confirmed", 2), ("QSC201", "confirmed", 1)]
UNKNOWN = [("QSC101", "unknown", 0), ("QSC201", "unknown", 0)]


def test_a_cached_function_is_confirmed_by_its_store_and_a_use_by_its_place(tmp_path: Path) -> None:
    joined = _join(tmp_path, _recorded(REFINED))
    assert _verdicts(joined) == CONFIRMED
    assert [told.cost for told in joined.testimonies.values()] == [Cost(9.0, 30, 3), Cost(2.0, 4, 12)]
    assert (joined.unfound, len(joined.elsewhere), joined.changed) == ((), 0, ())


def test_a_place_without_columns_is_enough(tmp_path: Path) -> None:
    use = replace(REFINED, place=replace(REFINED.place, column=None))
    assert _verdicts(_join(tmp_path, _recorded(use))) == CONFIRMED


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(at("shop/queries.py", 7, "recent_items"), id="def"),
        pytest.param(at("shop/queries.py", 6, "outer.<locals>.recent_items"), id="elsewhere"),
    ],
)
def test_the_function_of_a_store_is_known_by_its_name(place: object, tmp_path: Path) -> None:
    named = replace(CACHED, function=place)
    expected = CONFIRMED if place == at("shop/queries.py", 7, "recent_items") else UNKNOWN[:1] + CONFIRMED[1:]
    assert _verdicts(_join(tmp_path, _recorded(REFINED, stores=(named,)))) == expected


def test_another_operation_on_the_same_row_confirms_nothing(tmp_path: Path) -> None:
    joined = _join(tmp_path, _recorded(replace(REFINED, operation="exclude")))
    assert _verdicts(joined) == [("QSC101", "confirmed", 2), ("QSC201", "unknown", 0)]
    assert [each.record for each in joined.unfound] == [replace(REFINED, operation="exclude")]


def test_a_use_at_the_place_of_a_finding_confirms_it_whatever_store_it_came_from(tmp_path: Path) -> None:
    other = QUERIES.replace("recent_items", "old_items").replace("sold=False", "sold=True")
    files = {**FILES, "shop/old.py": other, "shop/worn.py": REFINER.replace("recent", "old").replace("queries", "old")}
    old = Store(2, "pickled", "cache_memoize", None, at("shop/old.py", 6, "old_items"))
    joined = _join(tmp_path, _recorded(replace(REFINED, store=2), stores=(CACHED, old), files=files), files)
    verdicts = {finding.path: told.verdict.value for finding, told in joined.testimonies.items()}
    assert verdicts["shop/refiner.py"] == "confirmed"
    assert (verdicts["shop/queries.py"], verdicts["shop/old.py"]) == ("confirmed", "confirmed")
    assert joined.unfound == ()


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
        Store(number, "pickled", "django cache", at("shop/new.py", row, name, column), times=1)
        for number, (row, name, column) in enumerate([(6, "warm", 5), (13, "new", 9)], 1)
    ]
    for store in stores:
        use = Use(store.id, "refined", "filter", at("shop/new.py", 18, "sold", 12), times=1)
        joined = _join(tmp_path, _recorded(use, stores=(store,), files=files), files)
        assert _by_row(joined)[18] == "confirmed"
        assert joined.unfound == ()


HELPER = (
    "from django.core.cache import cache\n\n\n"
    "def remember(key, value):\n    cache.set(key, value, 60)\n    return value\n"
)
REMEMBERED = (
    "from shop.helper import remember\nfrom shop.models import Item\n\n\n"
    "def fill():\n    remember('new', Item.objects.all())\n\n\n"
    "def fill_sold():\n    remember('sold', Item.objects.filter(sold=True))\n"
)


def _by_row(joined: Joined) -> dict[int, str]:
    return {finding.span.start.row: told.verdict.value for finding, told in joined.testimonies.items()}


def test_a_store_in_a_helper_is_known_by_the_call_of_it(tmp_path: Path) -> None:
    files = {**MODELS, "shop/helper.py": HELPER, "shop/fill.py": REMEMBERED}
    inner, caller = at("shop/helper.py", 5, "remember"), at("shop/fill.py", 6, "fill")
    store = Store(1, "pickled", "django cache", inner, via=(caller,), times=1)
    joined = _join(tmp_path, _recorded(stores=(store,), files=files), files)
    assert _by_row(joined) == {6: "confirmed", 10: "unknown"}
    assert joined.unfound == ()


def test_a_store_that_may_be_several_cached_values_is_none_of_them(tmp_path: Path) -> None:
    files = {**MODELS, "shop/helper.py": HELPER, "shop/fill.py": REMEMBERED}
    store = Store(1, "pickled", "django cache", at("shop/helper.py", 5, "remember"), times=1)
    joined = _join(tmp_path, _recorded(stores=(store,), files=files), files)
    assert set(_by_row(joined).values()) == {"unknown"}
    assert [each.record for each in joined.unfound] == [store]


def test_a_store_without_a_place_is_known_by_its_function_or_not_at_all(tmp_path: Path) -> None:
    hit = replace(CACHED, place=None)
    assert _verdicts(_join(tmp_path, _recorded(REFINED, stores=(hit,)))) == CONFIRMED
    joined = _join(tmp_path, _recorded(REFINED, stores=(replace(hit, function=None),)))
    assert _verdicts(joined) == UNKNOWN[:1] + CONFIRMED[1:]
    assert (joined.unfound, len(joined.elsewhere)) == ((), 1)


# -- statements of several rows


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
    assert _verdicts(_join(tmp_path, _recorded(replace(REFINED, place=place), files=files), files)) == CONFIRMED


def test_two_calls_on_one_row_are_told_apart_by_their_columns(tmp_path: Path) -> None:
    both = "    return recent_items().filter(title=word), recent_items().filter(sold=True)\n"
    files = {**FILES, "shop/refiner.py": REFINER.replace("    return list(recent_items().filter(title=word))\n", both)}
    use = replace(REFINED, place=at("shop/refiner.py", 5, "named", both.rindex("recent_items") + 1))
    joined = _join(tmp_path, _recorded(use, files=files), files)
    told = {finding.span.start.column: each.verdict.value for finding, each in joined.testimonies.items()}
    assert [told[column] for column in sorted(told)][1:] == ["unknown", "confirmed"]


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
    joined = _join(tmp_path, _recorded(use, files=files), files)
    assert [_by_row(joined)[each] for each in (7, 11)] == verdicts
    assert len(joined.unfound) == (row == 8)


def test_calls_on_one_row_without_columns_are_not_told_apart_and_have_no_numbers(tmp_path: Path) -> None:
    either = "    return recent_items().filter(title=word) if word else recent_items().filter(sold=True)\n"
    head, _, _ = REFINER.partition("    return")
    files = {**FILES, "shop/refiner.py": head + either}
    use = replace(REFINED, place=at("shop/refiner.py", 5, "named"))
    joined = _join(tmp_path, _recorded(use, files=files), files)
    assert _verdicts(joined) == [("QSC101", "confirmed", 2), *[("QSC201", "not told apart", 0)] * 2]
    assert joined.unfound == ()


def test_a_store_that_may_be_either_of_two_on_its_row_is_counted_for_neither(tmp_path: Path) -> None:
    both = "def fill(old):\n    cache.set('a', Item.objects.all()) if old else cache.set('b', Item.objects.all())\n"
    files = {**MODELS, "shop/fill.py": f"{TWO_STORES[: TWO_STORES.index('def')]}{both}"}
    for column, verdicts in ((None, ["not told apart"] * 2), (5, ["confirmed", "unknown"])):
        store = Store(1, "pickled", "django cache", at("shop/fill.py", 6, "fill", column), times=1)
        joined = _join(tmp_path, _recorded(stores=(store,), files=files), files)
        assert [told.verdict.value for told in joined.testimonies.values()] == verdicts
        assert joined.unfound == ()


# -- files that have changed, or are elsewhere


def test_a_file_that_has_changed_is_known_by_function_and_nearest_row(tmp_path: Path) -> None:
    now = {**FILES, "shop/refiner.py": f"import logging\n{REFINER}"}
    joined = _join(tmp_path, _recorded(REFINED), now)
    assert _verdicts(joined) == CONFIRMED
    assert joined.changed == ("shop/refiner.py",)


def test_rows_of_a_file_that_has_changed_are_those_of_its_function(tmp_path: Path) -> None:
    """What was recorded in one function is not what now stands on the same row of another."""
    other = f"{REFINER}\n\ndef other(word):\n    return list(recent_items().filter(title=word))\n"
    now = {**FILES, "shop/refiner.py": other.replace("def named", "def renamed")}
    joined = _join(tmp_path, _recorded(REFINED), now)
    assert [told.verdict for told in joined.testimonies.values()][1:] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert [each.at.is_gone for each in joined.unfound] == [True]
    ran: dict[str, tuple[Executed, ...]] = {"shop/refiner.py": (Executed(4, "named"),)}
    verdicts = [told.verdict for told in _join(tmp_path, _recorded(REFINED, executed=ran), now).testimonies.values()]
    assert verdicts[1:] == [Verdict.UNKNOWN, Verdict.UNKNOWN]


def test_how_far_a_function_has_moved_is_known_where_it_ran(tmp_path: Path) -> None:
    twice = REFINER.replace(
        "    return", "    first = recent_items().filter(title='a')\n    if first:\n        pass\n    return"
    )
    before = {**FILES, "shop/refiner.py": twice}
    now = {**FILES, "shop/refiner.py": "import a\nimport b\nimport c\n" + twice}
    use = replace(REFINED, place=at("shop/refiner.py", 8, "named"))
    ran: dict[str, tuple[Executed, ...]] = {}
    ran["shop/refiner.py"] = (Executed(4, "named"), Executed(8, "named.<locals>.<genexpr>"))
    joined = _join(tmp_path, _recorded(use, files=before, executed=ran), now)
    confirmed = [each.span.start.row for each, told in joined.testimonies.items() if told.verdict is Verdict.CONFIRMED]
    assert confirmed == [6, 11]


@pytest.mark.parametrize(("recorded", "now"), [("", "site/"), ("site/", "")], ids=["above", "below"])
def test_the_root_of_the_recording_may_be_another(recorded: str, now: str, tmp_path: Path) -> None:
    place = replace(REFINED.place, path=f"{recorded}shop/refiner.py")
    function = replace(FUNCTION, path=f"{recorded}shop/queries.py")
    store = replace(CACHED, place=place, function=function)
    digests = {f"{recorded}{path}": digest for path, digest in _digests(FILES).items()}
    made = recording((store,), (replace(REFINED, place=place),), digests)
    files = {f"{now}{path}": text for path, text in FILES.items()}
    write(tmp_path, files)
    (project,) = api.check_paths([tmp_path]).projects
    if now:
        (tmp_path / now / "manage.py").touch()
        (project,) = api.check_paths([tmp_path]).projects
    found = tuple(each.finding for each in project.run.result.found)
    assert _verdicts(join(made, found, files, lambda path: files[path].encode())) == CONFIRMED


def test_a_path_that_may_be_several_files_is_none_of_them_unless_its_content_tells(tmp_path: Path) -> None:
    twice = {f"{site}/{path}": text for site in ("a", "b") for path, text in FILES.items()}
    different = {**twice, "b/shop/refiner.py": f"{REFINER}# b\n", "b/shop/queries.py": f"{QUERIES}# b\n"}
    assert len(join(_recorded(REFINED), (), twice, lambda path: twice[path].encode()).elsewhere) == 2
    assert join(_recorded(REFINED), (), different, lambda path: different[path].encode()).elsewhere == frozenset()


def test_what_is_in_no_file_of_the_project_is_counted(tmp_path: Path) -> None:
    elsewhere = replace(REFINED, place=at("other/views.py", 5))
    joined = _join(tmp_path, _recorded(elsewhere, replace(REFINED, operation="all", place=at("../x.py", 1))))
    assert (len(joined.elsewhere), joined.unfound) == (2, ())


# -- what did not run


@pytest.mark.parametrize(
    ("executed", "verdict"),
    [
        (None, Verdict.UNKNOWN),
        ({}, Verdict.NOT_EXECUTED),
        ({"shop/refiner.py": (Executed(1, "<module>"),)}, Verdict.NOT_EXECUTED),
        ({"shop/refiner.py": (Executed(4, "named"),)}, Verdict.NOT_SEEN),
    ],
)
def test_code_that_did_not_run_is_told_from_code_that_did(
    executed: dict[str, tuple[Executed, ...]] | None, verdict: Verdict, tmp_path: Path
) -> None:
    joined = _join(tmp_path, _recorded(executed=executed))
    assert [told.verdict for told in joined.testimonies.values()] == [Verdict.CONFIRMED, verdict]


@pytest.mark.parametrize(
    ("ran", "verdict"),
    [
        pytest.param("test_views.py", Verdict.UNKNOWN, id="the tests alone"),
        pytest.param("elsewhere.py", Verdict.UNKNOWN, id="no file of the project"),
        pytest.param("tests/test_views.py", Verdict.NOT_EXECUTED, id="the project"),
        pytest.param("site/tests/test_views.py", Verdict.NOT_EXECUTED, id="above the project"),
    ],
)
def test_a_recording_of_another_directory_does_not_tell_what_ran(ran: str, verdict: Verdict, tmp_path: Path) -> None:
    files = {**FILES, "tests/test_views.py": "def test_views(client):\n    client.get('/')\n"}
    digest = _digests(files)["tests/test_views.py"]
    made = recording(files={ran: digest}, executed={ran: (Executed(1, "test_views"),)})
    assert [told.verdict for told in _join(tmp_path, made, files).testimonies.values()] == [verdict] * 2


def test_findings_that_are_about_no_cached_value_have_no_testimony(tmp_path: Path) -> None:
    files = {**FILES, "shop/late.py": "from shop.models import Item\n\nNAMES = list(Item.objects.all())\n"}
    joined = _join(tmp_path, _recorded(REFINED, files=files), files)
    assert {finding.code for finding in joined.testimonies} == {"QSC101", "QSC201"}
    assert any(finding.code == "QSC301" for finding in _found(tmp_path, files))


# -- witnessed, but not found


def test_what_no_finding_is_about_is_told_the_most_costly_first(tmp_path: Path) -> None:
    cheap = replace(REFINED, operation="all", milliseconds=1.0, place=at("shop/reader.py", 5, "titles"))
    dear = replace(REFINED, operation="last", milliseconds=5.0, place=at("shop/reader.py", 5, "titles"))
    many = replace(cheap, operation="get", rows=900)
    read = replace(REFINED, effect="read", operation="for", milliseconds=50.0, place=at("shop/reader.py", 5, "titles"))
    store = Store(2, "memo", "a registry", at("shop/reader.py", 4, "titles"), milliseconds=3.0)
    joined = _join(tmp_path, _recorded(REFINED, cheap, dear, many, read, stores=(CACHED, store)))
    assert [each.record for each in joined.unfound] == [dear, store, many, cheap]


def test_a_part_of_a_scoped_value_is_nothing_to_be_found(tmp_path: Path) -> None:
    store = replace(CACHED, lifetime="scoped")
    part = replace(REFINED, effect="part", operation="count", place=at("shop/reader.py", 5, "titles"))
    assert _join(tmp_path, _recorded(part, stores=(store,))).unfound == ()
    assert len(_join(tmp_path, _recorded(part)).unfound) == 1


def test_a_part_is_nothing_to_be_found_where_the_rows_are_there_for_others(tmp_path: Path) -> None:
    part = replace(REFINED, effect="part", operation="count", queries=0, place=at("shop/reader.py", 5, "titles"))
    read = replace(part, effect="read", operation="iter()")
    memo = replace(CACHED, lifetime="memo")
    assert _join(tmp_path, _recorded(part, read)).unfound == ()
    assert _join(tmp_path, _recorded(part, stores=(memo,))).unfound == ()
    assert len(_join(tmp_path, _recorded(replace(part, queries=1), stores=(memo,))).unfound) == 1


DETAIL = (
    "from django.views.generic import DetailView\n"
    "from shop.queries import recent_items\n"
    "\n"
    "\n"
    "class Detail(DetailView):\n"
    "    def get_queryset(self):\n"
    "        return recent_items()\n"
)
A_TEST = "def test_detail(client):\n    client.get('/items/1/')\n"


def test_what_a_framework_does_later_is_the_only_finding_about_the_value(tmp_path: Path) -> None:
    files = {**MODELS, "shop/queries.py": QUERIES, "shop/views.py": DETAIL, "tests/test_detail.py": A_TEST}
    got = Use(1, "refined", "get", at("tests/test_detail.py", 2, "test_detail"), times=2, queries=2)
    joined = _join(tmp_path / "one", _recorded(got, files=files), files)
    assert _verdicts(joined) == [("QSC101", "confirmed", 2), ("QSC221", "confirmed", 1)]
    again = {**files, "shop/more.py": DETAIL}
    joined = _join(tmp_path / "again", _recorded(got, files=again), again)
    assert sorted(_verdicts(joined)) == [("QSC101", "confirmed", 2), *[("QSC221", "unknown", 0)] * 2]
    elsewhere = replace(CACHED, function=None, place=None)
    joined = _join(tmp_path / "one", _recorded(got, stores=(elsewhere,), files=files), files)
    assert ("QSC221", "unknown", 0) in _verdicts(joined)


CALLERS = (
    "from shop.queries import recent_items\n\n\n"
    "def helper(items):\n    return items.filter(sold=True).first()\n\n\n"
    "def one():\n    return helper(recent_items())\n\n\n"
    "def other():\n    return helper(recent_items())\n"
)


def test_each_caller_of_a_helper_has_what_it_caused(tmp_path: Path) -> None:
    files = {**MODELS, "shop/queries.py": QUERIES, "shop/pages.py": CALLERS}
    use = Use(1, "refined", "filter", at("shop/pages.py", 5, "helper", 12))
    ways = [
        replace(use, via=(at("shop/pages.py", row, name, 12),), times=times)
        for row, name, times in ((9, "one", 1), (13, "other", 5))
    ]
    joined = _join(tmp_path, _recorded(*ways, files=files), files)
    costs = {each.span.start.row: told.cost.times for each, told in joined.testimonies.items() if each.code == "QSC221"}
    assert costs == {9: 1, 13: 5}
    further = replace(use, via=(at("shop/between.py", 3),), times=7, is_cut=True)
    joined = _join(tmp_path, _recorded(ways[0], further, files=files), files)
    assert [_by_row(joined)[row] for row in (9, 13)] == ["confirmed", "not told apart"]
    assert joined.unfound == ()


def test_what_is_not_found_is_told_once_for_all_ways_to_it(tmp_path: Path) -> None:
    use = replace(REFINED, operation="last", place=at("shop/reader.py", 5, "titles"), times=2)
    ways = [replace(use, via=(at("shop/views.py", row),)) for row in (1, 2)]
    joined = _join(tmp_path, _recorded(*ways))
    assert [(each.record.times, each.at.first) for each in joined.unfound] == [(4, 5)]


PAGES = (
    "from django.core.paginator import Paginator\n"
    "from shop.queries import recent_items\n"
    "\n"
    "\n"
    "def page(number):\n"
    "    pages = Paginator(recent_items(), 20)\n"
    "    found = pages.get_page(number)\n"
    "    return list(found), recent_items().count()\n"
)


def test_what_is_handed_over_may_be_used_later_in_the_function(tmp_path: Path) -> None:
    files = {**MODELS, "shop/queries.py": QUERIES, "shop/page.py": PAGES}
    cut = Use(1, "part", "[:]", at("shop/page.py", 7, "page"), times=2)
    counted = Use(1, "part", "count", at("shop/page.py", 8, "page"), times=2)
    for use in (cut, counted):
        joined = _join(tmp_path, _recorded(use, files=files), files)
        rows = [each.span.start.row for each, told in joined.testimonies.items() if told.uses and each.code == "QSC211"]
        assert rows == [{"[:]": 6, "count": 8}[use.operation]]
