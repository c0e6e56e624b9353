"""An attribute memo: the AttributeError is the miss."""

from tests.semantics.newsroom.models import Story


class Desk:
    def rows(self):
        try:
            return self._rows
        except AttributeError:
            self._rows = Story.objects.filter(pk__gt=0)
            return self._rows


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows()
