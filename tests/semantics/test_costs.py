"""The numbers of `costs.toml`, and what its sentences say, are measured on a QuerySet in each kind of store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import msgspec
import pytest
from django.utils.functional import cached_property as django_cached_property

from qscache_lint.knowledge.model import Effect, Store
from tests.semantics.django_project import RunStatistics, metered, prepare
from tests.semantics.operations.observe import has_rows, rolled_back
from tests.semantics.operations.states import TABLES


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield
    from django.core.cache import cache

    cache.clear()


def _reports() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects.order_by("title")


def _total() -> int:
    from tests.semantics.newsroom.models import ROWS

    return ROWS


def _pickled() -> Any:
    from django.core.cache import cache

    return cache.get_or_set("reports", _reports)


def _memo() -> Callable[[], Any]:
    return lru_cache(maxsize=None)(_reports)


def _scoped() -> Callable[[], Any]:
    class Page:
        @cached_property
        def reports(self) -> Any:
            return _reports()

    page = Page()
    return lambda: page.reports


@dataclass(frozen=True)
class Kept:
    """A way to keep the QuerySet; `new` gives a function that stores at its first call, and hands out ever after."""

    store: Store
    new: Callable[[], Callable[[], Any]]


STORES = [
    pytest.param(Kept(Store.PICKLED, lambda: _pickled), id="pickled"),
    pytest.param(Kept(Store.MEMO, _memo), id="memo"),
    pytest.param(Kept(Store.SCOPED, _scoped), id="scoped"),
]

ARE_STORED = frozenset({Store.PICKLED})
"""The stores that keep rows from the start."""


@contextmanager
def _stored(kept: Kept) -> Iterator[tuple[Callable[[], Any], RunStatistics]]:
    """The function behind its first call, and a meter for what happens next."""
    get = kept.new()
    get()
    with metered() as meter:
        yield get, meter


# -- stores


def test_every_store_and_every_effect_has_its_costs_once() -> None:
    assert TABLES.store_costs.keys() == set(Store)
    assert TABLES.effect_costs.keys() == set(Effect)


@pytest.mark.parametrize("kept", STORES)
def test_storing_costs_what_the_table_says(kept: Kept) -> None:
    get = kept.new()
    with metered() as meter:
        get()
    assert meter.queries == TABLES.store_costs[kept.store].at_store


@pytest.mark.parametrize("kept", STORES)
def test_a_hit_costs_what_the_table_says(kept: Kept) -> None:
    with _stored(kept) as (get, meter):
        get()
    assert meter.queries == TABLES.store_costs[kept.store].at_hit


@pytest.mark.parametrize("kept", STORES)
def test_storing_in_a_pickling_cache_stores_every_row_and_elsewhere_none(kept: Kept) -> None:
    get = kept.new()
    with metered() as meter:
        get()
    kept_rows = get()._result_cache
    if kept.store in ARE_STORED:
        assert (len(kept_rows), meter.limited) == (_total(), False)
    else:
        assert kept_rows is None


@pytest.mark.parametrize("kept", STORES)
def test_refining_is_a_query_each_time(kept: Kept) -> None:
    """None of the kept rows is used, even when they are there."""
    refining = TABLES.effect_costs[Effect.REFINES]
    with _stored(kept) as (get, meter):
        for times in (1, 2, 3):
            assert len(get().filter(kind="news")) > 0
            assert meter.queries == times * refining.lazy
        before = meter.queries + (0 if kept.store in ARE_STORED else 1)
        list(get())
        list(get().filter(kind="news"))
        assert meter.queries == before + refining.evaluated


@pytest.mark.parametrize("kept", STORES)
def test_refining_finds_new_rows_and_reading_does_not(kept: Kept) -> None:
    with _stored(kept) as (get, _):
        assert len(get()) == _total()
        _reports().filter(kind="news").first().delete()
        assert len(get()) == _total()
        assert len(get().all()) == _total() - 1


@pytest.mark.parametrize("kept", STORES)
def test_the_first_read_freezes_the_rows_for_all(kept: Kept) -> None:
    rows = TABLES.effect_costs[Effect.ROWS]
    with _stored(kept) as (get, meter):
        list(get())
        assert meter.queries == (rows.evaluated if kept.store in ARE_STORED else rows.lazy)
        list(get())
        assert meter.queries == (rows.evaluated if kept.store in ARE_STORED else rows.lazy) + rows.evaluated
        assert has_rows(get())


@pytest.mark.parametrize("kept", STORES)
def test_a_part_is_a_query_each_time_until_all_is_read(kept: Kept) -> None:
    part = TABLES.effect_costs[Effect.PART]
    price = part.evaluated if kept.store in ARE_STORED else part.lazy
    with _stored(kept) as (get, meter):
        get()[0]
        get()[0]
        assert meter.queries == 2 * price
        list(get())
        before = meter.queries
        get()[0]
        assert meter.queries == before + part.evaluated


def test_a_memo_flips_the_type_of_a_slice() -> None:
    from django.db.models import QuerySet

    get = _memo()
    assert isinstance(get()[:2], QuerySet)
    list(get())
    assert isinstance(get()[:2], list)


# -- effects, one plain example of each

EXAMPLES: dict[Effect, Callable[[Any], Any]] = {
    Effect.REFINES: lambda reports: list(reports.all()),
    Effect.REQUERIES: lambda reports: reports.last(),
    Effect.PART: lambda reports: reports.count(),
    Effect.ROWS: lambda reports: len(reports),
    Effect.WRITES: lambda reports: reports.update(body="Other"),
    Effect.RAISES: lambda reports: _refused(reports),
    Effect.NONE: lambda reports: reports.none(),
}


def _refused(reports: Any) -> None:
    with pytest.raises(ValueError, match="Negative indexing is not supported"):
        reports[-1]


@pytest.mark.parametrize("effect", Effect)
def test_an_effect_costs_what_the_table_says(effect: Effect) -> None:
    cost = TABLES.effect_costs[effect]
    unread, read = _reports(), _reports()
    list(read)
    with metered() as lazy:
        EXAMPLES[effect](unread)
    with metered() as evaluated:
        EXAMPLES[effect](read)
    assert (lazy.queries, evaluated.queries) == (cost.lazy, cost.evaluated)
    assert (has_rows(unread), has_rows(read)) == (cost.fills, not cost.drops)


@pytest.mark.parametrize("effect", Effect)
def test_queries_again_means_that_rows_do_not_help(effect: Effect) -> None:
    cost = TABLES.effect_costs[effect]
    is_read_only = effect is not Effect.WRITES
    assert effect.queries_again == (is_read_only and cost.evaluated > 0)


def test_costs_are_words_for_sentences() -> None:
    rows = (*TABLES.store_costs.values(), *TABLES.effect_costs.values())
    texts = [text for row in rows for text in msgspec.structs.astuple(row) if type(text) is str]
    assert len(texts) > len(rows)
    for text in filter(None, texts):
        assert text.lstrip(",; ")[0].islower()  # a further clause begins with what joins it
        assert text[-1].isalpha()


def _pages(base: Callable[[Any], Any], override: Callable[[Any], Any]) -> Any:
    """An object whose class overrides a cached property, and reads there what it overrides; `seen` has what it got."""

    class Page:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def reports(self) -> Any:
            return _reports()

    def reports(self: Any) -> Any:
        rows = super(Front, self).reports
        self.seen.append(rows)
        return list(rows.filter(kind="none"))

    class Front(Page):
        pass

    for owner, wrapped in ((Page, base(Page.reports)), (Front, override(reports))):
        setattr(owner, "reports", wrapped)  # noqa: B010
        if hasattr(wrapped, "__set_name__"):
            wrapped.__set_name__(owner, "reports")
    return Front()


OVERRIDES = [
    pytest.param(django_cached_property, django_cached_property, id="django-by-a-cached-one"),
    pytest.param(django_cached_property, property, id="django-by-a-plain-one"),
    pytest.param(cached_property, cached_property, id="python-by-a-cached-one"),
]


@pytest.mark.parametrize(("base", "override"), OVERRIDES)
def test_what_an_override_reads_by_super_is_not_kept(base: Any, override: Any) -> None:
    page = _pages(base, override)
    assert page.reports == page.reports
    assert all(value is not rows for value in vars(page).values() for rows in page.seen[:1])
