"""The function whose result a memoizer stores, as its code says it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.cache import cache

from qscache_lint.witness.runtime.witness import Witness
from tests.witness.recorded import only_store, stories


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


def test_functions_of_one_wrapper_are_told_apart(witness: Witness) -> None:
    def others() -> Any:
        return stories().reverse()

    remember(stories)()
    remember(others)()
    assert len(witness.recording().stores) == 2
