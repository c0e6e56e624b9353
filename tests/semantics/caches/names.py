"""Dotted names of the tables, executed: `x()` is called, `x[]` is subscribed, and what they need is filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias
from uuid import uuid4

_STEP = re.compile(r"\((?P<call>[^()]*(?:\(\))?)\)|(?P<item>\[\])|\.?(?P<attribute>\w+)")


@dataclass(frozen=True)
class Call:
    """The arguments of one call."""

    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def of(self, function: Callable[..., Any]) -> Any:
        return function(*self.arguments, **self.keywords)


@dataclass(frozen=True)
class Made(Call):
    """What a call gives, when it takes more than arguments to make it usable."""

    make: Callable[[Any], Any] = lambda function: function()

    def of(self, function: Callable[..., Any]) -> Any:
        return self.make(function)


def call(*arguments: Any, **keywords: Any) -> Call:
    return Call(arguments, keywords)


@dataclass(frozen=True)
class Place:
    """Where a row is executed: a folder of its own, the servers, the backend that is tried, a unique word."""

    folder: str
    redis: str = ""
    memcached: str = ""
    backend: str = ""
    word: str = field(default_factory=lambda: f"stories{uuid4().hex[:12]}")
    kept: list[Any] = field(default_factory=list)
    """What has to live as long as the row is executed."""

    @property
    def redis_port(self) -> int:
        return int(re.findall(r":(\d+)", self.redis)[0])


Fill: TypeAlias = Mapping[str, Callable[[Place], Any]]
"""What is filled in, by the name up to the bracket: a `Call` for `x()` (default: no arguments), an index for `x[]`."""


def execute(name: str, fill: Fill, variants: Fill, place: Place) -> Any:
    """The object that a name of the tables stands for.

    `variants` fill in a whole call in which an argument is written: `ring.redis(coder=pickle)`.
    """
    found, done = _imported(name)
    for before, step in _steps(name, done):
        if step["attribute"]:
            found = getattr(found, step["attribute"])
        elif step["item"]:
            found = found[fill[before](place)]
        else:
            variant = variants.get(f"{before}({step['call']})")
            found = (variant(place) if variant else _arguments(before, step["call"], fill, place)).of(found)
    return found


def _imported(name: str) -> tuple[Any, int]:
    """The longest module at the start of a name, and how many characters of the name it takes."""
    known, *parts = re.split(r"[(\[]", name, maxsplit=1)[0].split(".")
    module = import_module(known)
    for part in parts:
        found = getattr(module, part) if hasattr(module, part) else import_module(f"{known}.{part}")
        if not isinstance(found, ModuleType):
            break
        module, known = found, f"{known}.{part}"
    return module, len(known)


def _steps(name: str, start: int) -> Iterator[tuple[str, re.Match[str]]]:
    """Each step with the name up to it."""
    for match in _STEP.finditer(name, start):
        yield name[: match.start()], match


def _arguments(function: str, variant: str, fill: Fill, place: Place) -> Call:
    """The arguments of a call, with the one that is written into the name."""
    given: Call = fill[function](place) if function in fill else Call()
    if not variant:
        return given
    keyword, _, value = variant.partition("=")
    return Call(given.arguments, {**given.keywords, keyword: _value(value)})


def _value(text: str) -> Any:
    """A written argument: a number, None, what a dotted name stands for, or else a string."""
    if text.isdigit():
        return int(text)
    if text == "None":
        return None
    if text.endswith("()"):
        return execute(text, {}, {}, Place(""))
    return text
