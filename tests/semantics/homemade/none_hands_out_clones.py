"""Keeps the lazy object for itself and hands out a clone of it each time."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def template(func):
    kept = {}

    @wraps(func)
    def inner(*args):
        if args not in kept:
            kept[args] = func(*args)
        return kept[args].all()

    return inner


@template
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
