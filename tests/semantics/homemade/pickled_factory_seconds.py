"""A factory with one argument; the wrapper asks Django's cache with a sentinel."""

from functools import wraps

from django.core.cache import cache

from tests.semantics.newsroom.models import Story

ABSENT = object()


def lasting(seconds):
    def outer(func):
        @wraps(func)
        def inner(*args):
            place = f"{func.__module__}.{func.__qualname__}/{args!r}"
            held = cache.get(place, ABSENT)
            if held is ABSENT:
                held = func(*args)
                cache.set(place, held, seconds)
            return held

        return inner

    return outer


@lasting(90)
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
