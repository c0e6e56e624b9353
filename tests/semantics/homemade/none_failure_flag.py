"""Remembers that a call failed, and does not try again."""

from functools import wraps

from django.db import DatabaseError

from tests.semantics.newsroom.models import Story


def breaker(func):
    broken = False

    @wraps(func)
    def inner(*args):
        nonlocal broken
        if broken:
            return Story.objects.none()
        try:
            return func(*args)
        except DatabaseError:
            broken = True
            return Story.objects.none()

    return inner


@breaker
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
