"""Django's own caches, and packages that build on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any

from tests.semantics.caches.families import Family, Server
from tests.semantics.caches.names import Call, Place, call

BACKENDS = "django.core.cache.backends"
ALIASES = {
    "locmem": f"{BACKENDS}.locmem.LocMemCache",
    "file": f"{BACKENDS}.filebased.FileBasedCache",
    "database": f"{BACKENDS}.db.DatabaseCache",
    "dummy": f"{BACKENDS}.dummy.DummyCache",
    "redis": f"{BACKENDS}.redis.RedisCache",
    "pymemcache": f"{BACKENDS}.memcached.PyMemcacheCache",
    "pylibmc": f"{BACKENDS}.memcached.PyLibMCCache",
    "django-redis": "django_redis.cache.RedisCache",
    "diskcache": "diskcache.DjangoCache",
}


def _location(alias: str, place: Place) -> str:
    if alias in ("redis", "django-redis"):
        return place.redis
    if alias in ("pymemcache", "pylibmc"):
        return place.memcached
    return {"file": place.folder, "diskcache": place.folder, "database": "cache_table"}.get(alias, place.word)


@contextmanager
def default_cache(place: Place, alias: str = "") -> Iterator[None]:
    """Django's default cache is of the backend that is tried."""
    from django.test.utils import override_settings

    alias = alias or place.backend or "locmem"
    caches = {"default": {"BACKEND": ALIASES[alias], "LOCATION": _location(alias, place)}}
    with override_settings(CACHES=caches):
        yield


def with_diskcache(place: Place) -> Any:
    return default_cache(place, "diskcache")


def with_django_redis(place: Place) -> Any:
    return default_cache(place, "django-redis")


def _constructed(alias: str) -> Any:
    """The arguments with which Django makes a backend."""

    def arguments(place: Place) -> Call:
        return call(_location(alias, place), {})

    return arguments


class Keyed:
    """An object that has a part in keys, like a model's instance."""

    cache_key = pk = "story"

    def flush_key(self) -> str:
        return self.cache_key


@contextmanager
def _easy_cache(place: Place) -> Iterator[None]:
    """easy_cache has a model of its own."""
    from django.core.management import call_command
    from django.test.utils import modify_settings

    # The application looks at the caches when it is loaded.
    with default_cache(place), modify_settings(INSTALLED_APPS={"append": "easy_cache"}):
        call_command("migrate", run_syncdb=True, verbosity=0)
        yield


@contextmanager
def _requesting(place: Place) -> Iterator[None]:
    yield
    import_module("django_userforeignkey.request").set_current_request(None)


def _in_a_request(owned: type) -> Any:
    """An object that answers a new request, which has a cache for itself."""
    request = import_module("django.http").HttpRequest()
    request.cache = import_module("django_request_cache.middleware").RequestCache()
    import_module("django_userforeignkey.request").set_current_request(request)
    return owned()


@contextmanager
def _cacheops(place: Place) -> Iterator[None]:
    """cacheops, installed: it changes Django's managers and QuerySets."""
    from django.conf import settings

    settings.CACHEOPS_REDIS = place.redis
    settings.FILE_CACHE_DIR = place.folder
    settings.CACHEOPS = {"newsroom.story": {"ops": (), "timeout": 60}}
    import_module("cacheops").install_cacheops()
    yield


@contextmanager
def _cachalot(place: Place) -> Iterator[None]:
    """cachalot, installed: it changes how Django's compilers read and write."""
    from django.test.utils import modify_settings

    with default_cache(place), modify_settings(INSTALLED_APPS={"append": "cachalot"}):
        yield


def _sample(_: Place) -> Call:
    from tests.semantics.newsroom.models import Story

    return call(Story.objects.filter(kind="essay"), timeout=60)


_ON_DJANGO = Family(names=(), backends=("locmem", "dummy"), dummies=("dummy",), around=default_cache)
_REDIS: Server = "redis"
_MEMCACHED: Server = "memcached"

FAMILIES = (
    Family(
        names=("django.core.cache.cache", "django.core.cache.caches[]"),
        fill={"django.core.cache.caches": lambda at: "default"},
        backends=("locmem", "file", "database", "dummy", "redis", "pymemcache", "pylibmc", "django-redis"),
        dummies=("dummy",),
        needs={
            "with redis": "redis",
            "with django-redis": "django-redis",
            "with pymemcache": "pymemcache",
            "with pylibmc": "pylibmc",
        },
        servers={
            "with redis": _REDIS,
            "with django-redis": _REDIS,
            "with pymemcache": _MEMCACHED,
            "with pylibmc": _MEMCACHED,
        },
        around=default_cache,
    ),
    Family(
        names=("django.core.cache.cache.memoize", "django.core.cache.caches[].memoize"),
        fill={"django.core.cache.caches": lambda at: "default"},
        needs={"": "diskcache"},
        around=with_diskcache,
    ),
    Family(
        names=(f"{BACKENDS}.",),
        fill={ALIASES[alias]: _constructed(alias) for alias in ("locmem", "file", "database", "dummy", "redis")}
        | {ALIASES[alias]: _constructed(alias) for alias in ("pymemcache", "pylibmc")},
        reads={f"{ALIASES['dummy']}()": lambda cache, key: cache.get(key)},
    ),
    Family(
        names=(f"{BACKENDS}.redis.",),
        fill={ALIASES["redis"]: _constructed("redis")},
        needs={"": "redis"},
        servers={"": _REDIS},
    ),
    Family(
        names=(f"{BACKENDS}.memcached.PyM",),
        fill={ALIASES["pymemcache"]: _constructed("pymemcache")},
        needs={"": "pymemcache"},
        servers={"": _MEMCACHED},
    ),
    Family(
        names=(f"{BACKENDS}.memcached.PyL",),
        fill={ALIASES["pylibmc"]: _constructed("pylibmc")},
        needs={"": "pylibmc"},
        servers={"": _MEMCACHED},
    ),
    Family(
        names=("django_redis.cache.",),
        fill={ALIASES["django-redis"]: _constructed("django-redis")},
        servers={"": _REDIS},
    ),
    replace(_ON_DJANGO, names=("cache_memoize.",), fill={"cache_memoize.cache_memoize": lambda at: call(60)}),
    replace(_ON_DJANGO, names=("memoize.",)),
    replace(
        _ON_DJANGO,
        names=("cachemodel.",),
        methods=("cachemodel.cached_method", "cachemodel.decorators.cached_method"),
        base=lambda: Keyed,
        fresh_owners=True,
    ),
    Family(
        names=("easy_cache.",),
        fill={
            "easy_cache.easy_cache.time_based": lambda at: call("03:00"),
            "easy_cache.easy_cache.cron_based": lambda at: call("0 3 * * *"),
        },
        backends=("locmem", "dummy"),
        dummies=("dummy",),
        around=_easy_cache,
        alone=True,
    ),
    Family(names=("django_request_cache.",), owner=_in_a_request, around=_requesting),
    Family(
        names=("cacheops.",),
        fill=dict.fromkeys(
            (
                "cacheops.cached_as",
                "cacheops.query.cached_as",
                "cacheops.cached_view_as",
                "cacheops.query.cached_view_as",
            ),
            _sample,
        )
        | {"cacheops.cached_view": lambda at: call(timeout=60)}
        | {"cacheops.FileCache": lambda at: call(at.folder)},
        around=_cacheops,
        servers={"": _REDIS},
        alone=True,
    ),
    Family(names=("cachalot.",), around=_cachalot, alone=True),
    Family(
        names=("rest_framework_extensions.",),
        fill={
            f"rest_framework_extensions.cache.decorators.{name}": lambda at: call(timeout=60)
            for name in ("cache_response", "CacheResponse")
        },
        around=default_cache,
    ),
    Family(
        names=("django.views.", "django.middleware.", "django.templatetags."),
        fill={"django.views.decorators.cache.cache_page": lambda at: call(60)},
        around=default_cache,
    ),
    Family(names=("caching.base.CachingManager", "caching.base.CachingQuerySet"), around=default_cache, alone=True),
    replace(
        _ON_DJANGO,
        names=("caching.base",),
        methods=("caching.base.cached_method",),
        base=lambda: Keyed,
        fresh_owners=True,
        more={"caching.base.cached_with": lambda at: call(Keyed())},
        reads={
            "caching.base.cached": lambda caching, key: caching.cached(lambda: None, key),
            "caching.base.cached_with": lambda caching, key: caching.cached_with(Keyed(), lambda: None, key),
        },
    ),
)
