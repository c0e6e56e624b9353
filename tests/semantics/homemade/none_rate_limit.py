"""Django's cache holds the number of calls of this minute."""

from functools import wraps

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def at_most(limit):
    def outer(func):
        @wraps(func)
        def inner(*args):
            place = f"rate:{func.__module__}"
            seen = cache.get(place, 0)
            if seen >= limit:
                raise RuntimeError("too many calls")
            cache.set(place, seen + 1, 60)
            return func(*args)

        return inner

    return outer


@at_most(100)
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
