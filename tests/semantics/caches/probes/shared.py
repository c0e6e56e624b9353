"""Caches that write down what they keep, in files or on servers, or that can."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.semantics.caches.families import Family, Server
from tests.semantics.caches.names import Call, Made, Place, call
from tests.semantics.caches.probes.django import with_django_redis

_REDIS: Server = "redis"
_MEMCACHED: Server = "memcached"


def folder(place: Place) -> Call:
    return call(place.folder)


def file(place: Place) -> Call:
    return call(str(Path(place.folder) / "kept"))


# -- dogpile.cache

_REGIONS = tuple(
    f"dogpile.cache.{maker}()" for maker in ("make_region", "region.make_region", "CacheRegion", "region.CacheRegion")
)


def _region_arguments(backend: str, place: Place) -> dict[str, Any]:
    if backend == "dogpile.cache.dbm":
        return {"filename": str(Path(place.folder) / "kept.dbm")}
    return {"url": place.redis} if backend == "dogpile.cache.redis" else {}


def _configured(place: Place) -> Call:
    if not place.backend:
        return call()
    arguments = _region_arguments(place.backend, place)
    return call(place.backend, arguments=arguments, replace_existing_backend=True)


def _region(place: Place) -> Call:
    """A region that is configured where it is made, or will be in the next call."""
    return Made(make=lambda maker: _configured(place).of(maker().configure) if place.backend else maker())


# -- Beaker


def _manager(place: Place) -> Call:
    return call(data_dir=place.folder)


def _beaker_cache(place: Place) -> Call:
    return call(place.word)


def _external(place: Place) -> Call:
    return call(place.word, url=place.memcached)


def _external_manager(kind: str) -> Any:
    """A manager for a server."""

    def arguments(place: Place) -> Call:
        url = place.redis if kind == "ext:redis" else place.memcached
        return call(type=kind, url=url, lock_dir=place.folder, data_dir=place.folder)

    return arguments


def _external_cache(kind: str) -> Any:
    def arguments(place: Place) -> Call:
        url = place.redis if kind == "ext:redis" else place.memcached
        return call(place.word, type=kind, url=url, lock_dir=place.folder)

    return arguments


@contextmanager
def _regions(place: Place) -> Iterator[None]:
    cache = import_module("beaker.cache")
    cache.cache_regions[place.word] = {"type": place.backend or "file", "data_dir": place.folder, "expire": 60}
    yield
    del cache.cache_regions[place.word]


_MANAGER = "beaker.cache.CacheManager"
_SERVERS = ("ext:memcached", "ext:redis")

# -- flask


def _flask_cache(place: Place) -> Call:
    app = import_module("flask").Flask("newsroom")
    config = {"CACHE_TYPE": place.backend, "CACHE_DIR": place.folder, "CACHE_REDIS_URL": place.redis}
    return call(app, config=config)


# -- servers


def _walrus(place: Place) -> Call:
    return call(port=place.redis_port)


def _walrus_cache(place: Place) -> Call:
    database = import_module("walrus").Database(port=place.redis_port)
    return call(database, name=place.word)


def _redis_client(place: Place) -> Any:
    return import_module("redis").Redis.from_url(place.redis)


def _memcached_list(place: Place) -> Call:
    return call([place.memcached])


@contextmanager
def _fastapi(place: Place) -> Iterator[None]:
    package = import_module("fastapi_cache")
    package.FastAPICache.init(import_module("fastapi_cache.backends.inmemory").InMemoryBackend(), prefix=place.word)
    yield
    package.FastAPICache.reset()


class Printable:
    """An object that is its own printed form, for keys made of arguments."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (str, ("owner",))


@contextmanager
def _quiet(place: Place) -> Iterator[None]:
    """Without the log, where aiocache prints the QuerySet that it could not keep."""
    log = logging.getLogger("aiocache.decorators")
    log.disabled = True
    yield
    log.disabled = False


@contextmanager
def _cashews(place: Place) -> Iterator[None]:
    import_module("cashews").cache.setup("mem://")
    yield


def _own_cashews(place: Place) -> Call:
    def make(maker: Any) -> Any:
        cache = maker()
        cache.setup("mem://")
        return cache

    return Made(make=make)


def _entry(place: Place) -> Call:
    return call(ttl=60, key=place.word)


def _hits(place: Place) -> Call:
    return call(ttl=60, cache_hits=100, key=place.word)


_PYMEMCACHE = (
    "Client",
    "client.base.Client",
    "HashClient",
    "client.hash.HashClient",
    "PooledClient",
    "client.base.PooledClient",
)


def _pymemcache(name: str) -> Any:
    def arguments(place: Place) -> Call:
        serde = import_module("pymemcache.serde").pickle_serde
        return call([place.memcached] if "Hash" in name else place.memcached, serde=serde)

    return arguments


def _plain_pymemcache(name: str) -> Any:
    return lambda place: call([place.memcached] if "Hash" in name else place.memcached)


_CASHEWS = ("cashews.cache", "cashews.Cache()")


def _pickle_coder(place: Place) -> Call:
    return call(coder=import_module("fastapi_cache.coder").PickleCoder)


def _endpoint(server: str, place: Place) -> dict[str, Any]:
    """Where one of aiocache's servers is."""
    address = place.redis.removeprefix("redis://").partition("/")[0] if server == "REDIS" else place.memcached
    host, _, port = address.partition(":")
    return {"endpoint": host, "port": int(port), "namespace": place.word}


def _aiocache(keyword: str, server: str) -> Any:
    """The arguments of a decorator or cache that is on a server."""
    return lambda place: call(**{keyword: getattr(import_module("aiocache").Cache, server)}, **_endpoint(server, place))


_AIOCACHE_SERVERS = (
    "aiocache.Cache(cache_class=aiocache.Cache.REDIS)",
    "aiocache.Cache(cache_class=aiocache.Cache.MEMCACHED)",
    "aiocache.RedisCache()",
    "aiocache.MemcachedCache()",
)

_REDIS_CLIENTS = ("Redis", "client.Redis", "StrictRedis", "asyncio.Redis")


def _redis_arguments(*clients: str) -> dict[str, Any]:
    """What stands before the value in the methods of redis clients."""
    found: dict[str, Any] = {}
    for client in clients:
        found[f"{client}.set"] = lambda at: call(at.word)
        found[f"{client}.setex"] = lambda at: call(at.word, 60)
        found[f"{client}.hset"] = lambda at: call(at.word, "field")
    return found


FAMILIES = (
    Family(
        names=("shelve.",),
        fill={
            "shelve.open": file,
            "shelve.DbfilenameShelf": file,
            "shelve.Shelf": lambda at: call({}),
        },
    ),
    Family(
        names=("diskcache.",),
        reads={
            f"diskcache.{name}().push": lambda cache, key: cache[next(iter(cache))]
            for name in ("Cache", "core.Cache", "Index", "persistent.Index")
        },
        fill={
            **{f"diskcache.{name}": folder for name in ("Cache", "core.Cache", "FanoutCache", "fanout.FanoutCache")},
            **{f"diskcache.{name}": folder for name in ("Index", "persistent.Index")},
            **{f"diskcache.{name}": lambda at: call(directory=at.folder) for name in ("Deque", "persistent.Deque")},
            **{
                f"diskcache.{name}": lambda at: call(at.folder, {})
                for name in ("DjangoCache", "djangocache.DjangoCache")
            },
            **{
                f"diskcache.{name}": lambda at: call(import_module("diskcache").Cache(at.folder), 600)
                for name in ("memoize_stampede", "recipes.memoize_stampede")
            },
        },
    ),
    Family(
        names=("dogpile.",),
        fill={
            **{region.removesuffix("()"): _region for region in _REGIONS},
            **{f"{region}.configure": _configured for region in _REGIONS},
        },
        backends=("dogpile.cache.memory_pickle", "dogpile.cache.dbm", "dogpile.cache.redis", "dogpile.cache.null"),
        dummies=("dogpile.cache.null",),
        needs={"dogpile.cache.redis": "redis"},
        servers={"dogpile.cache.redis": _REDIS},
        reads={
            f"{region}.configure(backend=dogpile.cache.null)": lambda cache, key: cache.get(key) for region in _REGIONS
        },
    ),
    Family(
        names=("beaker.",),
        fill={
            _MANAGER: _manager,
            f"{_MANAGER}().cache": _beaker_cache,
            f"{_MANAGER}().get_cache": _beaker_cache,
            "beaker.cache.Cache": _beaker_cache,
            **{f"{_MANAGER}(type={kind}).cache": _beaker_cache for kind in ("file", "dbm", *_SERVERS)},
            "beaker.cache.cache_region": _beaker_cache,
            f"{_MANAGER}().region": _beaker_cache,
        },
        variants={
            **{f"{_MANAGER}().cache(type={kind})": _external_cache(kind) for kind in _SERVERS},
            **{f"{_MANAGER}().get_cache(type={kind})": _external_cache(kind) for kind in _SERVERS},
            **{f"{_MANAGER}(type={kind})": _external_manager(kind) for kind in _SERVERS},
        },
        backends=("file", "dbm"),
        needs={"ext:memcached": "pylibmc", "ext:redis": "redis"},
        servers={"ext:memcached": _MEMCACHED, "ext:redis": _REDIS},
        around=_regions,
    ),
    Family(
        names=("cachier.",),
        fill={f"cachier.{name}": lambda at: call(cache_dir=at.folder) for name in ("cachier", "core.cachier")},
        variants={
            f"cachier.{name}(backend=redis)": lambda at: call(backend="redis", redis_client=_redis_client(at))
            for name in ("cachier", "core.cachier")
        },
        needs={"backend=redis": "redis"},
        servers={"backend=redis": _REDIS},
    ),
    Family(
        names=("joblib.",),
        fill={name: lambda at: call(at.folder, verbose=0) for name in ("joblib.Memory", "joblib.memory.Memory")},
        variants={
            f"{name}(location=None)": lambda at: call(None, verbose=0)
            for name in ("joblib.Memory", "joblib.memory.Memory")
        },
    ),
    Family(
        names=("flask_caching.",),
        fill={
            "flask_caching.Cache": _flask_cache,
            "flask_caching.Cache().cached": lambda at: call(key_prefix=at.word),
        },
        backends=("SimpleCache", "FileSystemCache", "RedisCache", "NullCache"),
        dummies=("NullCache",),
        needs={"RedisCache": "redis"},
        servers={"RedisCache": _REDIS},
    ),
    Family(
        names=("cachelib.",),
        fill={f"cachelib.{name}FileSystemCache": folder for name in ("", "file.")},
    ),
    Family(names=("percache.",), fill={"percache.Cache": file}),
    Family(
        names=("walrus.",),
        fill={
            "walrus.Database": _walrus,
            "walrus.Database().cache": lambda at: call(at.word),
            "walrus.Cache": _walrus_cache,
            "walrus.cache.Cache": _walrus_cache,
        },
        base=lambda: Printable,
        servers={"": _REDIS},
    ),
    Family(
        names=("aiocache.",),
        fill={
            "aiocache.RedisCache": lambda at: call(**_endpoint("REDIS", at)),
            "aiocache.MemcachedCache": lambda at: call(**_endpoint("MEMCACHED", at)),
        },
        variants={
            f"aiocache.{name}({keyword}=aiocache.Cache.{server})": _aiocache(keyword, server)
            for name, keyword in (
                ("cached", "cache"),
                ("decorators.cached", "cache"),
                ("cached_stampede", "cache"),
                ("decorators.cached_stampede", "cache"),
                ("Cache", "cache_class"),
            )
            for server in ("REDIS", "MEMCACHED")
        },
        more={f"{name}.{method}": lambda at: call(at.word) for name in _AIOCACHE_SERVERS for method in ("set", "add")},
        servers={"REDIS": _REDIS, "RedisCache": _REDIS, "MEMCACHED": _MEMCACHED, "MemcachedCache": _MEMCACHED},
        around=_quiet,
        asynchronous=True,
    ),
    Family(
        names=("cashews.",),
        fill={
            **{f"{cache}{method}": _entry for cache in _CASHEWS for method in ("", ".early", ".soft")},
            **{f"{cache}.hit": _hits for cache in _CASHEWS},
            "cashews.Cache": _own_cashews,
        },
        asynchronous=True,
        around=_cashews,
    ),
    Family(
        names=("fastapi_cache.",),
        variants={"fastapi_cache.decorator.cache(coder=fastapi_cache.coder.PickleCoder)": _pickle_coder},
        asynchronous=True,
        around=_fastapi,
    ),
    Family(
        names=("ring.",),
        fill={
            **{f"ring.{name}lru": lambda at: call() for name in ("", "func.")},
            **{f"ring.{name}dict": lambda at: call({}) for name in ("", "func.")},
            **{
                f"ring.{name}disk": lambda at: call(import_module("diskcache").Cache(at.folder))
                for name in ("", "func.")
            },
            **{
                f"ring.{name}shelve": lambda at: call(import_module("shelve").open(str(Path(at.folder) / "kept")))
                for name in ("", "func.")
            },
            **{f"ring.{name}redis": lambda at: call(_redis_client(at)) for name in ("", "func.")},
            **{
                f"ring.{name}memcache": lambda at: call(import_module("pymemcache").Client(at.memcached))
                for name in ("", "func.")
            },
        },
        needs={"redis": "redis", "memcache": "pymemcache", "disk": "diskcache"},
        servers={"redis": _REDIS, "memcache": _MEMCACHED},
        refusals=("redis.exceptions.DataError",),
    ),
    Family(
        names=("pylibmc.",),
        fill={"pylibmc.Client": _memcached_list},
        servers={"": _MEMCACHED},
    ),
    Family(names=("memcache.",), fill={"memcache.Client": _memcached_list}, servers={"": _MEMCACHED}),
    Family(
        names=("pymemcache.",),
        fill={f"pymemcache.{name}": _plain_pymemcache(name) for name in _PYMEMCACHE},
        variants={f"pymemcache.{name}(serde=pymemcache.serde.pickle_serde)": _pymemcache(name) for name in _PYMEMCACHE},
        more={
            f"pymemcache.{name}().{method}": lambda at: call(at.word)
            for name in _PYMEMCACHE
            for method in ("set", "add")
        },
        servers={"": _MEMCACHED},
    ),
    Family(
        names=("redis.",),
        fill={
            **{f"redis.{name}": lambda at: call(port=at.redis_port) for name in _REDIS_CLIENTS},
            **{f"redis.{name}": lambda at: call(at.redis) for name in ("from_url", "Redis.from_url")},
        },
        more=_redis_arguments(*(f"redis.{name}()" for name in (*_REDIS_CLIENTS, "from_url", "Redis.from_url"))),
        servers={"": _REDIS},
        refusals=("redis.exceptions.DataError",),
    ),
    Family(
        names=("django_redis.get_redis_connection()",),
        more=_redis_arguments("django_redis.get_redis_connection()"),
        around=with_django_redis,
        servers={"": _REDIS},
        refusals=("redis.exceptions.DataError",),
    ),
)
