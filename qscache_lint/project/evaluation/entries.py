"""Entries of caches: what the project puts under which key, and what a read call gets back."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import chain
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.terms import Container, Parameter, Ref
from qscache_lint.knowledge.cache_rows import ReadCall, StoreCall
from qscache_lint.project.abstract import Collection, Frame, Literal, Unknown, Value, join
from qscache_lint.project.evaluation.binding import slot
from qscache_lint.project.evaluation.core import Candidates, Context, Passed, Site, ValueQuestion, answers
from qscache_lint.project.evaluation.helpers import HelperCall, calls_of
from qscache_lint.project.evaluation.stores import Stored, StoreSite, handed_over, keep_at, rows, sites
from qscache_lint.project.evaluation.typed import given
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.keys import Key, KeyPlace, Written, is_known, key_of, outline, variable_key
from qscache_lint.project.keys import answers as covers
from qscache_lint.project.questions import Question
from qscache_lint.project.value_sets import widened
from qscache_lint.values import Step

ENTRY = Unknown("an entry of a cache")
"""What else may stand under a key: something that another program has put there."""


class FilledEntry(msgspec.Struct, frozen=True):
    """One entry of a cache that is filled: its key, the term of its value, by which row of the tables, and where.

    Where a call hands the value to a helper that stores it, `handed` is that call, and has the term of the value.
    """

    key: Key
    value: Ref
    row: StoreCall
    dotted: str
    site: StoreSite
    handed: HelperCall | None = None


def read_back(context: Context, dotted: str, cache: Ref | None, passed: tuple[Passed, ...], site: Site) -> Value:
    """`cache.get(key)`: what is stored under that key, or the default; `cache` is the term before `.get`."""
    row = context.knowledge.reads[dotted]
    if row.several:
        return _read_several(context, row, cache, passed, site) or (Unknown(dotted),)
    default = None if row.default is None else slot(passed, row.default)
    missing: Value = (Literal(None),) if default is None else default.value
    return _read(context, site.path, _wanted(context, row, cache, passed, site), missing) or (Unknown(dotted),)


def _read_several(
    context: Context, row: ReadCall, cache: Ref | None, passed: tuple[Passed, ...], site: Site
) -> Value:
    """`cache.get_many([key, …])`: what is stored under each of the keys, where these are written there."""
    keys = None if row.key is None else slot(passed, row.key)
    version = None if row.version is None else slot(passed, row.version)
    display = None if keys is None else context.facts(site.path).terms[keys.argument.value]
    if cache is None or not isinstance(display, Container) or any(entry.star for entry in display.entries):
        return ()
    at = None if version is None else version.argument.value
    members = tuple(
        (name, _read(context, site.path, _keys(context, site, Written(cache, entry.value, at)), ()))
        for entry in display.entries
        if (name := _constant(context, entry.value, site)) is not None
    )
    return (Collection("dict", members, (ENTRY,)),)


def _constant(context: Context, ref: Ref, site: Site) -> bool | int | str | None:
    value = context.value(site.path, ref, site.frame)
    return value[0].value if len(value) == 1 and isinstance(value[0], Literal) else None


def _wanted(
    context: Context, row: ReadCall, cache: Ref | None, passed: tuple[Passed, ...], site: Site
) -> tuple[Key, ...]:
    if cache is None:
        return ()
    if row.key is None:
        variable = _variable(context, site.path, cache)
        return () if variable is None else (variable,)
    key = slot(passed, row.key)
    version = None if row.version is None else slot(passed, row.version)
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
    return join([context.ask(EntriesFor(path, wanted)), missing, (ENTRY,)])


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


def _kept_in(context: Context, entry: FilledEntry) -> Value:
    if entry.handed is None:
        return keep_at(context, given(context, entry.site.path, entry.value), entry.row, entry.dotted, entry.site)
    value = given(context, entry.handed.path, entry.value)
    stored = Stored(entry.row, entry.dotted, Step(entry.site.path, entry.site.span, "stored here"))
    return handed_over(context, value, stored, Site(entry.handed.path, entry.handed.ref, None))


# -- every entry that the project fills


class Entries(Question[Mapping[Hashable, Sequence[FilledEntry]]], frozen=True):
    """What the stores of the files that may have some fill, by the outline of the key."""

    bottom: ClassVar[Mapping[Hashable, Sequence[FilledEntry]]] = {}


@answers(Entries)
def _entries(context: Context, _: Entries) -> Mapping[Hashable, Sequence[FilledEntry]]:
    stores = [
        (site, row, dotted)
        for path in context.ask(Candidates())
        for site in sites(context, path)
        for row, dotted in rows(context, site)
    ]
    direct = (
        FilledEntry(key, value, row, dotted, site)
        for site, row, dotted in stores
        for key, value in entries(context, site, row)
    )
    found: dict[Hashable, list[FilledEntry]] = {}
    for entry in (*direct, *_handed(context, stores)):
        found.setdefault(outline(entry.key), []).append(entry)
    return found


def entries(context: Context, site: StoreSite, row: StoreCall) -> Iterator[tuple[Key, Ref]]:
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


class _Filler(msgspec.Struct, frozen=True):
    """A function that stores what its `parameter` is given: by which store, and by which calls of others before."""

    site: StoreSite
    row: StoreCall
    dotted: str
    parameter: str
    calls: tuple[HelperCall, ...] = ()


def _handed(context: Context, stores: Sequence[tuple[StoreSite, StoreCall, str]]) -> Iterator[FilledEntry]:
    """The entries that calls fill by handing a value to a helper, which stores it under a key of their choice."""
    fillers: dict[FunctionId, list[_Filler]] = {}
    for site, row, dotted in stores:
        name = _stored_parameter(context, site, row)
        if name is not None:
            fillers.setdefault(FunctionId(site.path, site.function), []).append(_Filler(site, row, dotted, name))
    for _ in range(limits.HELPERS_DEEP):
        handing: dict[FunctionId, list[_Filler]] = {}
        for identity, handed in calls_of(context, fillers):
            for filler in fillers[identity]:
                yield from _entered_by(context, filler, handed)
                around = FunctionId(handed.path, context.facts(handed.path).around(handed.ref))
                name = _parameter(context, around, handed.arguments.get(filler.parameter))
                if name is not None:
                    further = replace(filler, parameter=name, calls=(*filler.calls, handed))
                    handing.setdefault(around, []).append(further)
        fillers = handing


def _entered_by(context: Context, filler: _Filler, handed: HelperCall) -> Iterator[FilledEntry]:
    """The entry that a call of a helper fills, where its key is known."""
    site, row = filler.site, filler.row
    key = None if row.key is None else site.given(row.key)
    value = handed.arguments.get(filler.parameter)
    if key is None or value is None:
        return
    chain: HelperCall | None = None
    for call in reversed((*filler.calls, handed)):
        chain = replace(call, outer=chain)
    version = None if row.version is None else site.given(row.version)
    found = _key(context, site.path, Written(site.cache, key, version), handed=chain)
    if is_known(found):
        yield FilledEntry(found, value, row, filler.dotted, site, handed)


def _stored_parameter(context: Context, site: StoreSite, row: StoreCall) -> str | None:
    """The parameter of the function around a store whose value is kept, under a key; None for anything else."""
    value = None if row.mapping or row.key is None else site.given(row.value)
    return _parameter(context, FunctionId(site.path, site.function), value)


def _parameter(context: Context, function: FunctionId, ref: Ref | None) -> str | None:
    """The name of the function's own parameter that a term is; None for any other term."""
    term = None if ref is None else context.facts(function.path).terms[ref]
    return term.name if isinstance(term, Parameter) and term.function == function.index else None


def _key(
    context: Context, path: str, written: Written, frame: Frame | None = None, handed: HelperCall | None = None
) -> Key:
    """The entry that some terms mean: in an activation, or with the arguments that a call hands over."""
    return key_of(_place(context, path, frame, handed), written, context.project.modules.resolve)


def _place(context: Context, path: str, frame: Frame | None, handed: HelperCall | None) -> KeyPlace:
    facts = context.facts(path)

    def given(ref: Ref) -> tuple[KeyPlace, Ref] | None:
        term = facts.terms[ref]
        argument = handed.arguments.get(term.name) if handed is not None and isinstance(term, Parameter) else None
        if handed is None or argument is None:
            return None
        return _place(context, handed.path, None, handed.outer), argument

    def evaluate(ref: Ref) -> Value:
        behind = given(ref)
        return context.value(path, ref, frame) if behind is None else behind[0].evaluate(behind[1])

    return KeyPlace(facts, path, evaluate, given)


def _variable(context: Context, path: str, cache: Ref) -> Key | None:
    """The one entry of a cache that is a variable of its own."""
    return variable_key(context.facts(path), path, cache, context.project.modules.resolve)


def _is_wanted(entry: FilledEntry, wanted: Sequence[Key]) -> bool:
    """Whether a read may get an entry: by the key that its activation knows, or as what is written in both places."""
    known, *written = wanted
    if entry.handed is not None:
        return entry.key == known
    return covers(entry.key, known) or entry.key in written
