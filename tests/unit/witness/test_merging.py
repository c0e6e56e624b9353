"""Several recordings are one: equal stores and uses once, with their numbers together, in any order."""

from __future__ import annotations

from itertools import permutations

from msgspec.structs import replace

from qscache_lint.witness.merging import by_place, merged
from qscache_lint.witness.records import Executed, RecordedStore, RecordedUse
from tests.unit.witness.recordings import at, recording

CACHED = RecordedStore(
    7, "pickled", "django cache", at("a.py", 3), times=2, rows=20, most_rows=12, bytes=200, most_bytes=120,
    milliseconds=1.5,
)  # fmt: skip
REFINED = RecordedUse(7, "refined", "filter", at("b.py", 5), times=3, queries=3, rows=4, milliseconds=0.5)


def test_numbers_of_equal_stores_and_uses_are_added_and_most_is_the_most() -> None:
    other = replace(CACHED, id=1, times=1, rows=15, most_rows=15, bytes=100, most_bytes=100, milliseconds=0.7)
    one = recording((CACHED,), (REFINED,))
    both = merged([one, recording((other,), (replace(REFINED, store=1, times=1),))])
    assert both.processes == 2
    assert both.stores == (
        replace(CACHED, id=1, times=3, rows=35, most_rows=15, bytes=300, most_bytes=120, milliseconds=2.2),
    )
    assert both.uses == (replace(REFINED, store=1, times=4, queries=6, rows=8, milliseconds=1.0),)


def test_stores_of_another_lifetime_place_or_function_stay_apart() -> None:
    others = (
        replace(CACHED, lifetime="memo"),
        replace(CACHED, store="diskcache"),
        replace(CACHED, place=None),
        replace(CACHED, function=at("a.py", 1)),
    )
    both = merged([recording((CACHED,)), *(recording((each,)) for each in others)])
    assert len(both.stores) == 5
    assert [store.id for store in both.stores] == [1, 2, 3, 4, 5]


def test_callers_of_a_helper_are_kept_apart_only_where_nothing_else_tells_what_it_stores() -> None:
    callers = [replace(CACHED, id=number, via=(at("b.py", number),)) for number in (1, 2)]
    of_function = [replace(each, function=at("a.py", 1)) for each in callers]
    by_library = [replace(each, by="menus.render") for each in callers]
    of_each = [len(merged([recording(tuple(several))]).stores) for several in (callers, of_function, by_library)]
    assert of_each == [2, 1, 1]


def test_what_different_libraries_store_is_kept_apart() -> None:
    several = tuple(replace(CACHED, id=number, by=f"menus.render_{number}") for number in (1, 2))
    assert len(merged([recording(several)]).stores) == 2


def test_a_store_that_is_known_by_its_label_alone_is_the_one_that_another_process_saw() -> None:
    labelled = replace(CACHED, label="abcdefgh", via=(at("b.py", 5),))
    labels = ("abcdefgh", "ijklmnop")
    hit, other = (RecordedStore(1, "pickled", "django cache", None, label=label, hits=3) for label in labels)
    both = merged([recording((hit,), (replace(REFINED, store=1),)), recording((labelled,)), recording((other,))])
    assert [(each.place, each.times, each.hits) for each in both.stores] == [(None, 0, 3), (CACHED.place, 2, 3)]
    assert [use.store for use in both.uses] == [2]


def test_ways_to_a_use_are_kept_apart_and_counted_together_by_place() -> None:
    ways = [replace(REFINED, via=(at("c.py", row),), times=row) for row in (1, 2)]
    both = merged([recording((CACHED,), tuple(ways)), recording((CACHED,), (ways[1],))])
    assert [use.times for use in both.uses] == [1, 4]
    assert [use.times for use in by_place(both.uses)] == [5]


def test_a_use_stays_with_its_store() -> None:
    memo = RecordedStore(7, "memo", "functools.lru_cache", at("c.py", 1))
    both = merged([recording((CACHED,), (REFINED,)), recording((memo,), (REFINED,))])
    lifetimes = {store.id: store.lifetime for store in both.stores}
    assert sorted(lifetimes[use.store] for use in both.uses) == ["memo", "pickled"]


def test_the_order_of_recordings_makes_no_difference() -> None:
    several = [
        recording((CACHED, RecordedStore(8, "memo", "lru_cache", None)), (REFINED,), {"a.py": "1"}),
        recording((replace(CACHED, milliseconds=0.1),), (replace(REFINED, milliseconds=0.2),), {"b.py": "2"}),
        recording((replace(CACHED, id=2, via=(at("z.py", 1),), milliseconds=0.3),), (), {"a.py": "1"}),
    ]
    assert len({repr(merged(order)) for order in permutations(several)}) == 1


def test_merging_again_changes_nothing_but_the_numbers() -> None:
    one = merged([recording((CACHED,), (REFINED,))])
    assert merged([one]) == one
    assert merged([one, one]).tool == "0.1.0"


def test_a_file_that_changed_between_recordings_is_known_by_no_content() -> None:
    assert merged([recording(files={"a.py": "1"}), recording(files={"a.py": "2"})]).files == {"a.py": ""}


def test_what_ran_in_one_ran_and_nothing_is_known_where_one_cannot_tell() -> None:
    one = recording(executed={"a.py": (Executed(1, "f"),)})
    other = recording(executed={"a.py": (Executed(5, "g"),), "b.py": ()})
    assert merged([one, other]).executed == {"a.py": (Executed(1, "f"), Executed(5, "g")), "b.py": ()}
    assert merged([one, recording()]).executed is None


def test_a_sample_makes_the_whole_a_sample() -> None:
    sample = replace(recording(), is_partial=True)
    assert [merged(each).is_partial for each in ([sample, recording()], [recording()])] == [True, False]
