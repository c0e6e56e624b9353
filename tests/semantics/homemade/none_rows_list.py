"""A true memoizer over Django's cache that keeps the rows as a sorted list."""

from functools import wraps
from operator import attrgetter

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def row_cache(func):
    @wraps(func)
    def inner(*args):
        place = f"{func.__module__}:{args}"
        value = cache.get(place)
        if value is None:
            value = sorted(func(*args), key=attrgetter("title"))
            cache.set(place, value, 60)
        return value

    return inner


@row_cache
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
