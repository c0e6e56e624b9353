"""A method decorator: hasattr, setattr and getattr on self."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def on_self(func):
    slot = f"_{func.__name__}_kept"

    @wraps(func)
    def inner(self):
        if not hasattr(self, slot):
            setattr(self, slot, func(self))
        return getattr(self, slot)

    return inner


class Desk:
    @on_self
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows()
