"""Memoizers and mappings that keep the object itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.semantics.caches.families import Family
from tests.semantics.caches.names import Call, Place, call


class WithMapping:
    """An object with a dictionary of its own for its cached methods."""

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}
        self._cache: dict[str, Any] = {}


class WithRequest:
    """A view, as its cached methods see it: with a request that can be annotated."""

    def __init__(self) -> None:
        request = type("Request", (), {})()
        interfaces = import_module("zope.annotation.interfaces")
        attribute = import_module("zope.annotation.attribute")
        import_module("zope.interface").directlyProvides(request, interfaces.IAttributeAnnotatable)
        component = import_module("zope.component")
        component.provideAdapter(attribute.AttributeAnnotations)
        self.request = request
        self.context = None


def _sized(_: Place) -> Call:
    return call(maxsize=8)


def _by_name(place: Place) -> Call:
    """A key function, for decorators that make none of their own."""
    return call(lambda *_: place.word)


FAMILIES = (
    Family(names=("contextvars.ContextVar()",), fill={"contextvars.ContextVar": lambda at: call(at.word)}),
    Family(names=("async_lru.", "asyncstdlib."), asynchronous=True),
    Family(names=("repoze.lru.",), fill={"repoze.lru.lru_cache": lambda at: call(8)}),
    Family(
        names=("cachetools.",),
        fill={
            "cachetools.cached": lambda at: call({}),
            "cachetools.cachedmethod": lambda at: call(lambda owner: owner.kept),
            "cachetools.TTLCache": lambda at: call(8, 600),
            "cachetools.TLRUCache": lambda at: call(8, lambda key, value, now: now + 600),
            **{f"cachetools.{name}Cache": lambda at: call(8) for name in ("", "LRU", "LFU", "FIFO", "RR")},
        },
        base=lambda: WithMapping,
    ),
    Family(
        names=("funcy.",),
        fill={"funcy.cache": lambda at: call(timeout=60), "funcy.calc.cache": lambda at: call(timeout=60)},
    ),
    Family(
        names=("boltons.",),
        fill={
            "boltons.cacheutils.cached": lambda at: call({}),
            "boltons.cacheutils.cachedmethod": lambda at: call("kept"),
        },
        base=lambda: WithMapping,
    ),
    Family(names=("propcache.",), base=lambda: WithMapping),
    Family(
        names=("pylru.",),
        fill={"pylru.lrudecorator": lambda at: call(8), "pylru.lrucache": lambda at: call(8)},
    ),
    Family(names=("lru.LRU",), fill={"lru.LRU": lambda at: call(8)}),
    Family(
        names=("theine.",),
        fill={
            "theine.Memoize": lambda at: call(8, None),
            "theine.theine.Memoize": lambda at: call(8, None),
            "theine.Cache": lambda at: call(8),
            "theine.theine.Cache": lambda at: call(8),
            "theine.adapters.django.Cache": lambda at: call("", {}),
        },
        reads={name: lambda cache, key: cache.get(key)[0] for name in ("theine.Cache()", "theine.theine.Cache()")},
    ),
    Family(
        names=("plone.memoize.",),
        fill={"plone.memoize.ram.cache": _by_name, "plone.memoize.volatile.cache": _by_name},
    ),
    Family(
        names=("plone.memoize.view.",),
        methods=("plone.memoize.view.memoize", "plone.memoize.view.memoize_contextless"),
        base=lambda: WithRequest,
    ),
)
