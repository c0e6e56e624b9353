"""Asks Django's cache whether the caller may, and keeps the answer, not the rows."""

from functools import wraps

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def allowed(name):
    return not name.startswith("_")


def checked(func):
    @wraps(func)
    def inner(*args):
        place = f"may:{func.__module__}"
        may = cache.get(place)
        if may is None:
            may = allowed(func.__name__)
            cache.set(place, may, 60)
        if not may:
            raise PermissionError(func.__name__)
        return func(*args)

    return inner


@checked
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
