"""The dict holds small objects that hold the value."""

from dataclasses import dataclass
from functools import wraps

from tests.semantics.newsroom.models import Story


@dataclass
class Entry:
    value: object
    hits: int = 0


def counted_entries(func):
    entries = {}

    @wraps(func)
    def inner(*args):
        if args not in entries:
            entries[args] = Entry(func(*args))
        entry = entries[args]
        entry.hits += 1
        return entry.value

    return inner


@counted_entries
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
