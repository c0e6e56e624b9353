"""Several recordings as one."""

from __future__ import annotations

from msgspec.structs import replace

from qscache_lint.witness.merging import merged
from qscache_lint.witness.records import Executed, Place, Recording, Store, Use

MEMO = Place("caching/memo.py", 12, 12, None, "memoize.<locals>.wrapper")
RECENT = Place("stories/queries.py", 4, 4, None, "recent")
OLDEST = Place("stories/queries.py", 9, 9, None, "oldest")
VIEW = Place("stories/views.py", 30, 31, 12, "front_page")
PAGE = Place("stories/views.py", 50, 50, 12, "archive_page")

ONE = Store(7, "pickled", "django cache", MEMO, RECENT, times=2, rows=20, most_rows=15, bytes=300, most_bytes=200)
EMPTY = Recording(tool="0.1.0", django="6.1", python="3.12.1", executed={})


def test_the_same_store_is_a_sum_with_the_greater_maxima() -> None:
    again = replace(ONE, id=1, times=1, rows=40, most_rows=40, bytes=100, most_bytes=100, hits=3, hit_milliseconds=1.5)
    both = merged([replace(EMPTY, stores=(ONE,)), replace(EMPTY, stores=(again,))])
    expected = replace(ONE, id=1, times=3, rows=60, most_rows=40, bytes=400, hits=3, hit_milliseconds=1.5)
    assert both.stores == (expected,)
    assert both.processes == 2


def test_uses_follow_their_store_to_its_new_number() -> None:
    other = Store(7, "memo", "functools.lru_cache", OLDEST, OLDEST)
    use = Use(7, "refined", "filter", VIEW)
    second = replace(EMPTY, stores=(other, replace(ONE, id=8)), uses=(use,))
    both = merged([replace(EMPTY, stores=(ONE,), uses=(use,)), second])
    assert [store.id for store in both.stores] == [1, 2]
    assert both.uses == (replace(use, store=1), replace(use, store=2))


def test_equal_uses_are_a_sum() -> None:
    use = Use(7, "refined", "filter", VIEW, times=2, queries=2, rows=5, milliseconds=1.0)
    recording = replace(EMPTY, stores=(ONE,), uses=(use, replace(use, operation="exclude")))
    both = merged([recording, recording])
    doubled = replace(use, store=1, times=4, queries=4, rows=10, milliseconds=2.0)
    assert both.uses == (doubled, replace(doubled, operation="exclude"))


def test_callers_of_a_helper_are_kept_apart_only_where_no_function_is_known() -> None:
    helper = replace(ONE, function=None)
    apart = merged([replace(EMPTY, stores=(replace(helper, via=(VIEW,)), replace(helper, id=8, via=(PAGE,))))])
    together = merged([replace(EMPTY, stores=(replace(ONE, via=(VIEW,)), replace(ONE, id=8, via=(PAGE,))))])
    assert (len(apart.stores), len(together.stores)) == (2, 1)


def test_sentences_are_told_once_and_files_are_united() -> None:
    one = replace(EMPTY, incomplete=("A.",), files={"a.py": "1"}, executed={"a.py": (Executed(5, "g"),)})
    other = replace(EMPTY, incomplete=("A.", "B."), files={"b.py": "2"}, executed={"a.py": (Executed(1, "f"),)})
    both = merged([one, other])
    assert both.incomplete == ("A.", "B.")
    assert both.files == {"a.py": "1", "b.py": "2"}
    assert both.executed == {"a.py": (Executed(1, "f"), Executed(5, "g"))}


def test_what_ran_is_unknown_where_one_cannot_tell() -> None:
    assert merged([EMPTY, replace(EMPTY, executed=None)]).executed is None
