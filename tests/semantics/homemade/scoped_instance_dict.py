"""A method decorator whose dict is made on each instance, with the arguments in the key."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def own_table(func):
    @wraps(func)
    def inner(self, *args):
        table = self.__dict__.setdefault("_table", {})
        place = (func.__name__, args)
        if place not in table:
            table[place] = func(self, *args)
        return table[place]

    return inner


class Desk:
    @own_table
    def rows(self):
        return Story.objects.filter(pk__gt=0)


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows()
