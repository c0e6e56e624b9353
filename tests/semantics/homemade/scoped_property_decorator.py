"""A decorator that makes a property; AttributeError is the miss."""

from tests.semantics.newsroom.models import Story


def lazily(func):
    slot = "_lazy_" + func.__name__

    @property
    def inner(self):
        try:
            return getattr(self, slot)
        except AttributeError:
            value = func(self)
            setattr(self, slot, value)
            return value

    return inner


class Desk:
    @lazily
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
