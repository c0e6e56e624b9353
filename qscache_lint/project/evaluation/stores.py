"""Store and read calls of cache APIs: what they keep, under which key, and who gets it back.

`cache[key] = value` is the call `cache.__setitem__(key, value)`, and `cache[key]` is `cache.__getitem__(key)`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import chain
from typing import ClassVar

import msgspec

from qscache_lint.facts.model import Attribute, Call, Container, ItemStore, Parameter, Ref
from qscache_lint.knowledge import ReadCall, Slot, StoreCall
from qscache_lint.project.abstract import (
    Atom,
    External,
    Frame,
    Function,
    FunctionId,
    Literal,
    Memoized,
    Method,
    ModulePath,
    Origin,
    Partial,
    Unknown,
    Value,
    join,
    keep,
    widened,
)
from qscache_lint.project.evaluation.core import (
    Candidates,
    Context,
    Passed,
    Site,
    UnitReading,
    ValueQuestion,
    answers,
    reaches_caches,
    slot,
)
from qscache_lint.project.evaluation.helpers import Handed, calls_of
from qscache_lint.project.keys import Key, Written, is_known, key_of, outline, variable_key
from qscache_lint.project.keys import answers as covers
from qscache_lint.project.table import Question
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

    def given(self, wanted: Slot) -> Ref | None:
        """The argument at a position or with a keyword; None when it is not there, or behind a star."""
        if isinstance(self.stored, ItemStore):
            return (self.stored.key, self.stored.value)[wanted.index] if wanted.index in (0, 1) else None
        for position, argument in enumerate(self.stored.arguments):
            if argument.star:
                return None
            if wanted.takes(position, argument.keyword):
                return argument.value
        return None


class StoreSites(UnitReading[tuple[StoreSite, ...]], frozen=True):
    """The places in the units of a module that name a cache, and may store."""


class Stored(msgspec.Struct, frozen=True):
    """The store call that a value ends up in: its row, its name, and where it stands."""

    row: StoreCall
    dotted: str
    step: Step


class Entry(msgspec.Struct, frozen=True):
    """One entry of a cache that is filled: its key, the term of its value, by which row of the tables, and where.

    Where a call hands the value to a helper that stores it, `handed` is that call, and has the term of the value.
    """

    key: Key
    value: Ref
    row: StoreCall
    dotted: str
    site: StoreSite
    handed: Handed | None = None


# -- what is kept


def kept_at(context: Context, site: StoreSite) -> Value:
    """What a store keeps, as the cache hands it out; nothing when it is no store of the tables."""
    return join(
        _keep(context, context.value(site.path, value), row, dotted, site)
        for row, dotted in rows(context, site)
        if (value := site.given(row.value)) is not None
    )


def kept_by(context: Context, row: StoreCall, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
    """What a store call keeps that also hands the value out, in the activation of `site`."""
    given = slot(passed, row.value.index, row.value.keyword)
    if given is None:
        return ()
    step = context.step(site.path, site.ref, f"cached here by {called(dotted)}")
    return _kept(context, given.value, Stored(row, dotted, step), site)


def _keep(context: Context, value: Value, row: StoreCall, dotted: str, site: StoreSite) -> Value:
    step = Step(site.path, site.span, f"cached here by {called(dotted)}")
    return _kept(context, value, Stored(row, dotted, step), Site(site.path, site.ref, None))


def handed_over(context: Context, value: Value, stored: Stored, site: Site) -> Value:
    """What a call keeps that hands `value` to a helper, whose own store call is `stored`."""
    message = f"handed over here, to be cached by {called(stored.dotted)}"
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
    facts = context.facts(path)
    methods = context.knowledge.store_methods
    caching = context.project.caching
    for index, function in caching.functions(path, facts):
        for ref in caching.refs(path, facts, index):
            term = facts.terms[ref]
            method = facts.terms[term.function] if isinstance(term, Call) else None
            if isinstance(term, Call) and isinstance(method, Attribute) and method.name in methods:
                yield StoreSite(path, method.base, method.name, term, ref, facts.spans[ref], index)
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


# -- what a read gets


def read_back(context: Context, dotted: str, cache: Ref | None, passed: tuple[Passed, ...], site: Site) -> Value:
    """`cache.get(key)`: what is stored under that key, or the default; `cache` is the term before `.get`."""
    row = context.knowledge.reads[dotted]
    default = None if row.default is None else slot(passed, row.default.index, row.default.keyword)
    missing: Value = (Literal(None),) if default is None else default.value
    return _read(context, site.path, _wanted(context, row, cache, passed, site), missing) or (Unknown(dotted),)


def _wanted(
    context: Context, row: ReadCall, cache: Ref | None, passed: tuple[Passed, ...], site: Site
) -> tuple[Key, ...]:
    if cache is None:
        return ()
    if row.key is None:
        variable = _variable(context, site.path, cache)
        return () if variable is None else (variable,)
    key = slot(passed, row.key.index, row.key.keyword)
    version = None if row.version is None else slot(passed, row.version.index, row.version.keyword)
    if key is None:
        return ()
    return _keys(context, site, Written(cache, key.argument.value, None if version is None else version.argument.value))


def _keys(context: Context, site: Site, written: Written) -> tuple[Key, ...]:
    """The key as this activation knows it, and as it is known without: what fills the entry may know as little."""
    keys = (_key(context, site.path, written, frame) for frame in (site.frame, None))
    return tuple(dict.fromkeys(keys))


def read_item(context: Context, dotted: str, cache: Ref, key: Ref, site: Site) -> Value:
    """`cache[key]`: what the project stores under that key; nothing for what is no cache of the tables."""
    if f"{dotted}.__getitem__" not in context.knowledge.reads:
        return ()
    return _read(context, site.path, _keys(context, site, Written(cache, key)), ())


def _read(context: Context, path: str, wanted: tuple[Key, ...], missing: Value) -> Value:
    if not wanted:
        return ()
    return join([context.ask(EntriesFor(path, wanted)), missing, (Unknown("an entry of a cache"),)])


class EntriesFor(ValueQuestion, frozen=True):
    """What the project puts under some keys, as far as a module can see it."""

    path: ModulePath
    keys: tuple[Key, ...]


@answers(EntriesFor)
def _entered(context: Context, asked: EntriesFor) -> Value:
    filled = context.ask(Entries())
    near = chain.from_iterable(filled.get(each, ()) for each in dict.fromkeys(map(outline, asked.keys)))
    return widened(
        join(
            _kept_in(context, entry)
            for entry in near
            if _is_wanted(entry, asked.keys) and context.project.modules.sees(asked.path, entry.site.path)
        )
    )


def _kept_in(context: Context, entry: Entry) -> Value:
    if entry.handed is None:
        return _keep(context, context.value(entry.site.path, entry.value), entry.row, entry.dotted, entry.site)
    value = context.value(entry.handed.path, entry.value)
    stored = Stored(entry.row, entry.dotted, Step(entry.site.path, entry.site.span, "stored here"))
    return handed_over(context, value, stored, Site(entry.handed.path, entry.handed.ref, None))


# -- every entry that the project fills


class Entries(Question[Mapping[Hashable, Sequence[Entry]]], frozen=True):
    """What the stores of the files that may have some fill, by the outline of the key."""

    bottom: ClassVar[Mapping[Hashable, Sequence[Entry]]] = {}


@answers(Entries)
def _entries(context: Context, _: Entries) -> Mapping[Hashable, Sequence[Entry]]:
    stores = [
        (site, row, dotted)
        for path in context.ask(Candidates())
        if context.module(path) is not None
        for site in sites(context, path)
        for row, dotted in rows(context, site)
    ]
    direct = (
        Entry(key, value, row, dotted, site)
        for site, row, dotted in stores
        for key, value in _parts(context, site, row)
    )
    found: dict[Hashable, list[Entry]] = {}
    for entry in (*direct, *_handed(context, stores)):
        found.setdefault(outline(entry.key), []).append(entry)
    return found


def _parts(context: Context, site: StoreSite, row: StoreCall) -> Iterator[tuple[Key, Ref]]:
    """The keys and values of a store: one, or those of the dict that it is given."""
    value = site.given(row.value)
    version = None if row.version is None else site.given(row.version)
    if value is None:
        return
    if row.mapping:
        mapping = context.facts(site.path).terms[value]
        for entry in mapping.entries if isinstance(mapping, Container) else ():
            if entry.key is not None:
                yield _key(context, site.path, Written(site.cache, entry.key, version)), entry.value
        return
    key = None if row.key is None else site.given(row.key)
    if row.key is None:
        found = _variable(context, site.path, site.cache)
    else:
        found = None if key is None else _key(context, site.path, Written(site.cache, key, version))
    if found is not None:
        yield found, value


def _handed(context: Context, stores: Sequence[tuple[StoreSite, StoreCall, str]]) -> Iterator[Entry]:
    """The entries that calls fill by handing a value to a helper, which stores it under a key of their choice."""
    fillers = {
        FunctionId(site.path, site.function): (site, row, dotted, name)
        for site, row, dotted in stores
        if (name := _stored_parameter(context, site, row)) is not None
    }
    for identity, handed in calls_of(context, fillers):
        site, row, dotted, name = fillers[identity]
        key = None if row.key is None else site.given(row.key)
        value = handed.arguments.get(name)
        if key is not None and value is not None:
            version = None if row.version is None else site.given(row.version)
            found = _key(context, site.path, Written(site.cache, key, version), handed=handed)
            if is_known(found):
                yield Entry(found, value, row, dotted, site, handed)


def _stored_parameter(context: Context, site: StoreSite, row: StoreCall) -> str | None:
    """The parameter of the function around a store whose value is kept, under a key; None for anything else."""
    value = None if row.mapping or row.key is None else site.given(row.value)
    term = None if value is None else context.facts(site.path).terms[value]
    return term.name if isinstance(term, Parameter) and term.function == site.function else None


def _key(
    context: Context, path: str, written: Written, frame: Frame | None = None, handed: Handed | None = None
) -> Key:
    """The entry that some terms mean: in an activation, or with the arguments that a call hands over."""
    facts = context.facts(path)

    def evaluate(ref: Ref) -> Value:
        term = facts.terms[ref]
        given = handed.arguments.get(term.name) if handed is not None and isinstance(term, Parameter) else None
        if handed is not None and given is not None:
            return context.value(handed.path, given)
        return context.value(path, ref, frame)

    return key_of(facts, path, written, evaluate, context.project.modules.resolve)


def _variable(context: Context, path: str, cache: Ref) -> Key | None:
    """The one entry of a cache that is a variable of its own."""
    return variable_key(context.facts(path), path, cache, context.project.modules.resolve)


def _is_wanted(entry: Entry, wanted: Sequence[Key]) -> bool:
    """Whether a read may get an entry: by the key that its activation knows, or as what is written in both places."""
    known, *written = wanted
    if entry.handed is not None:
        return entry.key == known
    return covers(entry.key, known) or entry.key in written


def called(dotted: str) -> str:
    """A store call as users write it: `cache.set()`, `caches[…].set()`, `shelf[…] =`."""
    receiver, _, method = re.sub(r"\([^()]*(?:\(\))?\)", "", dotted.removeprefix("django.core.cache.")).rpartition(".")
    name = receiver.replace("[]", "[…]").rpartition(".")[2]
    return f"{name}[…] =" if method == "__setitem__" else f"{name}.{method}()"


def _is_callable(atom: Atom) -> bool:
    return isinstance(atom, (Function, Method, Memoized, Partial))
