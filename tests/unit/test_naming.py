"""Names of the two halves of a split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qscache_lint.naming import builder_name, cached_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("getRecentStories", "getCachedRecentStories", id="camel-with-verb"),
        pytest.param("recentStories", "cachedRecentStories", id="camel-without-verb"),
        pytest.param("getURLs", "getCachedURLs", id="camel-acronym"),
        pytest.param("_getStories", "_getCachedStories", id="camel-private"),
        pytest.param("get_recent_stories", "get_cached_recent_stories", id="snake-with-verb"),
        pytest.param("recent_stories", "cached_recent_stories", id="snake-without-verb"),
        pytest.param("fetch_stories", "fetch_cached_stories", id="snake-other-verb"),
        pytest.param("_get_stories", "_get_cached_stories", id="snake-private"),
        pytest.param("__stories", "__cached_stories", id="snake-mangled"),
        pytest.param("stories", "cached_stories", id="one-word"),
        pytest.param("get", "cached_get", id="a-verb-alone"),
        pytest.param("getter_stories", "cached_getter_stories", id="a-word-that-starts-like-a-verb"),
    ],
)
def test_the_cached_half_is_named_in_the_style_of_the_function(name: str, expected: str) -> None:
    assert cached_name(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("getRecentStories", "getRecentStoriesQuerySet", id="camel"),
        pytest.param("recent_stories", "recent_stories_queryset", id="snake"),
        pytest.param("stories", "stories_queryset", id="one-word"),
        pytest.param("_get_stories", "_get_stories_queryset", id="private"),
        pytest.param("cached_stories", "stories_queryset", id="cached"),
        pytest.param("_get_cached_stories", "_get_stories_queryset", id="cached-behind-a-verb"),
        pytest.param("cachedStories", "storiesQuerySet", id="camel-cached"),
        pytest.param("getCachedStories", "getStoriesQuerySet", id="camel-cached-behind-a-verb"),
        pytest.param("cachedness_of_stories", "cachedness_of_stories_queryset", id="a-word-that-starts-like-cached"),
        pytest.param("stories_cached_daily", "stories_cached_daily_queryset", id="cached-in-the-middle"),
        pytest.param("get_queryset", "get_uncached_queryset", id="a-queryset-already"),
        pytest.param("queryset", "uncached_queryset", id="nothing-but-a-queryset"),
        pytest.param("_stories_query_set", "_uncached_stories_query_set", id="a-queryset-in-two-words"),
        pytest.param("getQuerySet", "getUncachedQuerySet", id="camel-queryset-already"),
        pytest.param("get_cached_queryset", "get_uncached_queryset", id="a-cached-queryset"),
        pytest.param("list_queryset_names", "list_queryset_names_queryset", id="a-queryset-in-the-middle"),
    ],
)
def test_the_builder_is_named_in_the_style_of_the_function(name: str, expected: str) -> None:
    assert builder_name(name) == expected


@given(st.from_regex(r"_{0,2}[a-z][a-zA-Z0-9_]{0,12}", fullmatch=True))
def test_any_name_gives_new_identifiers_that_are_as_private_as_it_is(name: str) -> None:
    underscores = len(name) - len(name.lstrip("_"))
    for fresh in (cached_name(name), builder_name(name)):
        assert fresh.isidentifier()
        assert fresh != name
        assert len(fresh) - len(fresh.lstrip("_")) == underscores
