"""What QSC105 claims of values that keep no rows: the second call, in a memo and in a pickling cache."""

from __future__ import annotations

import pickle
import sys
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

import pytest

from qscache_lint.knowledge.tables import load_knowledge
from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back


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


def _generated() -> Iterator[Any]:
    yield from _reports()


def _raw() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects.raw(f'select * from "{Report._meta.db_table}"')


def _related() -> Any:
    from tests.semantics.newsroom.models import Author

    author = Author.objects.first()
    assert author is not None
    return author.story_set


def _plain_manager() -> Any:
    from tests.semantics.newsroom.models import Report

    return Report.objects


def _manager_of_a_queryset_class() -> Any:
    from tests.semantics.newsroom.models import Story

    return Story.objects


GENERATORS: dict[str, Callable[[], Any]] = {
    "iterator()": lambda: _reports().iterator(),
    "generator expression": lambda: (each for each in _reports()),
    "generator function": _generated,
}
OF_PYTHON: dict[str, Callable[[], Any]] = {
    "map": lambda: map(str, _reports()),
    "filter": lambda: filter(None, _reports()),
    "zip": lambda: zip(_reports(), _reports(), strict=True),
    "iter": lambda: iter(_reports()),
    "reversed": lambda: reversed(_reports()),
    "enumerate": lambda: enumerate(_reports()),
}
OF_ITERTOOLS: dict[str, Callable[[], Any]] = {"chain": lambda: chain(_reports(), _reports())}
ITERATORS = {**GENERATORS, **OF_PYTHON, **OF_ITERTOOLS}
MANAGERS = [_plain_manager, _manager_of_a_queryset_class, _related]


@pytest.mark.parametrize("name", ITERATORS)
def test_the_first_reader_of_a_memo_uses_an_iterator_up(name: str) -> None:
    memo = lru_cache(maxsize=None)(ITERATORS[name])
    assert len(list(memo())) >= 3
    assert list(memo()) == []


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_is_no_pickle(name: str) -> None:
    from django.core.cache import cache

    with pytest.raises(TypeError):
        cache.set("reports", GENERATORS[name]())


@pytest.mark.parametrize("name", OF_PYTHON)
def test_what_python_makes_is_pickled_with_its_rows(name: str) -> None:
    from django.core.cache import cache

    cache.set("reports", OF_PYTHON[name]())
    with metered() as statistics:
        assert len(list(cache.get("reports"))) == len(list(cache.get("reports"))) >= 3
    assert statistics.queries == 0


def test_a_lambda_is_no_pickle() -> None:
    from django.core.cache import cache

    with pytest.raises((AttributeError, pickle.PicklingError)):
        cache.set("reports", filter(lambda each: each.pk, _reports()))


@pytest.mark.parametrize("name", OF_ITERTOOLS)
def test_itertools_are_pickled_until_python_3_14(name: str) -> None:
    value = OF_ITERTOOLS[name]()
    if sys.version_info >= (3, 14):
        with pytest.raises(TypeError):
            pickle.dumps(value)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert len(list(pickle.loads(pickle.dumps(value)))) >= 3


def test_a_raw_query_is_pickled_without_rows() -> None:
    from django.core.cache import cache

    with metered() as at_store:
        cache.set("reports", _raw())
    with metered() as at_hits:
        assert len(list(cache.get("reports"))) == len(list(cache.get("reports"))) >= 3
    assert (at_store.queries, at_hits.queries) == (0, 2)


def test_a_memo_of_a_raw_query_keeps_the_rows_of_its_first_reader() -> None:
    memo = lru_cache(maxsize=None)(_raw)
    with metered() as at_store:
        memo()
    with metered() as later:
        assert len(list(memo())) == len(list(memo())) >= 3
    assert (at_store.queries, later.queries) == (0, 1)


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_memo_of_a_manager_saves_nothing(manager: Callable[[], Any]) -> None:
    memo = lru_cache(maxsize=None)(manager)
    memo()
    with metered() as statistics:
        for _ in range(2):
            assert list(memo().all()) is not None
    assert statistics.queries == 2


def test_a_plain_manager_is_pickled_by_its_class() -> None:
    again = pickle.loads(pickle.dumps(_plain_manager()))
    with metered() as statistics:
        assert again.count() == again.count() >= 3
    assert statistics.queries == 2


@pytest.mark.parametrize("manager", [_manager_of_a_queryset_class, _related])
def test_other_managers_are_no_pickle(manager: Callable[[], Any]) -> None:
    from django.core.cache import cache

    with pytest.raises((AttributeError, pickle.PicklingError)):
        cache.set("reports", manager())


def test_the_table_knows_which_method_gives_an_iterator() -> None:
    once = {name: row.once for name, row in load_knowledge().operations.items() if row.once}
    assert once == {"iterator": "for", "aiterator": "async for"}
    assert isinstance(_reports().iterator(), Iterator)
    assert isinstance(_reports().aiterator(), AsyncIterator)


def test_an_asynchronous_iterator_is_no_pickle() -> None:
    for made in (_reports().aiterator(), (each async for each in _reports())):
        with pytest.raises(TypeError):
            pickle.dumps(made)
