"""A coroutine wrapper over aget and aset."""

from functools import wraps

from asgiref.sync import async_to_sync
from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def kept(func):
    @wraps(func)
    async def inner(*args):
        place = f"{func.__module__}.{func.__qualname__}:{args!r}"
        value = await cache.aget(place)
        if value is None:
            value = await func(*args)
            await cache.aset(place, value, 60)
        return value

    return inner


@kept
async def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return async_to_sync(rows)()
