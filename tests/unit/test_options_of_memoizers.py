"""Options of a package's memoizer: which of them let two functions share their keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_repeatability import said

IMPORTS = """
from datetime import timedelta
from functools import lru_cache
from operator import attrgetter

from cache_memoize import cache_memoize
from cachetools import TTLCache, cached, cachedmethod
from django.conf import settings

SHARED = TTLCache(9, 60)
MINUTE = 60
"""
SHARES = "arguments whose effect is unknown"


@pytest.mark.parametrize(
    ("decorator", "what"),
    [
        pytest.param("cached(TTLCache(9, 60))", "", id="a container of its own"),
        pytest.param("cached({})", "", id="a dict of its own"),
        pytest.param("lru_cache(9)", "", id="a number"),
        pytest.param("lru_cache(maxsize=MINUTE)", "", id="a constant"),
        pytest.param("cached(SHARED)", SHARES, id="a container with a name"),
        pytest.param("cached(settings.SHARED)", "", id="a setting"),
        pytest.param("cached(attrgetter('shelf'))", SHARES, id="a container that a function gives"),
        pytest.param("cached(lambda: SHARED)", SHARES, id="a function"),
    ],
)
def test_what_is_kept_is_kept_for_one_function(tmp_path: Path, decorator: str, what: str) -> None:
    function = "def stories(number: int):\n    return Story.objects.filter(words=number)\n"
    found = said(tmp_path, f"{IMPORTS}\n\n@{decorator}\n{function}")
    assert (SHARES in "; ".join(found)) == bool(what), found


def test_a_prefix_may_be_that_of_another_function(tmp_path: Path) -> None:
    function = "def stories(number: int):\n    return Story.objects.filter(words=number)\n"
    found = said(tmp_path, f"{IMPORTS}\n\n@cache_memoize(MINUTE, prefix='stories')\n{function}")
    assert any("has the option prefix" in each for each in found)
    assert not any(SHARES in each for each in found)
