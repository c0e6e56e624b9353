"""A WeakKeyDictionary of the closure: the entry goes when the instance goes."""

from functools import wraps
from weakref import WeakKeyDictionary

from tests.semantics.newsroom.models import Story


def while_alive(func):
    values = WeakKeyDictionary()

    @wraps(func)
    def inner(self):
        if self not in values:
            values[self] = func(self)
        return values[self]

    return inner


class Desk:
    @while_alive
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows()
