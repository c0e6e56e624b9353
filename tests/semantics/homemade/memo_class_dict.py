"""A class decorator: its dict is in the class body, its instance is configured."""

from functools import wraps

from tests.semantics.newsroom.models import Story


class Ledger:
    entries = {}

    def __init__(self, prefix):
        self.prefix = prefix

    def __call__(self, func):
        @wraps(func)
        def inner(*args):
            place = (self.prefix, func.__name__, args)
            if place not in self.entries:
                self.entries[place] = func(*args)
            return self.entries[place]

        return inner


@Ledger("stories")
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
