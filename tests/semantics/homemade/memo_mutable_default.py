"""The dict is a default argument of the wrapper."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def pocket(func):
    @wraps(func)
    def inner(*args, _pocket={}):
        if args in _pocket:
            return _pocket[args]
        _pocket[args] = found = func(*args)
        return found

    return inner


@pocket
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
