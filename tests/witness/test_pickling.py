"""QuerySets that go into pickles and come out of them: where, how often, and what that comes to."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from hashlib import md5
from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.db.models import QuerySet

from qscache_lint.witness.merging import merged
from qscache_lint.witness.runtime.marks import MARK
from qscache_lint.witness.runtime.witness import Witness, witnessed
from tests.semantics.django_project import metered
from tests.witness.projects import unexpected
from tests.witness.recorded import ROOT, only_store, pickled, stories

HERE = "witness/test_pickling.py"


def test_what_goes_into_the_cache_is_counted(witness: Witness) -> None:
    with metered() as meter:
        cache.set("stories", stories())
    store, count = only_store(witness), stories().count()
    assert (store.lifetime, store.store) == ("pickled", "django cache")
    assert (store.times, store.rows, store.most_rows, store.queries) == (1, count, count, meter.queries)
    assert store.bytes == store.most_bytes > 0
    assert store.milliseconds > 0
    assert store.place is not None
    assert (store.place.path, store.place.function) == (HERE, "test_what_goes_into_the_cache_is_counted")


def test_what_comes_out_is_counted_with_its_store(witness: Witness) -> None:
    cache.set("stories", stories())
    size = only_store(witness).bytes
    count = len([cache.get("stories"), cache.get("stories")][0])
    store = only_store(witness)
    assert (store.times, store.hits, store.hit_rows, store.hit_bytes) == (1, 2, 2 * count, 2 * size)


async def _set(cache: Any) -> None:
    await cache.aset("key", stories())


@pytest.mark.parametrize("backend", ["default", "file", "database"])
@pytest.mark.parametrize(
    "store",
    [
        pytest.param(lambda cache: cache.set("key", stories()), id="set"),
        pytest.param(lambda cache: cache.add("key", stories()), id="add"),
        pytest.param(lambda cache: cache.set_many({"key": stories()}), id="set_many"),
        pytest.param(lambda cache: cache.get_or_set("key", stories), id="get_or_set"),
        pytest.param(lambda cache: async_to_sync(_set)(cache), id="aset"),
    ],
)
def test_each_way_into_each_cache(witness: Witness, backend: str, store: Callable[[Any], Any]) -> None:
    caches[backend].clear()
    store(caches[backend])
    seen = only_store(witness)
    assert (seen.keeper, seen.times, seen.queries) == ("django cache", 1, 1)
    assert seen.place is not None
    caches[backend].clear()


def test_nothing_is_stored_by_a_dummy(witness: Witness) -> None:
    caches["dummy"].set("key", stories())
    assert witness.recording().stores == ()


def test_a_pickle_of_several_is_counted_once(witness: Witness) -> None:
    cache.set("both", {"first": stories(), "second": [stories()]})
    store = only_store(witness)
    assert (store.times, store.queries, store.rows) == (1, 2, 2 * stories().count())


def test_other_pickles_go_by_the_name_of_what_makes_them(witness: Witness) -> None:
    pickle.dumps(stories())
    assert only_store(witness).store == "pickle.dumps"


def _of_a_library(text: str) -> Any:
    """The function `keep` of a text that stands in no file of the project."""
    namespace: dict[str, Any] = {"__name__": "shelves", "cache": cache}
    exec(compile(text, "/elsewhere/shelves.py", "exec"), namespace)
    return namespace["keep"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def keep(rows):\n    cache.set('key', rows)\n", id="set"),
        pytest.param("def keep(rows):\n    cache.get_or_set('key', lambda: rows)\n", id="get_or_set"),
    ],
)
def test_what_a_library_puts_into_the_cache_goes_by_its_name(witness: Witness, text: str) -> None:
    _of_a_library(text)(stories())
    store = only_store(witness)
    assert (store.store, store.by, store.keeper) == ("django cache", "shelves.keep", "django cache, by shelves.keep()")
    assert store.place is not None
    assert store.place.function == "test_what_a_library_puts_into_the_cache_goes_by_its_name"


def test_a_pickle_that_fails_is_not_counted(witness: Witness) -> None:
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pickle.dumps([stories(), lambda: None])
    assert witness.recording().stores == ()


def test_a_pickle_made_in_pieces_has_no_size(witness: Witness) -> None:
    pickle.Pickler(BytesIO()).dump(stories())
    store = only_store(witness)
    assert (store.times, store.bytes, store.rows) == (1, 0, stories().count())


class Stateful(QuerySet[Any]):
    def __getstate__(self) -> Any:
        return super().__getstate__()

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)


def test_a_copy_is_no_pickle(witness: Witness) -> None:
    made = Stateful(stories().model)
    assert len(copy.copy(made)) == len(made)
    assert witness.recording().stores == ()
    pickle.loads(pickle.dumps(made))
    assert (only_store(witness).times, only_store(witness).hits) == (1, 1)


def test_a_hit_of_what_others_stored_has_no_place(witness: Witness) -> None:
    witness.stop()
    data = pickle.dumps(stories())
    witness.start()
    pickle.loads(data)
    store = only_store(witness)
    assert (store.place, store.times, store.hits) == (None, 0, 1)


def test_a_hit_of_another_process_finds_its_store(witness: Witness) -> None:
    cache.set("stories", stories())
    first = witness.recording()
    witness.stop()
    with witnessed(ROOT) as other:
        cache.get("stories").filter(pk=1)
        second = other.recording()
    assert [(store.place, store.times, store.hits) for store in second.stores] == [(None, 0, 1)]
    both = merged([second, first])
    (store,) = both.stores
    assert (store.place, store.via, store.times, store.hits) == (first.stores[0].place, first.stores[0].via, 1, 1)
    assert [use.store for use in both.uses] == [store.id]


def test_a_pickle_read_again_in_the_process_finds_its_store(witness: Witness) -> None:
    pickle.loads(pickle.dumps(stories()))
    store = only_store(witness)
    assert (store.times, store.hits) == (1, 1)


def _cached_size(value: Any) -> int:
    cache.set("stories", value)
    return len(caches["default"]._cache[cache.make_key("stories")])


@pytest.mark.parametrize(
    "make",
    [lambda: stories(), lambda: [stories(), stories()], lambda: {"some": stories()[:2]}],
    ids=["one", "two", "inside"],
)
def test_bytes_are_those_without_the_witness(witness: Witness, make: Any) -> None:
    assert _cached_size(make()) > only_store(witness).bytes
    cache.get("stories")
    store = only_store(witness)
    witness.stop()
    assert store.bytes == store.hit_bytes == _cached_size(make())


def _pickled_by(call: Any, value: Any) -> Any:
    return call(value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_which_code_makes_keys_are_what_they_are_without_the_witness(
    witness: Witness, protocol: int
) -> None:
    read, cached = stories(), pickled()
    len(read)
    found = [
        pickle.dumps(read, protocol),
        _pickled_by(lambda value: pickle.dumps(value, protocol), read),
        pickle.dumps(cached, protocol),
    ]
    witness.stop()
    fresh = stories()
    len(fresh)
    assert found[:2] == [pickle.dumps(fresh, protocol)] * 2
    assert MARK.encode() not in found[2]


class KeyedByPickle(LocMemCache):
    def make_key(self, key: Any, version: int | None = None) -> str:
        return md5(pickle.dumps(key)).hexdigest()

    def validate_key(self, key: str) -> None:
        pass


def test_keys_of_a_backend_are_what_they_are_without_the_witness(witness: Witness) -> None:
    keyed = KeyedByPickle("keyed", {})
    keyed.set(stories(), stories())
    assert len(keyed.get(stories())) == stories().count()
    assert keyed.make_key(stories()) in keyed._cache
    assert [store.times for store in witness.recording().stores if store.store == "django cache"] == [1]


def test_methods_of_the_queryset_itself_are_no_place(witness: Witness) -> None:
    cache.set("stories", Stateful(stories().model))
    handed, store = vars(cache.get("stories"))[MARK].handed, only_store(witness)
    assert store.place is not None
    assert store.store == "django cache"
    assert store.place.function == handed[0].function == "test_methods_of_the_queryset_itself_are_no_place"


class CountingCache(LocMemCache):
    """A backend of the project's own."""

    def __init__(self) -> None:
        super().__init__("counting", {})
        self.counted: list[str] = []
        self.clear()

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        self.counted.append(key)
        super().set(key, *args, **kwargs)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        for key, value in data.items():
            self.set(key, value)
        return []

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        self.counted.append(key)
        return super().get(key, *args, **kwargs)


@pytest.mark.parametrize("way", ["set", "set_many", "get_or_set"])
def test_a_backend_of_the_project_is_no_place(witness: Witness, way: str) -> None:
    counting = CountingCache()
    arguments = ({"key": stories()},) if way == "set_many" else ("key", stories())
    getattr(counting, way)(*arguments)
    handed, store = vars(counting.get("key"))[MARK].handed, only_store(witness)
    assert store.place is not None
    assert (store.store, store.by, store.hits > 0) == ("django cache", "", True)
    assert store.place.function == handed[0].function == "test_a_backend_of_the_project_is_no_place"


def test_what_is_computed_inside_of_a_backend_has_its_own_place(witness: Witness) -> None:
    def computed() -> int:
        CountingCache().set("inner", stories())
        return 1

    CountingCache().get_or_set("outer", computed)
    place = only_store(witness).place
    assert place is not None
    assert place.function.rpartition(".")[2] == "computed"


class Pruned(QuerySet[Any]):
    """Is pickled without its rows."""

    def _fetch_all(self) -> None:
        if self.query.where:
            super()._fetch_all()


def test_a_queryset_may_have_no_rows_when_it_is_pickled(witness: Witness) -> None:
    assert pickle.loads(pickle.dumps(Pruned(stories().model)))._result_cache is None
    assert unexpected(witness.recording()) == []
    assert (only_store(witness).times, only_store(witness).rows) == (1, 0)


def test_what_is_replaced_is_pickled_by_its_name(witness: Witness) -> None:
    for function in (pickle.dumps, pickle.loads, functools.lru_cache, functools.cache, QuerySet.count):
        assert pickle.loads(pickle.dumps(function)) is function
