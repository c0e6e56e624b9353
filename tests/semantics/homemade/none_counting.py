"""Counts the calls in an attribute of the wrapper."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def counting(func):
    @wraps(func)
    def inner(*args):
        if not hasattr(inner, "calls"):
            inner.calls = 0
        inner.calls += 1
        return func(*args)

    return inner


@counting
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
