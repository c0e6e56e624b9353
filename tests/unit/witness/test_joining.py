"""Recorded places and findings are joined: in files that are as they were, that have changed, that are elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from qscache_lint import api
from qscache_lint.values import Cost
from qscache_lint.witness.joining import Verdict, join
from qscache_lint.witness.records import Executed, RecordedStore, RecordedUse
from tests.unit.projects import MODELS, QUERIES, REFINER, write
from tests.unit.witness.joined import (
    CACHED,
    CONFIRMED,
    FILES,
    FUNCTION,
    REFINED,
    UNKNOWN,
    all_found,
    by_row,
    digests_of,
    join_found,
    recorded_in,
    told_of,
)
from tests.unit.witness.recordings import at, recording


def test_a_cached_function_is_confirmed_by_its_store_and_a_use_by_its_place(tmp_path: Path) -> None:
    joined = join_found(tmp_path, recorded_in(REFINED))
    assert told_of(joined) == CONFIRMED
    assert [told.cost for told in joined.testimonies.values()] == [Cost(9.0, 30, 3), Cost(2.0, 4, 12)]
    assert (joined.unfound, len(joined.elsewhere), joined.changed) == ((), 0, ())


def test_a_place_without_columns_is_enough(tmp_path: Path) -> None:
    use = replace(REFINED, place=replace(REFINED.place, column=None))
    assert told_of(join_found(tmp_path, recorded_in(use))) == CONFIRMED


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
    assert told_of(join_found(tmp_path, recorded_in(REFINED, stores=(named,)))) == expected


def test_another_operation_on_the_same_row_confirms_nothing(tmp_path: Path) -> None:
    joined = join_found(tmp_path, recorded_in(replace(REFINED, operation="exclude")))
    assert told_of(joined) == [("QSC101", "confirmed", 2), ("QSC201", "unknown", 0)]
    assert [each.record for each in joined.unfound] == [replace(REFINED, operation="exclude")]


def test_a_use_at_the_place_of_a_finding_confirms_it_whatever_store_it_came_from(tmp_path: Path) -> None:
    other = QUERIES.replace("recent_items", "old_items").replace("sold=False", "sold=True")
    files = {**FILES, "shop/old.py": other, "shop/worn.py": REFINER.replace("recent", "old").replace("queries", "old")}
    old = RecordedStore(2, "pickled", "cache_memoize", None, at("shop/old.py", 6, "old_items"))
    joined = join_found(tmp_path, recorded_in(replace(REFINED, store=2), stores=(CACHED, old), files=files), files)
    verdicts = {finding.path: told.verdict.value for finding, told in joined.testimonies.items()}
    assert verdicts["shop/refiner.py"] == "confirmed"
    assert (verdicts["shop/queries.py"], verdicts["shop/old.py"]) == ("confirmed", "confirmed")
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


def test_a_store_in_a_helper_is_known_by_the_call_of_it(tmp_path: Path) -> None:
    files = {**MODELS, "shop/helper.py": HELPER, "shop/fill.py": REMEMBERED}
    inner, caller = at("shop/helper.py", 5, "remember"), at("shop/fill.py", 6, "fill")
    store = RecordedStore(1, "pickled", "django cache", inner, via=(caller,), times=1)
    joined = join_found(tmp_path, recorded_in(stores=(store,), files=files), files)
    assert by_row(joined) == {6: "confirmed", 10: "unknown"}
    assert joined.unfound == ()


def test_a_store_that_may_be_several_cached_values_is_none_of_them(tmp_path: Path) -> None:
    files = {**MODELS, "shop/helper.py": HELPER, "shop/fill.py": REMEMBERED}
    store = RecordedStore(1, "pickled", "django cache", at("shop/helper.py", 5, "remember"), times=1)
    joined = join_found(tmp_path, recorded_in(stores=(store,), files=files), files)
    assert set(by_row(joined).values()) == {"unknown"}
    assert [each.record for each in joined.unfound] == [store]


def test_a_store_without_a_place_is_known_by_its_function_or_not_at_all(tmp_path: Path) -> None:
    hit = replace(CACHED, place=None)
    assert told_of(join_found(tmp_path, recorded_in(REFINED, stores=(hit,)))) == CONFIRMED
    joined = join_found(tmp_path, recorded_in(REFINED, stores=(replace(hit, function=None),)))
    assert told_of(joined) == UNKNOWN[:1] + CONFIRMED[1:]
    assert (joined.unfound, len(joined.elsewhere)) == ((), 1)


# -- files that have changed, or are elsewhere


def test_a_file_that_has_changed_is_known_by_function_and_nearest_row(tmp_path: Path) -> None:
    now = {**FILES, "shop/refiner.py": f"import logging\n{REFINER}"}
    joined = join_found(tmp_path, recorded_in(REFINED), now)
    assert told_of(joined) == CONFIRMED
    assert joined.changed == ("shop/refiner.py",)


def test_rows_of_a_file_that_has_changed_are_those_of_its_function(tmp_path: Path) -> None:
    """What was recorded in one function is not what now stands on the same row of another."""
    other = f"{REFINER}\n\ndef other(word):\n    return list(recent_items().filter(title=word))\n"
    now = {**FILES, "shop/refiner.py": other.replace("def named", "def renamed")}
    joined = join_found(tmp_path, recorded_in(REFINED), now)
    assert [told.verdict for told in joined.testimonies.values()][1:] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert [each.at.is_gone for each in joined.unfound] == [True]
    ran: dict[str, tuple[Executed, ...]] = {"shop/refiner.py": (Executed(4, "named"),)}
    joined = join_found(tmp_path, recorded_in(REFINED, executed=ran), now)
    assert [told.verdict for told in joined.testimonies.values()][1:] == [Verdict.UNKNOWN, Verdict.UNKNOWN]


def test_how_far_a_function_has_moved_is_known_where_it_ran(tmp_path: Path) -> None:
    twice = REFINER.replace(
        "    return", "    first = recent_items().filter(title='a')\n    if first:\n        pass\n    return"
    )
    before = {**FILES, "shop/refiner.py": twice}
    now = {**FILES, "shop/refiner.py": "import a\nimport b\nimport c\n" + twice}
    use = replace(REFINED, place=at("shop/refiner.py", 8, "named"))
    ran: dict[str, tuple[Executed, ...]] = {}
    ran["shop/refiner.py"] = (Executed(4, "named"), Executed(8, "named.<locals>.<genexpr>"))
    joined = join_found(tmp_path, recorded_in(use, files=before, executed=ran), now)
    confirmed = [each.span.start.row for each, told in joined.testimonies.items() if told.verdict is Verdict.CONFIRMED]
    assert confirmed == [6, 11]


@pytest.mark.parametrize(("recorded", "now"), [("", "site/"), ("site/", "")], ids=["above", "below"])
def test_the_root_of_the_recording_may_be_another(recorded: str, now: str, tmp_path: Path) -> None:
    place = replace(REFINED.place, path=f"{recorded}shop/refiner.py")
    function = replace(FUNCTION, path=f"{recorded}shop/queries.py")
    store = replace(CACHED, place=place, function=function)
    digests = {f"{recorded}{path}": digest for path, digest in digests_of(FILES).items()}
    made = recording((store,), (replace(REFINED, place=place),), digests)
    files = {f"{now}{path}": text for path, text in FILES.items()}
    write(tmp_path, files)
    (project,) = api.check_paths([tmp_path]).projects
    if now:
        (tmp_path / now / "manage.py").touch()
        (project,) = api.check_paths([tmp_path]).projects
    found = tuple(each.finding for each in project.run.result.found)
    assert told_of(join(made, found, files, lambda path: files[path].encode())) == CONFIRMED


def test_a_path_that_may_be_several_files_is_none_of_them_unless_its_content_tells(tmp_path: Path) -> None:
    twice = {f"{site}/{path}": text for site in ("a", "b") for path, text in FILES.items()}
    different = {**twice, "b/shop/refiner.py": f"{REFINER}# b\n", "b/shop/queries.py": f"{QUERIES}# b\n"}
    assert len(join(recorded_in(REFINED), (), twice, lambda path: twice[path].encode()).elsewhere) == 2
    assert join(recorded_in(REFINED), (), different, lambda path: different[path].encode()).elsewhere == frozenset()


def test_what_is_in_no_file_of_the_project_is_counted(tmp_path: Path) -> None:
    elsewhere = replace(REFINED, place=at("other/views.py", 5))
    joined = join_found(tmp_path, recorded_in(elsewhere, replace(REFINED, operation="all", place=at("../x.py", 1))))
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
    joined = join_found(tmp_path, recorded_in(executed=executed))
    assert [told.verdict for told in joined.testimonies.values()] == [Verdict.CONFIRMED, verdict]


def test_what_did_not_happen_in_a_sample_may_have_happened(tmp_path: Path) -> None:
    for row, verdict in ((4, Verdict.UNKNOWN), (1, Verdict.NOT_EXECUTED)):
        ran = Executed(row, "named" if row == 4 else "<module>")
        sample = replace(recorded_in(executed={"shop/refiner.py": (ran,)}), is_partial=True)
        assert [told.verdict for told in join_found(tmp_path, sample).testimonies.values()][1] == verdict


@pytest.mark.parametrize(
    ("ran", "verdict"),
    [
        pytest.param(("<module>", "named"), Verdict.UNKNOWN, id="its function ran"),
        pytest.param(("<module>",), Verdict.NOT_EXECUTED, id="its function did not run"),
        pytest.param(("<module>", "Migration"), Verdict.NOT_EXECUTED, id="another file"),
    ],
)
def test_what_ran_in_a_file_that_has_another_name_now_is_not_known(
    ran: tuple[str, ...], verdict: Verdict, tmp_path: Path
) -> None:
    executed = {
        "shop/finer.py": tuple(Executed(1, name) for name in ran),
        "shop/queries.py": (Executed(1, "<module>"),),
    }
    joined = join_found(tmp_path, recorded_in(executed=executed))
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
    digest = digests_of(files)["tests/test_views.py"]
    made = recording(files={ran: digest}, executed={ran: (Executed(1, "test_views"),)})
    assert [told.verdict for told in join_found(tmp_path, made, files).testimonies.values()] == [verdict] * 2


def test_findings_that_are_about_no_cached_value_have_no_testimony(tmp_path: Path) -> None:
    files = {**FILES, "shop/late.py": "from shop.models import Item\n\nNAMES = list(Item.objects.all())\n"}
    joined = join_found(tmp_path, recorded_in(REFINED, files=files), files)
    assert {finding.code for finding in joined.testimonies} == {"QSC101", "QSC201"}
    assert any(finding.code == "QSC301" for finding in all_found(tmp_path, files))


# -- witnessed, but not found


def test_what_no_finding_is_about_is_told_the_most_costly_first(tmp_path: Path) -> None:
    cheap = replace(REFINED, operation="all", milliseconds=1.0, place=at("shop/reader.py", 5, "titles"))
    dear = replace(REFINED, operation="last", milliseconds=5.0, place=at("shop/reader.py", 5, "titles"))
    many = replace(cheap, operation="get", rows=900)
    read = replace(REFINED, effect="read", operation="for", milliseconds=50.0, place=at("shop/reader.py", 5, "titles"))
    store = RecordedStore(2, "memo", "a registry", at("shop/reader.py", 4, "titles"), milliseconds=3.0)
    joined = join_found(tmp_path, recorded_in(REFINED, cheap, dear, many, read, stores=(CACHED, store)))
    assert [each.record for each in joined.unfound] == [dear, store, many, cheap]


def test_a_part_of_a_scoped_value_is_nothing_to_be_found(tmp_path: Path) -> None:
    store = replace(CACHED, lifetime="scoped")
    part = replace(REFINED, effect="part", operation="count", place=at("shop/reader.py", 5, "titles"))
    assert join_found(tmp_path, recorded_in(part, stores=(store,))).unfound == ()
    assert len(join_found(tmp_path, recorded_in(part)).unfound) == 1


def test_a_part_is_nothing_to_be_found_where_the_rows_are_there_for_others(tmp_path: Path) -> None:
    part = replace(REFINED, effect="part", operation="count", queries=0, place=at("shop/reader.py", 5, "titles"))
    read = replace(part, effect="read", operation="iter()")
    memo = replace(CACHED, lifetime="memo")
    assert join_found(tmp_path, recorded_in(part, read)).unfound == ()
    assert join_found(tmp_path, recorded_in(part, stores=(memo,))).unfound == ()
    assert len(join_found(tmp_path, recorded_in(replace(part, queries=1), stores=(memo,))).unfound) == 1


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
    got = RecordedUse(1, "refined", "get", at("tests/test_detail.py", 2, "test_detail"), times=2, queries=2)
    joined = join_found(tmp_path / "one", recorded_in(got, files=files), files)
    assert told_of(joined) == [("QSC101", "confirmed", 2), ("QSC221", "confirmed", 1)]
    again = {**files, "shop/more.py": DETAIL}
    joined = join_found(tmp_path / "again", recorded_in(got, files=again), again)
    assert sorted(told_of(joined)) == [("QSC101", "confirmed", 2), *[("QSC221", "unknown", 0)] * 2]
    elsewhere = replace(CACHED, function=None, place=None)
    joined = join_found(tmp_path / "one", recorded_in(got, stores=(elsewhere,), files=files), files)
    assert ("QSC221", "unknown", 0) in told_of(joined)


def test_what_is_not_found_is_told_once_for_all_ways_to_it(tmp_path: Path) -> None:
    use = replace(REFINED, operation="last", place=at("shop/reader.py", 5, "titles"), times=2)
    ways = [replace(use, via=(at("shop/views.py", row),)) for row in (1, 2)]
    joined = join_found(tmp_path, recorded_in(*ways))
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
    cut = RecordedUse(1, "part", "[:]", at("shop/page.py", 7, "page"), times=2)
    counted = RecordedUse(1, "part", "count", at("shop/page.py", 8, "page"), times=2)
    for use in (cut, counted):
        joined = join_found(tmp_path, recorded_in(use, files=files), files)
        rows = [each.span.start.row for each, told in joined.testimonies.items() if told.uses and each.code == "QSC211"]
        assert rows == [{"[:]": 6, "count": 8}[use.operation]]
