"""A decorator that may be used with and without its one option."""

import functools

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def shelved(fn=None, *, ttl=60):
    if fn is None:
        return functools.partial(shelved, ttl=ttl)

    @functools.wraps(fn)
    def reader(*args, **kwargs):
        slot = "|".join([fn.__module__, fn.__name__, repr(args), repr(sorted(kwargs))])
        answer = cache.get(slot)
        if answer is not None:
            return answer
        answer = fn(*args, **kwargs)
        cache.set(slot, answer, timeout=ttl)
        return answer

    return reader


@shelved
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
