"""Django's cache holds a tuple of a version and the value."""

from functools import wraps

from django.core.cache import cache

from tests.semantics.newsroom.models import Story

VERSION = 3


def versioned(func):
    @wraps(func)
    def inner():
        entry = cache.get(func.__module__)
        if entry is not None and entry[0] == VERSION:
            return entry[1]
        value = func()
        cache.set(func.__module__, (VERSION, value), 60)
        return value

    return inner


@versioned
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
