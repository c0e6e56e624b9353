"""Get, miss, set in the function itself."""

from django.core.cache import cache

from tests.semantics.newsroom.models import Story


def rows():
    stories = cache.get("pickled_inline")
    if stories is None:
        stories = Story.objects.filter(pk__gt=0)
        cache.set("pickled_inline", stories, 60)
    return stories


def call():
    return rows()
