"""Keeps the primary keys, and makes a new QuerySet of them at each call."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def by_ids(func):
    known = {}

    @wraps(func)
    def inner(*args):
        if args not in known:
            known[args] = list(func(*args).values_list("pk", flat=True))
        return Story.objects.filter(pk__in=known[args])

    return inner


@by_ids
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
