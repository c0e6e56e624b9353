"""A shop without a database: sources run in it, and what they ask the cache and do besides is noted."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace


class FakeQuery:
    """A QuerySet that is the text of its query."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __getattr__(self, name: str) -> Callable[..., FakeQuery]:
        if name.startswith("__"):
            raise AttributeError(name)

        def method(*args: object, **named: object) -> FakeQuery:
            if "nobody" in args:
                raise LookupError(name)
            given = [*map(repr, args), *(f"{key}={value!r}" for key, value in sorted(named.items()))]
            return FakeQuery(f"{self.text}.{name}({', '.join(given)})")

        return method

    def __iter__(self) -> Iterator[str]:
        return iter((f"{self.text}[0]", f"{self.text}[1]"))

    def __bool__(self) -> bool:
        return ".none()" not in self.text

    def __or__(self, other: object) -> FakeQuery:
        return FakeQuery(f"({self.text} | {other!r})")

    def __class_getitem__(cls, item: object) -> object:
        return cls

    def __ror__(self, other: object) -> object:
        return other


class FakeManager(FakeQuery):
    def get_queryset(self) -> FakeQuery:
        return FakeQuery(self.text)


class FakeCache:
    """A cache that notes every call."""

    def __init__(self, notes: list[object]) -> None:
        self._kept: dict[str, object] = {}
        self._notes = notes

    def get(self, key: str, default: object = None) -> object:
        self._notes.append(("get", key))
        return self._kept.get(key, default)

    def set(self, key: str, value: object, timeout: object = None) -> None:
        self._notes.append(("set", key, repr(value), timeout))
        self._kept[key] = value

    def add(self, key: str, value: object, timeout: object = None) -> None:
        self.set(key, value, timeout)

    def get_or_set(self, key: str, default: object, timeout: object = None) -> object:
        self._notes.append(("get_or_set", key, timeout))
        if key not in self._kept:
            self.set(key, default() if callable(default) and not isinstance(default, FakeQuery) else default)
        return self._kept[key]

    async def aget(self, key: str, default: object = None) -> object:
        return self.get(key, default)

    async def aset(self, key: str, value: object, timeout: object = None) -> None:
        self.set(key, value, timeout)

    async def aget_or_set(self, key: str, default: object, timeout: object = None) -> object:
        return self.get_or_set(key, default, timeout)

    def has_key(self, key: str) -> bool:
        self._notes.append(("has_key", key))
        return key in self._kept

    def __contains__(self, key: str) -> bool:
        return self.has_key(key)

    def __getitem__(self, key: str) -> object:
        self._notes.append(("[]", key))
        return self._kept[key]


@dataclass
class Shop:
    """One run of a module: `notes` are the calls of its cache, `events` what else it did."""

    source: str
    caches_enabled: bool = True
    notes: list[object] = field(default_factory=list)
    events: list[object] = field(default_factory=list)

    def __post_init__(self) -> None:
        cache = FakeCache(self.notes)
        events = self.events

        class Shelf(str):
            def tidy(self) -> None:
                events.append(("tidy", str(self)))

        async def aread(shelf: str) -> str:
            return f"level of {shelf}"

        @contextmanager
        def opened(path: str) -> Iterator[SimpleNamespace]:
            events.append(("opened", path))
            yield SimpleNamespace(names=lambda: [path])

        silent = SimpleNamespace(**dict.fromkeys(("debug", "info", "warning", "exception"), lambda *_: None))
        self.names: dict[str, object] = {
            "Item": SimpleNamespace(objects=FakeManager("Item")),
            "FakeManager": FakeManager,
            "QuerySet": FakeQuery,
            "Shelf": Shelf,
            "LOCK": nullcontext(),
            "aread": aread,
            "cache": cache,
            "caches": {"long": cache},
            "find_shelf": lambda name: f"shelf of {name}",
            "logger": silent,
            "make_key": lambda parts: repr(sorted(parts.items())),
            "make_keysafe": lambda name: name.replace(" ", "_") + "!",
            "note": lambda word: events.append(word),
            "opened": opened,
            "partial": partial,
            "print": lambda *_: None,
            "read_default": lambda: "default",
            "read_level": lambda shelf: f"level of {shelf}",
            "read_limits": lambda shelf: (60, f"level of {shelf}"),
            "settings": SimpleNamespace(CACHE_ENABLED=self.caches_enabled),
        }
        exec(compile(self.source, "shop.py", "exec"), self.names)

    def run(self, call: str) -> str:
        """What a call gives or raises, as text."""
        try:
            flags = inspect.CO_COROUTINE
            code = compile(call, "call", "eval", flags=0x2000)
            value = eval(code, self.names)
            return repr(asyncio.run(value) if code.co_flags & flags else value)
        except (LookupError, ValueError, AssertionError) as error:
            return f"raises {error!r}"
