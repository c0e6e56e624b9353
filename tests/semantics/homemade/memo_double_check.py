"""Looked at twice, the second time under a lock."""

import threading
from functools import wraps

from tests.semantics.newsroom.models import Story


def guarded(func):
    lock = threading.Lock()
    table = {}

    @wraps(func)
    def inner(*args):
        if args not in table:
            with lock:
                if args not in table:
                    table[args] = func(*args)
        return table[args]

    return inner


@guarded
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
