"""A descriptor that keeps the value on the class, so that all instances share it."""

from tests.semantics.newsroom.models import Story


class shared:
    def __init__(self, func):
        self.func = func
        self.attribute = f"_shared_{func.__name__}"

    def __get__(self, obj, owner):
        if self.attribute not in owner.__dict__:
            setattr(owner, self.attribute, self.func(owner))
        return getattr(owner, self.attribute)


class Desk:
    @shared
    def rows(cls):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
