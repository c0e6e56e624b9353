"""What is known about caches, QuerySets and the functions that take them: tables, and their typed loader.

Nothing here depends on the analysed project. Look things up in a `Knowledge`, which indexes the tables by name.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from importlib import resources
from typing import TypeVar

import msgspec

from qscache_lint.knowledge.model import (
    Argument,
    Caches,
    Consumer,
    Consumers,
    Effect,
    Handmade,
    Memoizer,
    Operation,
    Operator,
    QuerySets,
    ReadCall,
    Slot,
    Store,
    StoreCall,
)

__all__ = [
    "Argument",
    "Caches",
    "Consumer",
    "Effect",
    "Handmade",
    "Knowledge",
    "Memoizer",
    "Operation",
    "ReadCall",
    "Slot",
    "Store",
    "StoreCall",
    "load_knowledge",
]

Table = TypeVar("Table")


class Knowledge:
    """The tables, indexed by the dotted names that code uses."""

    def __init__(self, caches: Caches, querysets: QuerySets, consumers: Consumers) -> None:
        self.caches = caches
        self.querysets = querysets
        self.consumer_table = consumers

    @cached_property
    def memoizers(self) -> dict[str, Memoizer]:
        return {name: row for row in self.caches.memoizer for name in row.names}

    @cached_property
    def stores(self) -> dict[str, StoreCall]:
        """By the full name of the method: `django.core.cache.cache.set`."""
        return {
            f"{receiver}.{method}": row
            for row in self.caches.store
            for receiver in row.receivers
            for method in row.methods
        }

    @cached_property
    def store_receivers(self) -> frozenset[str]:
        """The caches themselves, by their full names: `django.core.cache.cache`."""
        return frozenset(receiver for row in self.caches.store for receiver in row.receivers)

    @cached_property
    def store_methods(self) -> frozenset[str]:
        return frozenset(method for row in self.caches.store for method in row.methods)

    @cached_property
    def reads(self) -> dict[str, ReadCall]:
        """By the full name of the method: `django.core.cache.cache.get`."""
        return {
            f"{receiver}.{method}": row
            for row in self.caches.read
            for receiver in row.receivers
            for method in row.methods
        }

    @cached_property
    def transparent(self) -> frozenset[str]:
        return frozenset(name for row in self.caches.transparent for name in row.names)

    def is_transparent(self, decorator: str) -> bool:
        """Whether an outside decorator hands on what the function returns."""
        return (
            decorator in self.transparent
            or f"{decorator}()" in self.transparent
            or decorator.endswith(self.caches.transparent_endings)
        )

    @cached_property
    def flavours(self) -> dict[str, str]:
        """How a decorator binds the function: "static", "class" or "property"."""
        return {name: row.binding for row in self.caches.flavour for name in row.names}

    def may_be_model(self, dotted: str) -> bool:
        """Whether an outside name may be a model: a class by its spelling, or a call that gives one."""
        classes = self.querysets.classes
        if dotted.partition(".")[0] in classes.other_mappers:
            return False
        last = dotted.rpartition(".")[2]
        return (last[:1].isupper() and not last.endswith(("()", "[]"))) or last in classes.model_calls

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """By method name."""
        return {name: row for row in self.querysets.operation for name in row.names}

    @cached_property
    def operators(self) -> dict[str, Operator]:
        """By symbol."""
        return {symbol: row for row in self.querysets.operator for symbol in row.symbols}

    @cached_property
    def consumers(self) -> dict[str, Consumer]:
        return {name: row for row in self.consumer_table.consumer for name in row.names}

    @cached_property
    def cache_words(self) -> tuple[str, ...]:
        """Words without which a file can neither name a memoizer nor call a store of these tables."""
        names = [name for row in self.caches.memoizer for name in row.names]
        names += [receiver for row in self.caches.store for receiver in row.receivers]
        return tuple(sorted({name.rpartition(".")[2].rstrip("[]()") for name in names}))


@lru_cache(maxsize=1)
def load_knowledge() -> Knowledge:
    """The tables that ship with the package."""
    return Knowledge(_load("caches", Caches), _load("queryset", QuerySets), _load("consumers", Consumers))


def _load(name: str, table: type[Table]) -> Table:
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=table)
