"""The tables as one Django version has them, indexed by the names that code uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from qscache_lint.knowledge.cache_rows import (
    Holder,
    Memoizer,
    ReadCall,
    Serializer,
    Setting,
    SettingsModules,
    StoreCall,
)
from qscache_lint.knowledge.consumer_rows import Consumer, ConsumerTable
from qscache_lint.knowledge.cost_rows import EffectCost, StoreCost
from qscache_lint.knowledge.extension import Extension
from qscache_lint.knowledge.function_rows import CalledLater, Caller, FunctionTable
from qscache_lint.knowledge.loading import caches, costs, load_table
from qscache_lint.knowledge.model import MEASURED, Effect, Store, Switch, Version
from qscache_lint.knowledge.queryset_rows import (
    HandedOver,
    Handing,
    ManagerFunction,
    ManagerQuery,
    Operation,
    Operator,
    QuerySetTable,
    Subject,
)

if TYPE_CHECKING:
    from qscache_lint.knowledge.template_rows import TemplateKnowledge

_WithExceptions = TypeVar("_WithExceptions", Operation, Consumer)
_OfMethods = TypeVar("_OfMethods", StoreCall, ReadCall, Serializer)
_VARIANT = re.compile(r"\((\w+)=([^()]*(?:\(\))?)\)")
_STEP = re.compile(r"$|(?<=[\w\]])[.(\[]")


class Knowledge:
    """The tables as they hold for one Django version, indexed by the dotted names that code uses.

    Rows of `extension` come before those of the tables.
    """

    def __init__(self, django: Version = MEASURED[-1], extension: Extension | None = None) -> None:
        self.extension = extension = extension or Extension()
        self.django = django
        self.functions = load_table("functions", FunctionTable)
        self.caches = caches()
        self.querysets = load_table("queryset", QuerySetTable)
        self.consumer_table = load_table("consumers", ConsumerTable)
        self._stores = (*self.caches.store, *extension.store)
        self._reads = (*self.caches.read, *extension.read)

    # -- caches

    @cached_property
    def memoizers(self) -> Mapping[str, Memoizer]:
        """By what decorates: `functools.lru_cache`, and `functools.lru_cache()` for a decorator that is called."""
        rows = (*self.caches.memoizer, *self.extension.memoizer)
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
        names = [name for memoizer in self.caches.memoizer for name in memoizer.names]
        names += [name for store in self.caches.store for name in store.receivers]
        names += [name for read in self.caches.read for name in read.receivers]
        names += [name for row in self.caches.serializer for name in row.receivers]
        return frozenset(name[: match.end()] for name in names for match in _VARIANT.finditer(name))

    @cached_property
    def stores(self) -> Mapping[str, StoreCall]:
        """By the full name of the method: `django.core.cache.cache.set`."""
        return _by_method(self._stores)

    @cached_property
    def store_receivers(self) -> frozenset[str]:
        """The caches themselves, by their full names: `django.core.cache.cache`."""
        return frozenset(name for row in self._stores for name in row.receivers)

    @cached_property
    def store_methods(self) -> frozenset[str]:
        return frozenset(method for row in self._stores for method in row.methods)

    @cached_property
    def reads(self) -> Mapping[str, ReadCall]:
        """By the full name of the method: `django.core.cache.cache.get`."""
        return _by_method(self._reads)

    @cached_property
    def read_methods(self) -> frozenset[str]:
        return frozenset(method for row in self._reads for method in row.methods)

    @cached_property
    def holders(self) -> Mapping[str, Holder]:
        return {name: row for row in self.caches.holder for name in row.names}

    def variable(self, dotted: str) -> Store | None:
        """How a variable with a `set` of its own keeps what it is given: a `ContextVar`; None for any other object."""
        row = self.stores.get(f"{dotted}.set")
        return row.store if row is not None and row.key is None else None

    def holds(self, dotted: str) -> Store | None:
        """How an object keeps its attributes or entries: `threading.local()`, a variable; None for any other."""
        row = self.holders.get(dotted)
        return self.variable(dotted) if row is None else row.store

    @cached_property
    def serializers(self) -> Mapping[str, Serializer]:
        """By the full name of the function or method."""
        functions = {name: row for row in self.caches.serializer for name in row.names}
        return {**_by_method(self.caches.serializer), **functions}

    @cached_property
    def serializing_names(self) -> frozenset[str]:
        """The last names of functions and methods that serialise, and of what calls one that it is given."""
        partials = self.querysets.constructors.partial
        return frozenset(name.rpartition(".")[2] for name in (*self.serializers, *partials))

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """What may choose a serializer, by the name that the rows of serializers have for it."""
        return {row.setting: row for row in self.caches.setting}

    @property
    def settings_modules(self) -> SettingsModules:
        """Which modules of a project can be its settings."""
        (row,) = self.caches.settings_modules
        return row

    @cached_property
    def serializer_receivers(self) -> frozenset[str]:
        """Objects with methods that serialise, by their full names; `celery.shared_task()` for a decorated function."""
        return frozenset(name for row in self.caches.serializer for name in row.receivers)

    @cached_property
    def members(self) -> frozenset[str]:
        """Attributes of instances that the tables speak of, and the ways to them: `diskcache.Cache().set`."""
        names = {*self.stores, *self.reads, *self.serializers, *self.consumers, *self.memoizers}
        return frozenset(name[: match.start()] for name in names for match in _STEP.finditer(name) if "()." in name)

    @cached_property
    def cache_steps(self) -> frozenset[str]:
        """The names of caches, memoizers and their methods, and the ways to them: `django.core.cache`."""
        names = {*self.stores, *self.reads, *self.serializers, *self.memoizers, *self.holders}
        return frozenset(name[: match.start()] for name in names for match in _STEP.finditer(name))

    @cached_property
    def declared(self) -> frozenset[str]:
        """Functions and classes of the project that its own rows call caches, by their full names."""
        rows = self.extension
        names = [name for memoizer in rows.memoizer for name in memoizer.names]
        names += [name for store in rows.store for name in store.receivers]
        names += [name for read in rows.read for name in read.receivers]
        return frozenset(re.split(r"[(\[]", name)[0] for name in names)

    @cached_property
    def constants(self) -> Mapping[str, bool | int | str]:
        """The values of constants outside the project, by name."""
        return {name: row.value for row in self.functions.constant for name in row.names}

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
    def callers(self) -> Mapping[str, Caller]:
        """What calls a function that it is given, by its full name."""
        return {name: row for row in self.functions.caller for name in row.names}

    def called_later(self, dotted: str, argument: str) -> CalledLater | None:
        """The row of a field's argument that may be a function in some version of Django; None for others."""
        rows = self.functions.called_later
        return next((row for row in rows if dotted in row.names and argument in row.arguments), None)

    @cached_property
    def flavours(self) -> Mapping[str, str]:
        """How a decorator binds the function: "static", "class" or "property"."""
        return {name: row.binding for row in self.functions.flavour for name in row.names}

    # -- QuerySets

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """By method name, as this Django version has them."""
        rows = (*self.querysets.operation, *self.extension.operation)
        return {name: row for name, row in self._named(rows) if not row.property}

    @cached_property
    def methods(self) -> Mapping[str, Operation]:
        """The operations, and those that only the QuerySets of packages have, by method name."""
        return {**dict(self._named(self.querysets.package_operation)), **self.operations}

    @cached_property
    def package_classes(self) -> Mapping[str, frozenset[str]]:
        """The classes of packages whose QuerySets have a method besides those of Django, by its name."""
        rows = self.querysets.package_operation
        names = {name for row in rows for name in row.names}
        return {name: frozenset(each for row in rows if name in row.names for each in row.of) for name in names}

    @cached_property
    def properties(self) -> Mapping[str, Operation]:
        """Attributes of a QuerySet that are no methods, by name."""
        rows = (*self.querysets.operation, *self.extension.operation)
        return {name: row for name, row in self._named(rows) if row.property}

    @cached_property
    def raw_operations(self) -> Mapping[str, Operation]:
        """Methods and properties of a RawQuerySet, by name."""
        return dict(self._named(self.querysets.raw))

    def _named(self, rows: Iterable[Operation]) -> Iterator[tuple[str, Operation]]:
        return ((name, self._now(row)) for row in rows if row.holds_in(self.django) for name in row.names)

    @cached_property
    def declared_operations(self) -> frozenset[str]:
        """Methods that the project's own rows describe, whatever their body says."""
        return frozenset(name for row in self.extension.operation for name in row.names)

    def _now(self, row: _WithExceptions) -> _WithExceptions:
        """A row without the exceptions of other Django versions."""
        cases = tuple(case for case in row.exceptional if case.holds_in(self.django))
        return msgspec.structs.replace(row, exceptional=cases)

    @cached_property
    def subjects(self) -> Mapping[str, Subject]:
        """By the full name of the class."""
        return {name: row for row in self.querysets.subject for name in row.names}

    @cached_property
    def handings(self) -> Mapping[str, Handing]:
        """By the name of the method."""
        return {row.method: row for row in self.querysets.handing}

    @cached_property
    def manager_functions(self) -> Mapping[str, ManagerFunction]:
        """By the full name of the function."""
        return {name: row for row in self.querysets.manager_function for name in row.names}

    @cached_property
    def manager_queries(self) -> Mapping[tuple[str, str], ManagerQuery]:
        """By the model, and the method of its managers."""
        rows = self.querysets.manager_query
        return {(model, method): row for row in rows for model in row.models for method in row.methods}

    @cached_property
    def handed_over(self) -> Mapping[str, HandedOver]:
        """By the full name of the class that hands over."""
        return {name: row for row in self.querysets.handed for name in row.names}

    @cached_property
    def operators(self) -> Mapping[str, Operator]:
        """By symbol."""
        rows = (row for row in self.querysets.operator if row.holds_in(self.django))
        return {symbol: row for row in rows for symbol in row.symbols}

    @cached_property
    def combining(self) -> frozenset[str]:
        """The symbols of the operators that make a new QuerySet of two: `|`, `&`, `^`."""
        return frozenset(symbol for symbol, row in self.operators.items() if row.effect is Effect.REFINES)

    @cached_property
    def raw_operators(self) -> Mapping[str, Operator]:
        """What operators do on a RawQuerySet, by symbol."""
        rows = (row for row in self.querysets.raw_operator if row.holds_in(self.django))
        return {symbol: row for row in rows for symbol in row.symbols}

    # -- consumers of QuerySets

    @cached_property
    def consumers(self) -> Mapping[str, Consumer]:
        """By what is called: `list`, `logging.Logger.info` and `logging.Logger().info`."""
        return {name: row for row in self.consumer_rows for name in row.called}

    @cached_property
    def class_consumers(self) -> Mapping[str, tuple[Consumer, ...]]:
        """By class: the rows that speak of its attributes or of what its methods return."""
        found: dict[str, tuple[Consumer, ...]] = {}
        for row in reversed(self.consumer_rows):
            for name in row.names if row.attributes or row.returns else ():
                found[name] = (*found.get(name, ()), row)
        return {name: tuple(sorted(rows, key=lambda row: not row.where)) for name, rows in found.items()}

    @cached_property
    def consumer_rows(self) -> tuple[Consumer, ...]:
        """The rows as this Django version has them; those of the project come last."""
        rows = (*self.consumer_table.consumer, *self.extension.consumer)
        return tuple(self._now(row) for row in rows if row.holds_in(self.django))

    @cached_property
    def templates(self) -> TemplateKnowledge:
        from qscache_lint.knowledge.template_rows import TemplateKnowledge, TemplateTable

        return TemplateKnowledge(load_table("templates", TemplateTable), self.django)

    # -- costs

    @cached_property
    def store_costs(self) -> Mapping[Store, StoreCost]:
        return {row.store: row for row in costs().store}

    @cached_property
    def effect_costs(self) -> Mapping[Effect, EffectCost]:
        return {row.effect: row for row in costs().effect}


def _by_method(rows: Iterable[_OfMethods]) -> dict[str, _OfMethods]:
    """Rows by the full names of the methods that they speak of."""
    return {f"{receiver}.{method}": row for row in rows for receiver in row.receivers for method in row.methods}


def _written(name: str, form: str) -> Iterable[str]:
    """A decorator as code writes it: bare, called, or either."""
    if form != "called":
        yield name
    if form != "bare":
        yield f"{name}()"


@lru_cache(maxsize=8)
def load_knowledge(django: Version = MEASURED[-1], extension: Extension | None = None) -> Knowledge:
    """The tables that ship with the package, as they hold for a Django version, with a project's own rows."""
    return Knowledge(django, extension)
