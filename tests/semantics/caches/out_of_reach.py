"""Names of the tables that no current environment can execute, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping

OUT_OF_REACH: Mapping[str, str] = {
    "memoizer django.utils.lru_cache.lru_cache": "Django had it before 3.0",
    "memoizer cachetools.func.mru_cache": "cachetools no longer has it",
    "memoizer ring.django.cache": "needs Django before 4",
    "harmless ring.django.cache_page()": "needs Django before 4",
    "memoizer streamlit.cache": "streamlit no longer has it",
    "memoizer streamlit.experimental_memo": "streamlit no longer has it",
    "memoizer streamlit.experimental_singleton": "streamlit no longer has it",
    "harmless wagtailcache.cache.cache_page": "imports a name that Django 6.1 no longer has",
    "memoizer cache_utils.decorators.cached": "imports a name that Django 1.11 no longer has",
    "memoizer cache_nuggets.lib.memoize": "hashes text, which Python 2 only does",
    "harmless johnny.cache.QueryCacheBackend": "runs on Python 2 only",
}
