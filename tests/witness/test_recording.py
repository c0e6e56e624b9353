"""What is recorded of cached QuerySets, where, and what it costs; what others see of the witness."""

from __future__ import annotations

import copy
import functools
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import django
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Exists, Prefetch, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.template import Context, Template
from django.utils.functional import SimpleLazyObject, cached_property

from qscache_lint.witness.merging import merged
from qscache_lint.witness.records import RecordedStore, RecordedUse
from qscache_lint.witness.runtime import memos
from qscache_lint.witness.runtime import witness as runtime
from qscache_lint.witness.runtime.marks import MARK
from qscache_lint.witness.runtime.querysets import OPERATORS, SEAMS, QuerySets
from qscache_lint.witness.runtime.witness import Witness, witnessed
from tests.semantics.django_project import metered, prepare
from tests.witness.projects import unexpected

ROOT = Path(__file__).parents[1]
HERE = "witness/test_recording.py"


@pytest.fixture(autouse=True, scope="module")
def _database() -> None:
    prepare()


@pytest.fixture
def witness() -> Iterator[Witness]:
    with witnessed(ROOT) as witness:
        yield witness
    cache.clear()


def stories() -> Any:
    from tests.semantics.newsroom.models import Story

    return Story.objects.order_by("pk")


def memoized() -> Any:
    """A QuerySet that a memo keeps."""
    return functools.lru_cache(maxsize=None)(stories)()


def pickled() -> Any:
    """One that Django's cache hands out."""
    cache.set("stories", stories())
    return cache.get("stories")


def told(witness: Witness) -> list[tuple[str, str, int]]:
    """Effect, operation and queries of all uses."""
    assert unexpected(witness.recording()) == []
    return [(use.effect, use.operation, use.queries) for use in witness.recording().uses]


def only_store(witness: Witness) -> RecordedStore:
    (store,) = witness.recording().stores
    return store


def only_use(witness: Witness) -> RecordedUse:
    (use,) = witness.recording().uses
    return use


# -- stores


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
    from io import BytesIO

    pickle.Pickler(BytesIO()).dump(stories())
    store = only_store(witness)
    assert (store.times, store.bytes, store.rows) == (1, 0, stories().count())


def remember(function: Callable[[], Any]) -> Callable[[], Any]:
    def wrapper() -> Any:
        value = cache.get(function.__name__)
        if value is None:
            value = function()
            cache.set(function.__name__, value)
        return value

    return wrapper


def remember_by_key(function: Callable[[], Any]) -> Callable[[], Any]:
    def key() -> str:
        return function.__name__

    def wrapper() -> Any:
        return cache.get_or_set(key(), function)

    return wrapper


class Remember:
    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def __call__(self) -> Any:
        return cache.get_or_set("stories", self.function)


@pytest.mark.parametrize("memoizer", [remember, Remember])
def test_the_function_that_a_wrapper_has_at_hand_is_told(witness: Witness, memoizer: Any) -> None:
    memoizer(stories)()
    store = only_store(witness)
    assert store.function is not None
    assert (store.function.function, store.function.row) == ("stories", stories.__code__.co_firstlineno)
    assert store.function.row == store.function.end_row
    assert store.via[0].function == "test_the_function_that_a_wrapper_has_at_hand_is_told"


def remember_by_compute(function: Callable[..., Any]) -> Callable[[], Any]:
    def compute() -> Any:
        return function()

    def wrapper() -> Any:
        name = function.__name__
        return cache.get_or_set(name, compute, timeout=60)

    return wrapper


def test_what_a_memoizer_defines_itself_is_not_the_function(witness: Witness) -> None:
    remember_by_compute(stories)()
    function = only_store(witness).function
    told = None if function is None else function.function
    assert told == ("stories" if sys.version_info >= (3, 11) else None)  # before, code has no qualified name


def remember_by_lambda(function: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: cache.get_or_set("stories", lambda: function())


def remember_with_time(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper(*args: Any, on_error: Any = print, make_key: Any = _key) -> Any:
        if (value := cache.get(make_key())) is None:
            try:
                value = function(*args)
            except OSError:
                on_error()
                raise
            cache.set(make_key(), (value, 1), timeout=60)
        return value

    return wrapper


NOTHING = "nothing"


def remember_nothing(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper() -> Any:
        value = function()
        if value is None:
            value = NOTHING
        cache.set("stories", value if value else None)
        return value

    return wrapper


def remember_awaiting(function: Callable[..., Any]) -> Callable[[], Any]:
    async def wrapper() -> Any:
        value = await sync_to_async(function)()
        await cache.aset("stories", value)
        return value

    return async_to_sync(wrapper)


def _key() -> str:
    return "stories"


@pytest.mark.parametrize(
    "memoizer", [remember_by_key, remember_by_lambda, remember_with_time, remember_nothing, remember_awaiting]
)
def test_the_function_is_told_whose_result_is_stored(witness: Witness, memoizer: Any) -> None:
    memoizer(stories)()
    function = only_store(witness).function
    assert function is not None
    assert function.function == "stories"


def called_afterwards(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper() -> Any:
        menu = cache.get("menu")
        if menu is None:
            menu = stories().reverse()
            cache.set("menu", menu)
        return function()

    return wrapper


def called_on_error(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper() -> None:
        rows = stories()
        try:
            cache.set("rows", rows)
        except OSError:
            function()

    return wrapper


def called_for_the_key(function: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: cache.set("rows" if function() else "none", stories())


def called_in_a_branch(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper(is_other: bool = True) -> None:
        rows = stories()
        if not is_other:
            rows = function()
        cache.set("rows", rows)

    return wrapper


def called_by_another(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper(made: Any = lambda function: stories) -> None:
        cache.set("rows", made(function)())

    return wrapper


def called_in_one_case(function: Callable[..., Any]) -> Callable[[], Any]:
    def wrapper(is_other: bool = True) -> None:
        rows = stories()
        cache.set("rows", rows if is_other else function())

    return wrapper


def called_for_the_query(function: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: cache.set("rows", stories().filter(pk__in=function()))


@pytest.mark.parametrize(
    "code",
    [
        called_afterwards,
        called_on_error,
        called_for_the_key,
        called_in_a_branch,
        called_by_another,
        called_in_one_case,
        called_for_the_query,
    ],
)
def test_a_function_whose_result_is_not_stored_is_not_told(witness: Witness, code: Any) -> None:
    code(stories)()
    assert [store.function for store in witness.recording().stores if store.store == "django cache"] == [None]


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


def test_functions_of_one_wrapper_are_told_apart(witness: Witness) -> None:
    def others() -> Any:
        return stories().reverse()

    remember(stories)()
    remember(others)()
    assert len(witness.recording().stores) == 2


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


# -- memos


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


# -- uses


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


# -- what others see


def test_everything_is_put_back() -> None:
    def replaced() -> list[Any]:
        names = [*(seam.name for seam in SEAMS), *OPERATORS, "_combinator_query", "__getstate__", "__setstate__"]
        return [
            *(vars(QuerySet)[name] for name in names),
            *(pickle.dumps, pickle.loads, functools.lru_cache, functools.cache),
            *(Subquery.__init__, Prefetch.__init__),
            *(functools.cached_property.__get__, cached_property.__get__),
            sys.monitoring.get_tool(4) if sys.version_info >= (3, 12) else None,
        ]

    before = replaced()
    with witnessed(ROOT):
        during = replaced()
    assert all(one is not other for one, other in zip(before[:-1], during[:-1], strict=True))
    assert all(one is other for one, other in zip(before, replaced(), strict=True))


def test_what_others_have_replaced_since_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    with witnessed(ROOT) as witness:
        monkeypatch.setattr(pickle, "dumps", pickle.dumps)
        theirs = functools.wraps(pickle.dumps)(lambda *args: pickle.dumps(*args))
        monkeypatch.setattr(pickle, "dumps", theirs)
    assert pickle.dumps is theirs
    assert any("pickle.dumps" in sentence for sentence in witness.recording().incomplete)


def test_a_queryset_is_unmarked_in_pickles_and_deep_copies(witness: Witness) -> None:
    value = memoized()
    witness.stop()
    assert pickle.loads(pickle.dumps(value))._qscache_witness is None
    assert copy.deepcopy(value)._qscache_witness is None
    assert b"qscache_lint" not in pickle.dumps(value)


class View:
    def __init__(self, user: Any) -> None:
        self.user = user

    def get(self) -> Any:
        return pickled().filter(pk=1).first()


def _page_of(user: Any) -> Any:
    return View(user).get(), pickled().first()


def _of_closure(user: Any) -> Any:
    return (lambda: (pickled().first(), user is None))()


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda lazy: View(lazy).get(), id="attribute"),
        pytest.param(_page_of, id="argument"),
        pytest.param(_of_closure, id="closure"),
        pytest.param(lambda lazy: functools.cache(lambda: lazy)(), id="memoized"),
        pytest.param(lambda lazy: View(lazy).user, id="read"),
        pytest.param(lambda lazy: Prefetch("story_set", queryset=lazy), id="taken"),
    ],
)
def test_lazy_objects_stay_lazy(witness: Witness, use: Callable[[Any], Any]) -> None:
    def times() -> int:
        load = Mock(side_effect=lambda: stories().first())
        use(SimpleLazyObject(load))
        return load.call_count

    during = times()
    witness.stop()
    assert during == times()
    assert unexpected(witness.recording()) == []


class Big:
    """What is large, and has to go as soon as nothing needs it."""


def _holds_and_lets_go(function: Any) -> bool:
    big = Big()
    is_there = weakref.ref(big)
    value = pickled()
    list(value.filter(pk=1)), value.first(), function
    del big
    return is_there() is None


def _sees_its_variables(function: Any) -> Any:
    before = locals()
    cache.set("stories", stories())
    return "later" in before, before["function"]


def test_variables_of_the_project_are_not_kept_alive(witness: Witness) -> None:
    assert _holds_and_lets_go(stories)


def test_what_locals_gave_stays(witness: Witness) -> None:
    assert _sees_its_variables(stories) == (False, stories)


def test_methods_keep_what_django_asks_of_them(witness: Witness) -> None:
    assert QuerySet.delete.alters_data
    assert QuerySet.delete.queryset_only
    assert QuerySet.update.alters_data


def test_memos_and_marks_work_when_the_witness_is_gone(witness: Witness) -> None:
    memo = functools.cache(stories)
    value = memo()
    witness.stop()
    memo.cache_clear()
    assert [story.pk for story in memo().filter(pk=1)] == [story.pk for story in value.filter(pk=1)] == [1]


def test_a_mistake_is_a_sentence_and_no_error(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("the data of a row")

    value = memoized()
    monkeypatch.setattr(QuerySets, "_uses", fail)
    assert len(value.filter(pk=1)) == 1
    (sentence,) = unexpected(witness.recording())
    assert "ZeroDivisionError at test_recording.py:" in sentence
    assert "the data of a row" not in sentence


def test_the_project_s_errors_are_its_own(witness: Witness) -> None:
    with pytest.raises(django.core.exceptions.FieldError):
        memoized().filter(nonsense=1)
    assert told(witness)[0][:2] == ("refined", "filter")


def test_an_unknown_django_is_told_and_its_private_methods_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "KNOWN_VERSIONS", ((1, 0), (1, 11)))
    before = QuerySet._clone
    with witnessed(ROOT) as witness:
        assert QuerySet._clone is before
        memoized().count()
    recording = witness.recording()
    assert [use.operation for use in recording.uses] == ["count"]
    assert "is not known to this version of qscache-lint" in unexpected(recording)[0]


def test_nothing_stays_on_the_connection(witness: Witness) -> None:
    before = list(connection.execute_wrappers)
    assert memoized().filter(pk=1).first() is not None
    assert connection.execute_wrappers == before


def test_no_data_is_written(witness: Witness) -> None:
    from qscache_lint.witness.records import encode

    cache.set("a secret key", stories().filter(title="a secret title"))
    list(cache.get("a secret key").filter(body="a secret body"))
    assert b"secret" not in encode(witness.recording())
