"""QuerySets that memos keep themselves."""

from __future__ import annotations

import functools
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from django.utils.functional import cached_property

from qscache_lint.witness.runtime import memos
from qscache_lint.witness.runtime.foreign import querysets_in
from qscache_lint.witness.runtime.witness import Witness, witnessed
from tests.witness.recorded import ROOT, memoized, only_store, stories, told


@pytest.mark.parametrize(
    ("name", "decorate"),
    [
        ("functools.lru_cache", lambda function: functools.lru_cache(function)),
        ("functools.lru_cache", lambda function: functools.lru_cache(maxsize=3)(function)),
        ("functools.cache", lambda function: functools.cache(function)),
    ],
)
def test_memoized_functions(witness: Witness, name: str, decorate: Callable[[Any], Any]) -> None:
    memo = decorate(stories)
    assert memo() is memo() is memo()
    store = only_store(witness)
    assert (store.lifetime, store.store, store.times, store.hits) == ("memo", name, 1, 2)
    assert store.function is not None
    assert store.function == store.place
    assert store.function.function == "stories"


def test_a_memoizer_is_what_it_was(witness: Witness) -> None:
    memo = functools.lru_cache(maxsize=3)(stories)
    plain = functools.lru_cache(maxsize=3)(len)
    assert type(memo) is type(plain)
    assert memo.__wrapped__ is stories
    assert memo.__name__ == "stories"
    assert memo.cache_parameters() == {"maxsize": 3, "typed": False}
    memo.cache_clear()
    assert plain.__wrapped__ is len


class Plain:
    @functools.cached_property
    def rows(self) -> Any:
        return stories()


class OfDjango:
    def _rows(self) -> Any:
        return stories()

    rows: Any = cached_property(_rows)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Plain, "functools.cached_property"), (OfDjango, "django.utils.functional.cached_property")],
)
def test_cached_properties(witness: Witness, kind: Any, name: str) -> None:
    thing = kind()
    assert thing.rows is thing.rows
    store = only_store(witness)
    assert (store.lifetime, store.store, store.times) == ("scoped", name, 1)
    assert store.function is not None
    assert store.function.function == ("Plain.rows" if kind is Plain else "OfDjango._rows") or sys.version_info < (
        3,
        11,
    )
    thing.rows.filter(pk=1)
    assert told(witness) == [("refined", "filter", 0)]


def test_both_of_two_memos_have_the_uses(witness: Witness) -> None:
    @functools.cache
    def inner() -> Any:
        return stories()

    @functools.cache
    def outer() -> Any:
        return inner()

    outer().filter(pk=1)
    assert sorted(use.store for use in witness.recording().uses) == [1, 2]


def test_memoizers_that_are_gone_make_room(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memos, "MEMOS", 2)
    for _ in range(5):
        memoized()
    kept = functools.cache(stories)
    assert kept() is kept()
    (store,) = (store for store in witness.recording().stores if store.store == "functools.cache")
    assert store.hits == 1


def _row() -> Any:
    return stories().first()


@pytest.mark.parametrize(
    ("make", "querysets"),
    [
        pytest.param(lambda: (stories(), 3), 1, id="tuple"),
        pytest.param(lambda: {"new": stories(), "old": [stories()]}, 2, id="dict"),
        pytest.param(lambda: defaultdict(list, {"new": [_row(), stories()]}), 1, id="derived"),
        pytest.param(lambda: [_row(), {"count": 3}], 0, id="rows"),
    ],
)
def test_querysets_in_containers_are_kept(witness: Witness, make: Callable[[], Any], querysets: int) -> None:
    @functools.cache
    def kept() -> Any:
        return make()

    found = list(querysets_in(kept()))
    assert kept() is kept()
    assert len(found) == querysets
    for each in found:
        each.filter(pk=1)
    assert [(store.times, store.hits) for store in witness.recording().stores] == [(1, 2)][:querysets]
    assert sum(use.times for use in witness.recording().uses) == querysets


def test_containers_are_not_looked_through_without_an_end() -> None:
    cyclic: list[Any] = [None]
    cyclic[0] = cyclic
    assert not list(querysets_in(cyclic))
    assert not list(querysets_in([[[0] * 300] * 300] * 300))


def test_a_property_may_hold_querysets_in_a_container(witness: Witness) -> None:
    class Page:
        def _context(self) -> Any:
            return {"stories": stories()}

        context: Any = cached_property(_context)

    Page().context["stories"].filter(pk=1)
    assert told(witness) == [("refined", "filter", 0)]


def test_what_another_witness_has_marked_is_not_known(witness: Witness) -> None:
    value = memoized()
    witness.stop()
    with witnessed(ROOT) as later:
        assert len(value.filter(pk=1)) == 1
        assert (later.recording().stores, later.recording().uses) == ((), ())
        memo = functools.lru_cache(maxsize=None)(lambda: value)
        memo().filter(pk=1)
        assert [use.store for use in later.recording().uses] == [store.id for store in later.recording().stores] == [1]


def test_options_of_lru_cache_stay(witness: Witness) -> None:
    assert functools.lru_cache(stories, typed=True).cache_parameters() == {"maxsize": 128, "typed": True}


def test_nothing_stays_of_memoizers_that_are_gone(witness: Witness) -> None:
    before = len(witness._memos._memos)
    for _ in range(5):
        memoized()
    assert len(witness._memos._memos) == before
