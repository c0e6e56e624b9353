"""An attribute memo behind a property."""

from tests.semantics.newsroom.models import Story


class Desk:
    def __init__(self):
        self._rows = None

    @property
    def rows(self):
        if self._rows is None:
            self._rows = Story.objects.filter(pk__gt=0)
        return self._rows


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
