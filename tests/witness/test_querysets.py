"""What is done with a QuerySet that is kept, where, and what that costs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync, iscoroutinefunction, sync_to_async
from django.core.paginator import Paginator
from django.db.models import Exists, Prefetch, Subquery
from django.shortcuts import get_object_or_404
from django.template import Context, Template

from qscache_lint.witness.runtime.witness import Witness
from tests.witness.recorded import memoized, only_use, pickled, stories, told


def test_a_use_has_the_costs_of_what_it_gives(witness: Witness) -> None:
    value = memoized()
    assert len(value.filter(pk__lte=2).order_by("-pk")) == 2
    use = only_use(witness)
    assert (use.operation, use.times, use.queries, use.rows) == ("filter", 1, 1, 2)
    assert use.milliseconds > 0


def test_a_use_that_is_not_read_costs_nothing(witness: Witness) -> None:
    memoized().filter(pk=1)
    assert told(witness) == [("refined", "filter", 0)]


def test_rows_of_an_iterator_are_counted(witness: Witness) -> None:
    list(memoized().iterator())
    use = only_use(witness)
    assert (use.operation, use.queries, use.rows) == ("iterator", 1, stories().count())


def test_a_read_of_a_list_is_one_read(witness: Witness) -> None:
    value = memoized()
    for _ in range(2):
        list(value)
    use = only_use(witness)
    assert (use.effect, use.operation, use.times, use.queries, use.rows) == ("read", "iter()", 2, 1, 2 * len(value))


def test_what_a_query_brings_beside_its_rows_counts(witness: Witness) -> None:
    len(memoized().prefetch_related("author"))
    assert only_use(witness).queries == 2


@pytest.mark.parametrize("make", [memoized, pickled])
@pytest.mark.parametrize(
    ("use", "operation"),
    [
        pytest.param(lambda value: stories().filter(pk__in=value), "filter", id="in"),
        pytest.param(lambda value: stories().model.objects.exclude(pk__in=value), "exclude", id="manager"),
        pytest.param(lambda value: Subquery(value), "Subquery", id="Subquery"),
        pytest.param(lambda value: stories().annotate(is_there=Exists(value)), "Exists", id="Exists"),
        pytest.param(lambda value: stories().union(value), "union", id="union"),
        pytest.param(lambda value: get_object_or_404(value, pk=1), "get_object_or_404", id="get_object_or_404"),
        pytest.param(lambda value: Prefetch("story_set", queryset=value), "Prefetch", id="Prefetch"),
    ],
)
def test_what_is_passed_on(witness: Witness, make: Any, use: Callable[[Any], Any], operation: str) -> None:
    use(make())
    assert [(seen.effect, seen.operation) for seen in witness.recording().uses] == [("passed", operation)]


def test_what_others_pass_on_is_not_recorded(witness: Witness) -> None:
    memoized()
    stories().filter(pk__in=stories()).union(stories())
    assert told(witness) == []


def test_a_paginator_takes_parts(witness: Witness) -> None:
    Paginator(memoized(), 2).page(1)
    assert [use[:2] for use in told(witness)] == [("part", "count"), ("part", "[:]")]


def test_templates_are_the_project_s_own_code(witness: Witness) -> None:
    Template("{{ rows.all.0 }} {{ rows.count }} {% for row in rows %}{{ row.pk }}{% endfor %}").render(
        Context({"rows": memoized()})
    )
    assert [(effect, operation) for effect, operation, _ in told(witness)][:2] == [
        ("refined", "all"),
        ("part", "count"),
    ]
    assert ("read", "iter()") in [(effect, operation) for effect, operation, _ in told(witness)]


def test_a_method_of_the_project_s_queryset_is_the_operation(witness: Witness) -> None:
    memoized().of_kind("news")
    use = only_use(witness)
    assert (use.operation, use.place.function) == (
        "of_kind",
        "test_a_method_of_the_project_s_queryset_is_the_operation",
    )


def _narrowed(rows: Any) -> Any:
    return rows.filter(pk=1)


def test_a_helper_is_the_place_and_its_callers_are_the_way(witness: Witness) -> None:
    _narrowed(memoized())
    use = only_use(witness)
    assert (use.operation, use.place.function) == ("filter", "_narrowed")
    assert [place.function for place in use.via] == ["test_a_helper_is_the_place_and_its_callers_are_the_way"]


def test_a_place_is_in_code_points(witness: Witness) -> None:
    value = memoized()
    assert ["ü", value.filter(pk=1)][0] == "ü"  # the column is that of `value`
    column = len('    assert ["ü", ') + 1 if sys.version_info >= (3, 11) else None
    assert only_use(witness).place.column == column


def test_a_coroutine_is_the_place_of_what_a_thread_does(witness: Witness) -> None:
    value = memoized()

    async def count() -> int:
        return int(await value.acount())

    async_to_sync(count)()
    use = only_use(witness)
    assert (use.effect, use.operation, use.place.function.rpartition(".")[2]) == ("part", "acount", "count")


def test_what_a_coroutine_sends_to_a_thread_is_the_place_there(witness: Witness) -> None:
    value = memoized()

    def narrowed() -> Any:
        return value.filter(pk=1)

    async_to_sync(sync_to_async(narrowed))()
    assert only_use(witness).place.function.rpartition(".")[2] == "narrowed"


@pytest.mark.parametrize("apply", [lambda one, two: one | two, lambda one, two: one & two])
def test_operators_on_the_right(witness: Witness, apply: Any) -> None:
    value = memoized()
    len(apply(stories(), value))
    assert [(effect, queries) for effect, _, queries in told(witness)] == [("refined", 1)]


def test_an_iterator_that_is_let_go_while_something_is_counted(witness: Witness) -> None:
    rows = memoized().iterator()
    next(rows)
    ledger = witness._ledger

    def collect() -> None:
        with ledger._lock:
            rows.close()  # as the collector may do wherever something is made

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert (only_use(witness).queries, only_use(witness).rows) == (1, 1)


def test_a_function_for_coroutines_is_known_as_one(witness: Witness) -> None:
    assert iscoroutinefunction(SyncToAsync.__call__)
