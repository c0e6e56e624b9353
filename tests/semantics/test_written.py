"""What QSC241, QSC242 and QSC243 claim: writes through a kept QuerySet, and changes of what callers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import pytest

from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import has_rows, rolled_back


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield
    from django.core.cache import cache

    cache.clear()


def _reports() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects.order_by("pk")


def _rows() -> list[Any]:
    return list(_reports())


class _Page:
    @cached_property
    def reports(self) -> Any:
        return _reports()


def _update(reports: Any) -> None:
    reports.update(title="written")


def _delete(reports: Any) -> None:
    reports.delete()


WRITES = [_update, _delete]


@pytest.mark.parametrize("write", WRITES)
def test_a_pickling_cache_keeps_the_rows_of_before(write: Callable[[Any], None]) -> None:
    from django.core.cache import cache

    cache.set("reports", _reports())
    before = [each.title for each in cache.get("reports")]
    with metered() as statistics:
        write(cache.get("reports"))
    assert statistics.queries == 1
    with metered() as later:
        assert [each.title for each in cache.get("reports")] == before
    assert later.queries == 0
    assert [each.title for each in _reports()] != before


@pytest.mark.parametrize("write", WRITES)
def test_a_memo_loses_the_rows_that_all_share(write: Callable[[Any], None]) -> None:
    memo = lru_cache(maxsize=None)(_reports)
    assert len(memo()) >= 3
    write(memo())
    assert not has_rows(memo())
    with metered() as later:
        len(memo())
    assert later.queries == 1


@pytest.mark.parametrize("write", WRITES)
def test_an_instance_loses_the_rows_that_it_has_loaded(write: Callable[[Any], None]) -> None:
    page = _Page()
    assert len(page.reports) >= 3
    write(page.reports)
    assert not has_rows(page.reports)


@pytest.mark.parametrize("build", [_reports, _rows, lambda: tuple(_rows())])
def test_rows_of_a_memo_are_the_same_objects_for_all(build: Callable[[], Any]) -> None:
    memo = lru_cache(maxsize=None)(build)
    for row in memo():
        row.title = "changed, not saved"
    with metered() as statistics:
        assert {row.title for row in memo()} == {"changed, not saved"}
    assert statistics.queries == 0
    assert "changed, not saved" not in {row.title for row in _reports()}


def test_an_item_of_a_lazy_memo_is_new_each_time() -> None:
    memo = lru_cache(maxsize=None)(_reports)
    memo()[0].title = "changed, not saved"
    assert memo()[0].title != "changed, not saved"


def test_a_list_of_a_memo_is_one_list() -> None:
    memo = lru_cache(maxsize=None)(_rows)
    count = len(memo())
    memo().reverse()
    memo().pop()
    del memo()[0]
    memo().append(None)
    assert len(memo()) == count - 1
    assert memo()[-1] is None


def test_a_pickling_cache_gives_each_its_own() -> None:
    from django.core.cache import cache

    cache.set("reports", _rows())
    cache.get("reports").pop()
    cache.get("reports")[0].title = "changed, not saved"
    assert len(cache.get("reports")) == len(_rows())
    assert cache.get("reports")[0].title != "changed, not saved"
