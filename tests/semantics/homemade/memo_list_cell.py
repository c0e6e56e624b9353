"""A list of at most one element is the store."""

from functools import wraps

from tests.semantics.newsroom.models import Story


def first_answer(func):
    cell = []

    @wraps(func)
    def inner():
        if not cell:
            cell.append(func())
        return cell[0]

    return inner


@first_answer
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
