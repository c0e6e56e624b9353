"""Store and read calls of cache APIs: what they keep, under which key, and who gets it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from qscache_lint.facts.model import Attribute, Call, Container, Ref
from qscache_lint.knowledge import ReadCall, Slot, StoreCall
from qscache_lint.project.abstract import (
    Atom,
    External,
    Function,
    Literal,
    Memoized,
    Method,
    Origin,
    Unknown,
    Value,
    join,
    keep,
)
from qscache_lint.project.evaluation.core import Core, Passed, Site, slot
from qscache_lint.project.keys import Key, key_of, variable_key
from qscache_lint.values import Step


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a cache that a store call fills: its key, the term of its value, and the call."""

    key: Key
    value: Ref
    row: StoreCall
    dotted: str
    site: Site


class Stores:
    """Follows values into caches and out again."""

    def __init__(self, core: Core) -> None:
        self._core = core

    # -- what a store call keeps

    def kept_by(self, row: StoreCall, dotted: str, call: Call, site: Site) -> Value:
        """What a store call of a cache API keeps, as the cache hands it out."""
        given = slot(self._core.passed(call, site), row.value.index, row.value.keyword)
        return () if given is None else self._keep(given.value, row, dotted, site)

    def _keep(self, value: Value, row: StoreCall, dotted: str, site: Site) -> Value:
        how = called(dotted)
        cached_at = self._core.step(site.path, site.ref, f"cached here by {how}")
        return keep(self._stored_value(value, row, site), Origin(row.store, how, how, cached_at))

    def handed_over(self, value: Value, row: StoreCall, dotted: str, site: Site, stored: Step) -> Value:
        """What a call keeps that hands `value` to a helper, whose own store call is at `stored`."""
        how = called(dotted)
        handed = self._core.step(site.path, site.ref, f"handed over here, to be cached by {how}")
        return keep(self._stored_value(value, row, site), Origin(row.store, how, how, handed, stored=stored))

    def _stored_value(self, value: Value, row: StoreCall, site: Site) -> Value:
        """The value itself, or what it returns when it is callable and the store calls it."""
        if not row.calls_value:
            return value
        return join(self._core.call(atom, (), site) if _is_callable(atom) else (atom,) for atom in value)

    # -- what a read call gets

    def read_back(self, dotted: str, passed: tuple[Passed, ...], site: Site) -> Value:
        """`cache.get(key)`: what the project stores under that key, or the default."""
        row = self._core.knowledge.reads[dotted]
        call = self._core.facts(site.path).terms[site.ref]
        wanted = self._wanted(row, call, passed, site) if isinstance(call, Call) else None
        if wanted is None:
            return (Unknown(dotted),)
        kept = [
            self._keep(self._core.value(entry.site.path, entry.value), entry.row, entry.dotted, entry.site)
            for entry in self._entries
            if entry.key == wanted and self._core.project.modules.sees(site.path, entry.site.path)
        ]
        default = slot(passed, row.default.index, row.default.keyword)
        missing: Value = (Literal(None),) if default is None else default.value
        return join([*kept, missing, (Unknown("an entry of a cache"),)])

    def _wanted(self, row: ReadCall, call: Call, passed: tuple[Passed, ...], site: Site) -> Key | None:
        if row.key is None:
            return self._variable(site.path, call)
        key = slot(passed, row.key.index, row.key.keyword)
        return None if key is None else self._key(site.path, call, key.argument.value)

    # -- every entry that the project fills

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        """What the store calls of the files that may have some fill."""
        found: list[Entry] = []
        for path in self._core.project.candidates:
            facts = self._core.project.facts(path)
            for ref, term in enumerate(facts.terms if facts is not None else ()):
                if isinstance(term, Call):
                    found.extend(self._filled(path, ref, term))
        return tuple(found)

    def _filled(self, path: str, ref: Ref, call: Call) -> Iterator[Entry]:
        called = self._core.facts(path).terms[call.function]
        if not isinstance(called, Attribute) or called.name not in self._core.knowledge.store_methods:
            return
        for atom in self._core.value(path, call.function):
            row = self._core.knowledge.stores.get(atom.dotted) if isinstance(atom, External) else None
            value = None if row is None else _given(call, row.value)
            if row is None or value is None or not isinstance(atom, External):
                continue
            for key, part in self._parts(path, call, row, value):
                yield Entry(key, part, row, atom.dotted, Site(path, ref, None))

    def _parts(self, path: str, call: Call, row: StoreCall, value: Ref) -> Iterator[tuple[Key, Ref]]:
        """The keys and values of a store call: one, or those of the dict that it is given."""
        if row.mapping:
            mapping = self._core.facts(path).terms[value]
            for entry in mapping.entries if isinstance(mapping, Container) else ():
                if entry.key is not None:
                    yield self._key(path, call, entry.key), entry.value
            return
        key = _given(call, row.key) if row.key is not None else None
        found = self._variable(path, call) if row.key is None else None if key is None else self._key(path, call, key)
        if found is not None:
            yield found, value

    def _key(self, path: str, call: Call, key: Ref) -> Key:
        return key_of(self._core.facts(path), path, call.function, key, lambda ref: self._core.value(path, ref))

    def _variable(self, path: str, call: Call) -> Key | None:
        """The one entry of a cache that is a variable of its own."""
        return variable_key(self._core.facts(path), path, call.function, self._core.project.modules.resolve)


def called(dotted: str) -> str:
    """A store call as users write it: `cache.set()`."""
    last = dotted.removeprefix("django.core.cache.").rpartition(".")
    receiver = last[0].replace("[]", "[…]").replace("()", "").rpartition(".")[2]
    return f"{receiver}.{last[2]}()"


def _given(call: Call, wanted: Slot) -> Ref | None:
    """The argument of a call at a position or with a keyword; None when it is not there, or behind a star."""
    for position, argument in enumerate(call.arguments):
        if argument.star:
            return None
        if wanted.takes(position, argument.keyword):
            return argument.value
    return None


def _is_callable(atom: Atom) -> bool:
    return isinstance(atom, (Function, Method, Memoized))
