"""A closure dict that is asked first; the KeyError is the miss."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def brook(func):
    bed = {}

    @wraps(func)
    def inner(*args):
        try:
            return bed[args]
        except KeyError:
            bed[args] = func(*args)
            return bed[args]

    return inner


@brook
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
