"""The memoizer stands between two decorators that keep nothing."""

import time
from functools import wraps

from tests.semantics.newsroom.models import Story


def timed(func):
    @wraps(func)
    def inner(*args):
        start = time.perf_counter()
        try:
            return func(*args)
        finally:
            inner.seconds = time.perf_counter() - start

    return inner


def remembered(func):
    table = {}

    @wraps(func)
    def inner(*args):
        if args not in table:
            table[args] = func(*args)
        return table[args]

    return inner


@timed
@remembered
@timed
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
