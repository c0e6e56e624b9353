"""What was recorded, in words: counts, sizes and times as people say them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from qscache_lint.reports.testimony import done, duration, numbers_of, size, stored, used
from qscache_lint.values import Cost
from qscache_lint.witness.records import RecordedStore, RecordedUse
from tests.unit.witness.recordings import at

STORE = RecordedStore(1, "pickled", "django cache", None)
USE = RecordedUse(1, "refined", "filter", at("a.py", 1), times=1)


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [(0.0, ""), (0.04, ""), (0.05, "0.1 ms"), (9.94, "9.9 ms"), (10.0, "10 ms"), (999.4, "999 ms"), (1000.0, "1.0 s"),
     (3_600_000.0, "3,600.0 s")],
)  # fmt: skip
def test_times_have_a_unit_that_fits(milliseconds: float, told: str) -> None:
    assert duration(milliseconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, ""), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (1_400_000, "1.4 MB"), (2 * 10**9, "2.0 GB")],
)
def test_sizes_have_a_unit_that_fits(count: int, told: str) -> None:
    assert size(count) == told


def test_a_store_says_what_storing_and_handing_out_came_to() -> None:
    once = replace(STORE, times=1, most_rows=1, bytes=1)
    assert [*stored([once])] == ["pickled 1 time (1 byte, at most 1 row)"]
    again = replace(STORE, times=2, most_rows=1801, bytes=999, hits=3, hit_rows=5403, milliseconds=4.0)
    assert [*stored([once, again])] == [
        "pickled 3 times (1.0 kB, at most 1,801 rows, 4.0 ms)",
        "handed out again 3 times (5,403 rows)",
    ]


def test_a_memo_keeps_and_a_hit_alone_is_told() -> None:
    assert [*stored([replace(STORE, lifetime="memo", times=2)])] == ["kept 2 times"]
    assert [*stored([replace(STORE, hits=1)])] == ["handed out again 1 time"]


@pytest.mark.parametrize(
    ("effect", "operation", "told"),
    [
        ("refined", "filter", "refined by .filter()"),
        ("refined", "|", "refined by |"),
        ("part", "[:]", "a part taken by [:]"),
        ("passed", "filter", "passed on to filter()"),
        ("read", "iter()", "read in full by iter()"),
        ("written", "update", "written through by .update()"),
    ],
)
def test_what_was_done_names_the_operation(effect: str, operation: str, told: str) -> None:
    assert done(RecordedUse(1, effect, operation, at("a.py", 1))) == told  # type: ignore[arg-type]


def test_numbers_that_are_nothing_are_left_out() -> None:
    assert used(USE) == "refined by .filter() 1 time"
    assert numbers_of([replace(USE, queries=1, rows=1), replace(USE, queries=1)]) == " (2 queries, 1 row)"
    assert numbers_of([replace(USE, queries=1, milliseconds=2.5)]) == " (1 query, 2.5 ms)"


def test_the_greater_cost_comes_first_and_noise_decides_nothing() -> None:
    costs = [Cost(0.01, 5, 1), Cost(0.02, 5, 2), Cost(0.03, 9, 1), Cost(1.0, 0, 0), Cost()]
    ordered = sorted(costs, key=lambda cost: cost.heavy_first)
    assert ordered == [Cost(1.0, 0, 0), Cost(0.03, 9, 1), Cost(0.02, 5, 2), Cost(0.01, 5, 1), Cost()]
