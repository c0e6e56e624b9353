"""A descriptor without a test: what it stores in the instance hides it from then on."""

from tests.semantics.newsroom.models import Story


class reified:
    def __init__(self, func):
        self.func = func

    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        value = self.func(obj)
        obj.__dict__[self.func.__name__] = value
        return value


class Desk:
    @reified
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
