"""The optional-argument decorator with an inner decorator function, used with its option."""

from functools import wraps

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def shelved(fn=None, *, ttl=60):
    def decorate(target):
        @wraps(target)
        def reader(*args):
            slot = f"{target.__module__}.{target.__name__}:{args}"
            answer = cache.get(slot)
            if answer is None:
                answer = target(*args)
                cache.set(slot, answer, ttl)
            return answer

        return reader

    return decorate if fn is None else decorate(fn)


@shelved(ttl=5)
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
