"""Store calls of cache APIs: where they stand, and what they keep (see `entries` for what comes back).

`cache[key] = value` is the call `cache.__setitem__(key, value)`, and `cache[key]` is `cache.__getitem__(key)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.terms import Argument, Attribute, Call, Ref
from qscache_lint.knowledge.cache_rows import StoreCall
from qscache_lint.knowledge.model import Slot
from qscache_lint.project.abstract import Atom, External, Function, Memoized, Method, Partial, Value, join
from qscache_lint.project.evaluation.binding import place_of, slot, written
from qscache_lint.project.evaluation.core import (
    Context,
    Passed,
    Site,
    UnitReading,
    answers,
    reaches_caches,
)
from qscache_lint.project.evaluation.typed import given
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.querysets import Origin
from qscache_lint.project.value_sets import keep
from qscache_lint.values import Span, Step


class StoreSite(msgspec.Struct, frozen=True):
    """One place that may store: the cache (a term) and its method, the call or assignment, and where it stands.

    `ref` is the term of the call; of an assignment to an item, the term of the value.
    """

    path: str
    cache: Ref
    method: str
    stored: Call | ItemStore
    ref: Ref
    span: Span
    function: int = 0
    arguments: tuple[Argument, ...] = ()
    """Those of the call, as they are `written`."""

    def given(self, wanted: Slot) -> Ref | None:
        """The argument at a position or with a keyword; None when it is not there, or behind a star."""
        if isinstance(self.stored, ItemStore):
            return (self.stored.key, self.stored.value)[wanted.index] if wanted.index in (0, 1) else None
        place = place_of(self.arguments, wanted)
        return None if place is None else self.arguments[place].value


class StoreSites(UnitReading[tuple[StoreSite, ...]], frozen=True):
    """The places in the units of a module that name a cache, and may store."""


class Stored(msgspec.Struct, frozen=True):
    """The store call that a value ends up in: its row, its name, and where it stands."""

    row: StoreCall
    dotted: str
    step: Step


# -- what is kept


def kept_at(context: Context, site: StoreSite) -> Value:
    """What a store keeps, as the cache hands it out; nothing when it is no store of the tables."""
    return join(
        keep_at(context, given(context, site.path, value), row, dotted, site)
        for row, dotted in rows(context, site)
        if (value := site.given(row.value)) is not None
    )


def origins_at(context: Context, site: StoreSite) -> Iterator[Origin]:
    """Where a store puts what it is given, for each row of the tables that keeps it."""
    for row, dotted in rows(context, site):
        if row.store is not None:
            how = called(dotted)
            yield Origin(row.store, how, how, Step(site.path, site.span, f"cached here by {how}"))


def kept_by(context: Context, row: StoreCall, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
    """What a store call keeps that also hands the value out, in the activation of `site`."""
    given = slot(passed, row.value)
    if given is None:
        return ()
    step = context.step(site.path, site.ref, f"cached here by {called(dotted)}")
    return _kept(context, given.value, Stored(row, dotted, step), site)


def keep_at(context: Context, value: Value, row: StoreCall, dotted: str, site: StoreSite) -> Value:
    step = Step(site.path, site.span, f"cached here by {called(dotted)}")
    return _kept(context, value, Stored(row, dotted, step), Site(site.path, site.ref, None))


def handed_over(context: Context, value: Value, stored: Stored, site: Site) -> Value:
    """What a call keeps that hands `value` to a helper, whose own store call is `stored`."""
    message = f"passed here to {called(stored.dotted)}, which caches it"
    return _kept(context, value, stored, site, context.step(site.path, site.ref, message))


def _kept(context: Context, value: Value, by: Stored, site: Site, handed: Step | None = None) -> Value:
    """What a store call keeps of a value: at its own place, or where that is `handed` to it."""
    if by.row.store is None:
        return ()
    how = called(by.dotted)
    at, stored = (by.step, None) if handed is None else (handed, by.step)
    return keep(_stored_value(context, value, by.row, site), Origin(by.row.store, how, how, at, stored=stored))


def _stored_value(context: Context, value: Value, row: StoreCall, site: Site) -> Value:
    """The value itself, or what it returns when it is callable and the store calls it."""
    if not row.calls_value:
        return value
    return join(context.call(atom, (), site) if _is_callable(atom) else (atom,) for atom in value)


# -- where something is kept


def sites(context: Context, path: str) -> tuple[StoreSite, ...]:
    """The places of a module that may store, told by their form; `function` is the one that each stands in."""
    return context.ask(StoreSites(path))


@answers(StoreSites)
def _sites(context: Context, asked: StoreSites) -> tuple[StoreSite, ...]:
    return tuple(_seen(context, asked.path))


def _seen(context: Context, path: ModulePath) -> Iterator[StoreSite]:
    facts = context.module(path)
    if facts is None:
        return
    methods = context.knowledge.store_methods
    caching = context.project.caching
    for index, function in caching.functions(path, facts):
        for ref, call in caching.calls(path, facts, index):
            method = facts.terms[call.function]
            if isinstance(method, Attribute) and method.name in methods:
                arguments = written(facts, call)
                yield StoreSite(path, method.base, method.name, call, ref, facts.spans[ref], index, arguments)
        for event in function.events:
            if isinstance(event, ItemStore):
                yield StoreSite(path, event.base, "__setitem__", event, event.value, event.span, index)


def rows(context: Context, site: StoreSite) -> Iterator[tuple[StoreCall, str]]:
    """The rows of the tables that a store falls under, each with the full name of the method."""
    if site.method not in context.knowledge.store_methods:
        return
    if not reaches_caches(context, site.path, site.cache):
        return
    for atom in context.value(site.path, site.cache):
        dotted = f"{atom.dotted}.{site.method}" if isinstance(atom, External) else ""
        row = context.knowledge.stores.get(dotted)
        if row is not None:
            yield row, dotted


def called(dotted: str) -> str:
    """A store call as users write it: `cache.set()`, `caches[…].set()`, `shelf[…] =`."""
    receiver, _, method = re.sub(r"\([^()]*(?:\(\))?\)", "", dotted.removeprefix("django.core.cache.")).rpartition(".")
    name = receiver.replace("[]", "[…]").rpartition(".")[2]
    return f"{name}[…] =" if method == "__setitem__" else f"{name}.{method}()"


def _is_callable(atom: Atom) -> bool:
    return isinstance(atom, (Function, Method, Memoized, Partial))
