"""An attribute of the class that a method of the instance fills."""

from tests.semantics.newsroom.models import Story


class Desk:
    _stories = None

    @property
    def rows(self):
        if type(self)._stories is None:
            type(self)._stories = Story.objects.filter(pk__gt=0)
        return type(self)._stories


def keeper():
    return Desk()


def call(keeper: Desk):
    return keeper.rows
