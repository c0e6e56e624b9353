"""When a clock in a filter is asked: the claims of QSC303."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import pytest

from tests.semantics.django_project import metered, prepare
from tests.semantics.operations.observe import rolled_back


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    prepare()
    with rolled_back():
        yield


class Clock:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> date:
        self.asked += 1
        return date(2020, 1, self.asked)


def _sent(queryset: Any) -> str:
    with metered() as meter:
        list(queryset.all())
    (statement,) = meter.statements
    return statement


def _parameters(queryset: Any) -> tuple[object, ...]:
    parameters: tuple[object, ...] = queryset.all().query.sql_with_params()[1]
    return parameters


def test_a_filter_of_a_body_asks_once() -> None:
    from tests.semantics.newsroom.models import Story

    clock = Clock()
    shared = Story.objects.filter(published__lte=clock())
    assert _parameters(shared) == _parameters(shared.filter()) == ("2020-01-01",)
    _sent(shared)
    assert clock.asked == 1


def test_a_memoized_filter_asks_once() -> None:
    from tests.semantics.newsroom.models import Story

    clock = Clock()
    stories = lru_cache(maxsize=None)(lambda: Story.objects.filter(published__lte=clock()))
    assert _parameters(stories()) == _parameters(stories()) == ("2020-01-01",)
    assert clock.asked == 1


def test_a_function_asks_each_time() -> None:
    from tests.semantics.newsroom.models import Story

    clock = Clock()

    def stories() -> Any:
        return Story.objects.filter(published__lte=clock())

    assert (_parameters(stories()), _parameters(stories())) == (("2020-01-01",), ("2020-01-02",))


def test_the_clock_of_the_database_is_asked_by_each_query() -> None:
    from django.db.models.functions import Now

    from tests.semantics.newsroom.models import Story

    shared = Story.objects.filter(published__lte=Now())
    assert "STRFTIME" in _sent(shared)
    assert "2020" not in str(_parameters(shared))


def test_limit_choices_to_calls_a_function() -> None:
    from django.db import models

    from tests.semantics.newsroom.models import Story

    clock = Clock()
    field = models.ForeignKey(Story, models.CASCADE, limit_choices_to=lambda: {"published__lte": clock()})
    assert (clock.asked, callable(field.remote_field.limit_choices_to)) == (0, True)
    assert (field.get_limit_choices_to(), field.get_limit_choices_to()) == (
        {"published__lte": date(2020, 1, 1)},
        {"published__lte": date(2020, 1, 2)},
    )
