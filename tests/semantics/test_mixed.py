"""What QSC104 claims: a list in place of a QuerySet is told by its callers, and `.none()` is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pytest
from django.db.models import QuerySet

from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield
    from django.core.cache import cache

    cache.clear()


def _reports(num: int) -> Any:
    from tests.semantics.newsroom.models import Report

    reports = Report.objects.order_by("pk")
    return list(reports[:num]) if num else reports


def _pickled(num: int) -> Any:
    from django.core.cache import cache

    return cache.get_or_set(f"reports-{num}", lambda: _reports(num))


_memo = lru_cache(maxsize=None)(_reports)

STORES = [_pickled, _memo]


@pytest.mark.parametrize("reports", STORES)
def test_iteration_cannot_tell_the_paths_apart(reports: Callable[[int], Any]) -> None:
    assert [each.pk for each in reports(3)] == [each.pk for each in reports(0)][:3]


@pytest.mark.parametrize("reports", STORES)
def test_a_caller_that_refines_fails_on_one_path(reports: Callable[[int], Any]) -> None:
    assert isinstance(reports(0).filter(pk=1), QuerySet)
    assert reports(0).count() > 3
    with pytest.raises(AttributeError):
        reports(3).filter(pk=1)
    with pytest.raises(TypeError):
        reports(3).count()


def test_a_memo_keeps_rows_on_one_path_only() -> None:
    memo = lru_cache(maxsize=None)(_reports)
    with metered() as at_store:
        few, every = memo(3), memo(0)
    with metered() as at_hit:
        assert few[0] == every[0]
    assert (at_store.queries, at_hit.queries) == (1, 1)


def test_none_is_refined_like_the_other_path() -> None:
    nothing = _reports(0).none()
    with metered() as statistics:
        assert list(nothing.filter(pk=1).order_by("pk")) == []
    assert statistics.queries == 0


READ_BY: list[Callable[[Any], Any]] = [list, len, bool, tuple, lambda found: list(found[:3])]


@pytest.mark.parametrize("read", READ_BY)
def test_readers_cannot_tell_an_empty_list_from_none(read: Callable[[Any], Any]) -> None:
    nothing = _reports(0).none()
    with metered() as statistics:
        assert read(nothing) == read([])
    assert statistics.queries == 0


@pytest.mark.parametrize("kind", [list, tuple, set, dict])
@pytest.mark.parametrize("method", ["filter", "exists", "first", "count", "order_by"])
def test_an_empty_container_fails_where_none_does_not(kind: Callable[[], Any], method: str) -> None:
    getattr(_reports(0).none(), method)()
    with pytest.raises((AttributeError, TypeError)):
        getattr(kind(), method)()
