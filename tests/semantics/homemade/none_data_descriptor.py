"""Stores in the instance, but __set__ makes it a data descriptor: it is asked again at each access."""

from tests.semantics.newsroom.models import Story


class read_only:
    def __init__(self, func):
        self.func = func

    def __get__(self, obj, owner=None):
        value = self.func(obj)
        obj.__dict__[self.func.__name__] = value
        return value

    def __set__(self, obj, value):
        raise AttributeError(self.func.__name__)


class Desk:
    @read_only
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
