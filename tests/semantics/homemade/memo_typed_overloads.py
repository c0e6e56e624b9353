"""A typed decorator with an option: overloads first, and a ParamSpec in the wrapper."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, overload

from django.db.models import QuerySet

from tests.semantics.newsroom.models import Story

P = ParamSpec("P")
R = TypeVar("R")


@overload
def kept(func: Callable[P, R]) -> Callable[P, R]: ...


@overload
def kept(*, size: int = 8) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def kept(func: Callable[P, R] | None = None, *, size: int = 8) -> Any:
    def decorate(target: Callable[P, R]) -> Callable[P, R]:
        answers: dict[Any, R] = {}

        @wraps(target)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            place = (args, tuple(sorted(kwargs.items())))
            if place not in answers:
                if len(answers) >= size:
                    answers.clear()
                answers[place] = target(*args, **kwargs)
            return answers[place]

        return inner

    return decorate(func) if func is not None else decorate


@kept(size=2)
def rows() -> QuerySet[Story]:
    return Story.objects.filter(pk__gt=0)


def call() -> QuerySet[Story]:
    return rows()
