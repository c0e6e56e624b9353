"""The wrapper hands a partial of the function to get_or_set."""

from functools import partial, wraps

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def briefly(func):
    @wraps(func)
    def inner(*args):
        return cache.get_or_set(f"{func.__module__}:{args}", partial(func, *args), 30)

    return inner


@briefly
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
