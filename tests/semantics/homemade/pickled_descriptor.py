"""A descriptor that keeps the value of a property in Django's cache."""

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


class shared_property:
    def __init__(self, func):
        self.func = func
        self.place = f"{func.__module__}.{func.__qualname__}"

    def __get__(self, obj, owner=None):
        if obj is None:
            return self
        value = cache.get(self.place)
        if value is None:
            value = self.func(obj)
            cache.set(self.place, value)
        return value


class Desk:
    @shared_property
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
