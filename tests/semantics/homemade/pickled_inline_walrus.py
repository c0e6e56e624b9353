"""Early return of a hit that a walrus binds; add at the miss."""

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def rows():
    if (stories := cache.get("pickled_inline_walrus")) is not None:
        return stories
    stories = Story.objects.filter(pk__gt=0)
    cache.add("pickled_inline_walrus", stories, 60)
    return stories


def call():
    return rows()
