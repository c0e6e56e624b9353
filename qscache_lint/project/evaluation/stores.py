"""Store and read calls of cache APIs: what they keep, under which key, and who gets it back.

`cache[key] = value` is the call `cache.__setitem__(key, value)`, and `cache[key]` is `cache.__getitem__(key)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from itertools import chain

import msgspec

from qscache_lint.facts.model import Attribute, Call, Container, ItemStore, Parameter, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import ReadCall, Slot, Store, StoreCall
from qscache_lint.project.abstract import (
    Atom,
    External,
    Frame,
    Function,
    FunctionId,
    Literal,
    Memoized,
    Method,
    Origin,
    Partial,
    Unknown,
    Value,
    join,
    keep,
    widened,
)
from qscache_lint.project.evaluation.binding import place_of, slot, written
from qscache_lint.project.evaluation.core import Core, Passed, Site
from qscache_lint.project.evaluation.helpers import Handed, Helpers
from qscache_lint.project.keys import Key, Written, answers, is_known, key_of, outline, variable_key
from qscache_lint.values import Span, Step


class StoreSite(msgspec.Struct, frozen=True):
    """One place that may store: the cache (a term) and its method, what is given by slot, and where it stands.

    `ref` is the term of the call; of an assignment to an item, the term of the value.
    """

    path: str
    cache: Ref
    method: str
    given: Callable[[Slot], Ref | None]
    ref: Ref
    span: Span
    function: int = 0


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


class Stores:
    """Follows values into caches and out again."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._helpers = Helpers(core)
        self._sites: dict[str, tuple[int, tuple[StoreSite, ...]]] = {}
        """By module: how many of its units were chosen when it was looked through, and what was found."""
        self._known_reads: dict[tuple[str, tuple[Key, ...]], Value] = {}

    # -- what is kept

    def kept_at(self, site: StoreSite) -> Value:
        """What a store keeps, as the cache hands it out; nothing when it is no store of the tables."""
        return join(
            self._keep(self._core.value(site.path, value), row, dotted, site)
            for row, dotted in self.rows(site)
            if (value := site.given(row.value)) is not None
        )

    def kept_by(self, row: StoreCall, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
        """What a store call keeps that also hands the value out, in the activation of `site`."""
        given = slot(passed, row.value)
        if given is None:
            return ()
        how = called(dotted)
        return self._kept(given.value, row, how, self._core.step(site.path, site.ref, f"cached here by {how}"), site)

    def _keep(self, value: Value, row: StoreCall, dotted: str, site: StoreSite) -> Value:
        how = called(dotted)
        cached_at = Step(site.path, site.span, f"cached here by {how}")
        return self._kept(value, row, how, cached_at, Site(site.path, site.ref, None))

    def handed_over(self, value: Value, row: StoreCall, dotted: str, site: Site, stored: Step) -> Value:
        """What a call keeps that hands `value` to a helper, whose own store call is at `stored`."""
        how = called(dotted)
        handed = self._core.step(site.path, site.ref, f"handed over here, to be cached by {how}")
        return self._kept(value, row, how, handed, site, stored)

    def _kept(
        self, value: Value, row: StoreCall, how: str, at: Step, site: Site, stored: Step | None = None
    ) -> Value:
        store: Store | None = row.store
        if store is None:
            return ()
        return keep(self._stored_value(value, row, site), Origin(store, how, how, at, stored=stored))

    def _stored_value(self, value: Value, row: StoreCall, site: Site) -> Value:
        """The value itself, or what it returns when it is callable and the store calls it."""
        if not row.calls_value:
            return value
        return join(self._core.call(atom, (), site) if _is_callable(atom) else (atom,) for atom in value)

    # -- where something is kept

    def sites(self, path: str) -> tuple[StoreSite, ...]:
        """The places of a module that may store, told by their form; `function` is the one that each stands in."""
        chosen = self._core.project.caching.number(path)
        known = self._sites.get(path)
        if known is None or known[0] != chosen:
            known = self._sites[path] = (chosen, tuple(self._seen(path)))
        return known[1]

    def _seen(self, path: str) -> Iterator[StoreSite]:
        facts = self._core.facts(path)
        methods = self._core.knowledge.store_methods
        caching = self._core.project.caching
        for index, function in caching.functions(path, facts):
            for ref, call in caching.calls(path, facts, index):
                method = facts.terms[call.function]
                if isinstance(method, Attribute) and method.name in methods:
                    yield _of_call(path, facts, ref, call, method, index)
            for event in function.events:
                if isinstance(event, ItemStore):
                    yield _of_item(path, event, index)

    def rows(self, site: StoreSite) -> Iterator[tuple[StoreCall, str]]:
        """The rows of the tables that a store falls under, each with the full name of the method."""
        if site.method not in self._core.knowledge.store_methods:
            return
        if not self._core.project.to_caches.has(site.path, site.cache):
            return
        for atom in self._core.value(site.path, site.cache):
            dotted = f"{atom.dotted}.{site.method}" if isinstance(atom, External) else ""
            row = self._core.knowledge.stores.get(dotted)
            if row is not None:
                yield row, dotted

    # -- what a read gets

    def read_back(self, dotted: str, cache: Ref | None, passed: tuple[Passed, ...], site: Site) -> Value:
        """`cache.get(key)`: what is stored under that key, or the default; `cache` is the term before `.get`."""
        row = self._core.knowledge.reads[dotted]
        default = None if row.default is None else slot(passed, row.default)
        missing: Value = (Literal(None),) if default is None else default.value
        return self._read(site.path, self._wanted(row, cache, passed, site), missing) or (Unknown(dotted),)

    def _wanted(self, row: ReadCall, cache: Ref | None, passed: tuple[Passed, ...], site: Site) -> tuple[Key, ...]:
        if cache is None:
            return ()
        if row.key is None:
            variable = self._variable(site.path, cache)
            return () if variable is None else (variable,)
        key = slot(passed, row.key)
        version = None if row.version is None else slot(passed, row.version)
        if key is None:
            return ()
        return self._keys(site, Written(cache, key.argument.value, None if version is None else version.argument.value))

    def _keys(self, site: Site, written: Written) -> tuple[Key, ...]:
        """The key as this activation knows it, and as it is known without: what fills the entry may know as little."""
        keys = (self._key(site.path, written, frame) for frame in (site.frame, None))
        return tuple(dict.fromkeys(keys))

    def read_item(self, dotted: str, cache: Ref, key: Ref, site: Site) -> Value:
        """`cache[key]`: what the project stores under that key; nothing for what is no cache of the tables."""
        if f"{dotted}.__getitem__" not in self._core.knowledge.reads:
            return ()
        return self._read(site.path, self._keys(site, Written(cache, key)), ())

    def reads_for_caller(self, path: str, index: int) -> bool:
        """Whether a function reads a cache under a key that is made of its parameters."""
        return self._helpers.reads_for_caller(path, index)

    def _read(self, path: str, wanted: tuple[Key, ...], missing: Value) -> Value:
        if not wanted:
            return ()
        kept = self._core.settle((path, wanted), self._known_reads, lambda: self._entered(path, wanted))
        return join([kept, missing, (Unknown("an entry of a cache"),)])

    def _entered(self, path: str, wanted: tuple[Key, ...]) -> Value:
        """What the project puts under some keys, as far as a module can see it."""
        near = chain.from_iterable(self._entries.get(each, ()) for each in dict.fromkeys(map(outline, wanted)))
        return widened(
            join(
                self._kept_in(entry)
                for entry in near
                if _is_wanted(entry, wanted) and self._core.project.modules.sees(path, entry.site.path)
            )
        )

    def _kept_in(self, entry: Entry) -> Value:
        if entry.handed is None:
            return self._keep(self._core.value(entry.site.path, entry.value), entry.row, entry.dotted, entry.site)
        value = self._core.value(entry.handed.path, entry.value)
        stored = Step(entry.site.path, entry.site.span, "stored here")
        site = Site(entry.handed.path, entry.handed.ref, None)
        return self.handed_over(value, entry.row, entry.dotted, site, stored)

    # -- every entry that the project fills

    @cached_property
    def _entries(self) -> dict[Hashable, list[Entry]]:
        """What the stores of the files that may have some fill, by the outline of the key."""
        stores = [
            (site, row, dotted)
            for path in self._core.project.candidates
            if self._core.project.facts(path) is not None
            for site in self.sites(path)
            for row, dotted in self.rows(site)
        ]
        direct = (
            Entry(key, value, row, dotted, site)
            for site, row, dotted in stores
            for key, value in self._parts(site, row)
        )
        found: dict[Hashable, list[Entry]] = {}
        for entry in (*direct, *self._handed(stores)):
            found.setdefault(outline(entry.key), []).append(entry)
        return found

    def _parts(self, site: StoreSite, row: StoreCall) -> Iterator[tuple[Key, Ref]]:
        """The keys and values of a store: one, or those of the dict that it is given."""
        value = site.given(row.value)
        version = None if row.version is None else site.given(row.version)
        if value is None:
            return
        if row.mapping:
            mapping = self._core.facts(site.path).terms[value]
            for entry in mapping.entries if isinstance(mapping, Container) else ():
                if entry.key is not None:
                    yield self._key(site.path, Written(site.cache, entry.key, version)), entry.value
            return
        key = None if row.key is None else site.given(row.key)
        if row.key is None:
            found = self._variable(site.path, site.cache)
        else:
            found = None if key is None else self._key(site.path, Written(site.cache, key, version))
        if found is not None:
            yield found, value

    def _handed(self, stores: Sequence[tuple[StoreSite, StoreCall, str]]) -> Iterator[Entry]:
        """The entries that calls fill by handing a value to a helper, which stores it under a key of their choice."""
        fillers = {
            FunctionId(site.path, site.function): (site, row, dotted, name)
            for site, row, dotted in stores
            if (name := self._stored_parameter(site, row)) is not None
        }
        for identity, handed in self._helpers.calls(fillers):
            site, row, dotted, name = fillers[identity]
            key = None if row.key is None else site.given(row.key)
            value = handed.arguments.get(name)
            if key is not None and value is not None:
                version = None if row.version is None else site.given(row.version)
                found = self._key(site.path, Written(site.cache, key, version), handed=handed)
                if is_known(found):
                    yield Entry(found, value, row, dotted, site, handed)

    def _stored_parameter(self, site: StoreSite, row: StoreCall) -> str | None:
        """The parameter of the function around a store whose value is kept, under a key; None for anything else."""
        value = None if row.mapping or row.key is None else site.given(row.value)
        term = None if value is None else self._core.facts(site.path).terms[value]
        return term.name if isinstance(term, Parameter) and term.function == site.function else None

    def _key(self, path: str, written: Written, frame: Frame | None = None, handed: Handed | None = None) -> Key:
        """The entry that some terms mean: in an activation, or with the arguments that a call hands over."""
        facts = self._core.facts(path)

        def evaluate(ref: Ref) -> Value:
            term = facts.terms[ref]
            given = handed.arguments.get(term.name) if handed is not None and isinstance(term, Parameter) else None
            if handed is not None and given is not None:
                return self._core.value(handed.path, given)
            return self._core.value(path, ref, frame)

        return key_of(facts, path, written, evaluate, self._core.project.modules.resolve)

    def _variable(self, path: str, cache: Ref) -> Key | None:
        """The one entry of a cache that is a variable of its own."""
        return variable_key(self._core.facts(path), path, cache, self._core.project.modules.resolve)


def _is_wanted(entry: Entry, wanted: Sequence[Key]) -> bool:
    """Whether a read may get an entry: by the key that its activation knows, or as what is written in both places."""
    known, *written = wanted
    if entry.handed is not None:
        return entry.key == known
    return answers(entry.key, known) or entry.key in written


def called(dotted: str) -> str:
    """A store call as users write it: `cache.set()`, `caches[…].set()`, `shelf[…] =`."""
    receiver, _, method = re.sub(r"\([^()]*(?:\(\))?\)", "", dotted.removeprefix("django.core.cache.")).rpartition(".")
    name = receiver.replace("[]", "[…]").rpartition(".")[2]
    return f"{name}[…] =" if method == "__setitem__" else f"{name}.{method}()"


def _of_call(path: str, facts: ModuleFacts, ref: Ref, call: Call, method: Attribute, function: int) -> StoreSite:
    arguments = written(facts, call)

    def given(wanted: Slot) -> Ref | None:
        """The argument at a position or with a keyword; None when it is not there, or behind a star."""
        place = place_of(arguments, wanted)
        return None if place is None else arguments[place].value

    return StoreSite(path, method.base, method.name, given, ref, facts.spans[ref], function)


def _of_item(path: str, event: ItemStore, function: int) -> StoreSite:
    def given(wanted: Slot) -> Ref | None:
        return (event.key, event.value)[wanted.index] if wanted.index in (0, 1) else None

    return StoreSite(path, event.base, "__setitem__", given, event.value, event.span, function)


def _is_callable(atom: Atom) -> bool:
    return isinstance(atom, (Function, Method, Memoized, Partial))
