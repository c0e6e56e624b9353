"""A dict of pairs: until when the value is good, and the value."""

import time
from functools import wraps

from tests.semantics.newsroom.models import Story


def good_for(seconds):
    def outer(func):
        entries = {}

        @wraps(func)
        def inner(*args):
            entry = entries.get(args)
            if entry is not None and entry[0] > time.monotonic():
                return entry[1]
            value = func(*args)
            entries[args] = (time.monotonic() + seconds, value)
            return value

        return inner

    return outer


@good_for(600)
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
