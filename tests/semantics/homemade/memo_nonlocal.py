"""Two variables of the closure: whether it was called, and what it gave."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def run_once(func):
    done = False
    value = None

    @wraps(func)
    def inner():
        nonlocal done, value
        if not done:
            value = func()
            done = True
        return value

    return inner


@run_once
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
