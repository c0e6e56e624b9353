"""A true memoizer that keeps the rows as a tuple."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def row_memo(func):
    table = {}

    @wraps(func)
    def inner(*args):
        if args not in table:
            table[args] = tuple(func(*args))
        return table[args]

    return inner


@row_memo
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
