"""Appends every result's name to a log and gives the result on."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def logged(func):
    lines = []

    @wraps(func)
    def inner(*args):
        value = func(*args)
        lines.append(f"{func.__name__}{args} gave a {type(value).__name__}")
        return value

    inner.lines = lines
    return inner


@logged
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
