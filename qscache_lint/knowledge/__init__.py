"""What is known about caches, QuerySets and the functions that take them: tables, and their typed loader.

Nothing here depends on the analysed project, but for the rows that its settings add. Look things up in a `Knowledge`,
which indexes the tables by name.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import TypeVar

import msgspec

from qscache_lint.knowledge.model import (
    Caches,
    Consumer,
    Consumers,
    Costs,
    Effect,
    EffectCost,
    Extension,
    Functions,
    Handmade,
    Harmless,
    Holder,
    Keeps,
    Kept,
    Memoizer,
    Operation,
    Operator,
    Ordered,
    QuerySets,
    ReadCall,
    Serializer,
    Slot,
    State,
    Store,
    StoreCall,
    StoreCost,
    Switch,
    Templates,
    Version,
    parse_version,
)

__all__ = [
    "NEWEST",
    "Consumer",
    "Effect",
    "Extension",
    "Handmade",
    "Keeps",
    "Kept",
    "Knowledge",
    "Memoizer",
    "Operation",
    "Ordered",
    "ReadCall",
    "Serializer",
    "Slot",
    "State",
    "Store",
    "StoreCall",
    "Version",
    "load_knowledge",
    "parse_version",
]

NEWEST: Version = (6, 1)
"""The newest Django that the tables were measured with; projects that pin none are taken to use it."""

Table = TypeVar("Table")
_VARIANT = re.compile(r"\((\w+)=([^()]*(?:\(\))?)\)")
_CACHES = ("standard_library", "django", "django_packages", "memos", "properties", "shared", "tasks")


class Knowledge:
    """The tables as they hold for one Django version, indexed by the dotted names that code uses.

    Rows of `extension` come before those of the tables.
    """

    def __init__(self, django: Version = NEWEST, extension: Extension | None = None) -> None:
        extension = extension or Extension()
        self.django = django
        self.functions = _load("functions", Functions)
        self.caches = _caches()
        self.querysets = _load("queryset", QuerySets)
        self.consumer_table = _load("consumers", Consumers)
        self._extension = extension

    # -- caches

    @cached_property
    def memoizers(self) -> Mapping[str, Memoizer]:
        """By what decorates: `functools.lru_cache`, and `functools.lru_cache()` for a decorator that is called."""
        rows = (*self.caches.memoizer, *self._extension.memoizer)
        return {written: row for row in rows for name in row.names for written in _written(name, row.form)}

    @cached_property
    def switches(self) -> Mapping[str, tuple[Switch, ...]]:
        """The arguments that decide what a call gives, by the name of what is called."""
        found: dict[str, tuple[Switch, ...]] = {}
        for row in self.caches.switch:
            found[row.call] = (*found.get(row.call, ()), row)
        return found

    @cached_property
    def variants(self) -> frozenset[str]:
        """The names of calls in which a deciding argument is written: `functools.lru_cache(maxsize=0)`."""
        rows = self.caches
        names = [name for memoizer in rows.memoizer for name in memoizer.names]
        names += [name for store in rows.store for name in store.receivers]
        names += [name for read in rows.read for name in read.receivers]
        names += [name for serializer in rows.serializer for name in serializer.receivers]
        return frozenset(name[: match.end()] for name in names for match in _VARIANT.finditer(name))

    @cached_property
    def stores(self) -> Mapping[str, StoreCall]:
        """By the full name of the method: `django.core.cache.cache.set`."""
        rows = (*self.caches.store, *self._extension.store)
        return {f"{receiver}.{method}": row for row in rows for receiver in row.receivers for method in row.methods}

    @cached_property
    def store_receivers(self) -> frozenset[str]:
        """The caches themselves, by their full names: `django.core.cache.cache`."""
        return frozenset(name for row in (*self.caches.store, *self._extension.store) for name in row.receivers)

    @cached_property
    def store_methods(self) -> frozenset[str]:
        return frozenset(method for row in (*self.caches.store, *self._extension.store) for method in row.methods)

    @cached_property
    def reads(self) -> Mapping[str, ReadCall]:
        """By the full name of the method: `django.core.cache.cache.get`."""
        rows = (*self.caches.read, *self._extension.read)
        return {f"{receiver}.{method}": row for row in rows for receiver in row.receivers for method in row.methods}

    @cached_property
    def holders(self) -> Mapping[str, Holder]:
        return {name: row for row in self.caches.holder for name in row.names}

    @cached_property
    def serializers(self) -> Mapping[str, Serializer]:
        """By the full name of the function or method."""
        methods = {
            f"{receiver}.{method}": row
            for row in self.caches.serializer
            for receiver in row.receivers
            for method in row.methods
        }
        return {**methods, **{name: row for row in self.caches.serializer for name in row.names}}

    @cached_property
    def harmless(self) -> Mapping[str, Harmless]:
        return {name: row for row in self.caches.harmless for name in row.names}

    # -- decorators that keep nothing

    @cached_property
    def transparent(self) -> frozenset[str]:
        return frozenset(name for row in self.functions.transparent for name in row.names)

    def is_transparent(self, decorator: str) -> bool:
        """Whether an outside decorator hands on what the function returns."""
        return (
            decorator in self.transparent
            or f"{decorator}()" in self.transparent
            or decorator.endswith(self.functions.transparent_endings)
        )

    @cached_property
    def flavours(self) -> Mapping[str, str]:
        """How a decorator binds the function: "static", "class" or "property"."""
        return {name: row.binding for row in self.functions.flavour for name in row.names}

    # -- QuerySets

    def may_be_model(self, dotted: str) -> bool:
        """Whether an outside name may be a model: a class by its spelling, or a call that gives one."""
        classes = self.querysets.classes
        if dotted.partition(".")[0] in classes.other_mappers:
            return False
        last = dotted.rpartition(".")[2]
        return (last[:1].isupper() and not last.endswith(("()", "[]"))) or last in classes.model_calls

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """By method name, as this Django version has them."""
        rows = (*self.querysets.operation, *self._extension.operation)
        return {name: self._now(row) for row in rows if row.holds_in(self.django) for name in row.names}

    def _now(self, row: Operation) -> Operation:
        """A row without the exceptions of other Django versions."""
        cases = tuple(case for case in row.exceptional if case.holds_in(self.django))
        return msgspec.structs.replace(row, exceptional=cases)

    @cached_property
    def operators(self) -> Mapping[str, Operator]:
        """By symbol."""
        rows = (row for row in self.querysets.operator if row.holds_in(self.django))
        return {symbol: row for row in rows for symbol in row.symbols}

    # -- those who take a QuerySet

    @cached_property
    def consumers(self) -> Mapping[str, Consumer]:
        rows = (*self.consumer_table.consumer, *self._extension.consumer)
        return {name: row for row in rows if row.holds_in(self.django) for name in row.names}

    @cached_property
    def templates(self) -> Templates:
        return _load("templates", Templates)

    # -- costs

    @cached_property
    def store_costs(self) -> Mapping[Store, StoreCost]:
        return {row.store: row for row in self._costs.store}

    @cached_property
    def effect_costs(self) -> Mapping[Effect, EffectCost]:
        return {row.effect: row for row in self._costs.effect}

    @cached_property
    def _costs(self) -> Costs:
        return _load("costs", Costs)

    # -- words for the gate

    @cached_property
    def cache_words(self) -> tuple[str, ...]:
        """Words without which a file can neither name a memoizer nor call a store of these tables.

        What another package has is imported under the name of that package; what Python or Django have goes by its own
        name.
        """
        return tuple(sorted({word for row, name in self._cache_names() for word in _words(row, name)}))

    def _cache_names(self) -> Iterator[tuple[Kept, str]]:
        for memoizer in (*self.caches.memoizer, *self._extension.memoizer):
            yield from ((memoizer, name) for name in memoizer.names)
        for store in (*self.caches.store, *self._extension.store):
            yield from ((store, name) for name in store.receivers)
        for holder in self.caches.holder:
            yield from ((holder, name) for name in holder.names)


def _written(name: str, form: str) -> Iterable[str]:
    """A decorator as code writes it: bare, called, or either."""
    if form != "called":
        yield name
    if form != "bare":
        yield f"{name}()"


def _words(row: Kept, name: str) -> Iterable[str]:
    parts = re.sub(r"\([^)]*\)|\[\]", "", name).split(".")
    if row.package not in ("", "Django"):
        yield parts[0]
        return
    # Nearly every file has the word `open`: that of `shelve.open` is `shelve`.
    yield next(part for part in reversed(parts) if not hasattr(builtins, part))


@lru_cache(maxsize=8)
def load_knowledge(django: Version = NEWEST, extension: Extension | None = None) -> Knowledge:
    """The tables that ship with the package, as they hold for a Django version, with a project's own rows."""
    return Knowledge(django, extension)


@lru_cache(maxsize=1)
def _caches() -> Caches:
    parts = [_load(f"caches/{name}", Caches) for name in _CACHES]
    return Caches(
        switch=tuple(row for part in parts for row in part.switch),
        memoizer=tuple(row for part in parts for row in part.memoizer),
        store=tuple(row for part in parts for row in part.store),
        read=tuple(row for part in parts for row in part.read),
        holder=tuple(row for part in parts for row in part.holder),
        serializer=tuple(row for part in parts for row in part.serializer),
        harmless=tuple(row for part in parts for row in part.harmless),
    )


@cache
def _load(name: str, table: type[Table]) -> Table:
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=table)
