"""The object that asks is made once and kept; what it answers is not."""

from tests.semantics.newsroom.models import Story


class Desk:
    def rows(self):
        return Story.objects.filter(pk__gt=0)


_desk = None


def desk():
    global _desk
    if _desk is None:
        _desk = Desk()
    return _desk


def call():
    return desk().rows()
