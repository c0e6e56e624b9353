"""The value is an attribute of the wrapper."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def single(func):
    @wraps(func)
    def inner():
        if not hasattr(inner, "value"):
            inner.value = func()
        return inner.value

    return inner


@single
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
