"""Cached definitions: every place of a module that puts a QuerySet into a cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Argument, Call, Join, Parameter, Ref, same_object
from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.abstract import Function, Memoized, Value, querysets
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind, callees, written
from qscache_lint.project.evaluation.decorators import origin_of
from qscache_lint.project.evaluation.entries import entries
from qscache_lint.project.evaluation.remembering import remembered_by
from qscache_lint.project.evaluation.stores import kept_at, origins_at, rows, sites
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.kept_kinds import (
    SEQUENCES,
    Kinds,
    Rowless,
    container_kinds,
    empty_kinds,
    is_rows,
    lost_in,
    places,
    rowless,
)
from qscache_lint.project.project import Project
from qscache_lint.project.querysets import Origin, QuerySet
from qscache_lint.project.value_sets import all_querysets
from qscache_lint.values import Confidence, Step

Given: TypeAlias = tuple[FunctionId, str]
"""What a function of the project is given: one of its parameters."""


class Definition(msgspec.Struct, frozen=True):
    """One cached definition: what it keeps, and the function (by number) in which that happens.

    `kept` is the parameter of that function which is kept as it is, `filled` the one of a helper that it is given to.
    `keys` are those of the entries that a store call fills, as text, `again` the other places of that function which
    store the same value there. `containers` are the kinds of containers that it keeps in place of the QuerySet on other
    paths, `empty` those of which all are empty there, and `failing`, where there are no others, the places that call
    what these lack; it `is_called` where a method of a QuerySet is called at all. `rowless` is what it keeps that has
    no rows, also where it keeps no QuerySet; `contained` are the places that give either, as far as they are known. It
    `is_shared` where a memo of the process hands out rows in a list or tuple. `taken` is what a framework does with it
    that calls the cached method itself.
    """

    origin: Origin
    values: tuple[QuerySet, ...]
    path: str
    function: int
    kept: Given | None = None
    filled: Given | None = None
    keys: tuple[str, ...] = ()
    again: tuple[Step, ...] = ()
    containers: Kinds = ()
    empty: Kinds = ()
    failing: tuple[Step, ...] = ()
    is_called: bool = False
    rowless: tuple[Rowless, ...] = ()
    contained: tuple[Step, ...] = ()
    is_shared: bool = False
    taken: Effect | None = None

    @property
    def store(self) -> Store:
        """What kind of cache keeps it."""
        return self.origin.store

    @property
    def stores(self) -> tuple[Step, ...]:
        """The places that store it: several, where several statements fill one memo."""
        return tuple(dict.fromkeys((self.origin.site, *(queryset.kept.site for queryset in self.values), *self.again)))

    @property
    def confidence(self) -> Confidence:
        """As sure as the surest of its values."""
        told = [each.confidence for each in self.values] + [each.confidence for each in self.rowless]
        sure = Confidence.HIGH in told
        return Confidence.HIGH if sure else Confidence.MEDIUM

    @property
    def trail(self) -> tuple[Step, ...]:
        """Where the QuerySet is built, where it is cached, and which helper stores it."""
        steps = (self.origin.built, self.origin.site, self.origin.stored)
        return tuple(step for step in steps if step is not None)


def definitions(evaluator: Evaluator, path: str) -> Iterator[Definition]:
    """The cached definitions of a module, in the order of its functions."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    for index, function in evaluator.project.caching.functions(path, facts):
        if function.decorators:
            yield from _memoized(evaluator, FunctionId(path, index))
        yield from _wrapped(evaluator, path, index)
        yield from _handed_over(evaluator, path, index)
    for index, _ in evaluator.project.making.functions(path, facts):
        yield from _handmade(evaluator, path, index)
    yield from _stored(evaluator, path)


def without_helpers(found: Iterable[Definition]) -> tuple[Definition, ...]:
    """The definitions without the stores of helpers which keep what they are given, where calls give them a QuerySet.

    These calls are definitions themselves.
    """
    every = tuple(found)
    filled = {each.filled for each in every if each.filled not in (None, each.kept)}
    return tuple(each for each in every if each.kept not in filled)


def once(project: Project, found: Iterable[Definition]) -> tuple[Definition, ...]:
    """The definitions without those that store again, under the same key, what their function has stored there."""
    first: dict[tuple[object, ...], Definition] = {}
    for each in found:
        built = _built_beside(project, each) if each.keys else ()
        what = (each.path, each.function, each.keys, built or each.stores)
        known = first.get(what)
        first[what] = each if known is None else replace(known, again=(*known.again, *each.stores))
    return tuple(first.values())


def _built_beside(project: Project, definition: Definition) -> tuple[Step, ...]:
    """The places that build the value, all in the function that stores it; none where it may be another each time."""
    facts = project.facts(definition.path)
    built = tuple(dict.fromkeys(queryset.built for queryset in definition.values))
    steps = tuple(step for step in built if step is not None and step.path == definition.path)
    if facts is None or len(steps) < len(built):
        return ()
    function = facts.functions[definition.function]
    spans = {facts.spans[ref] for ref in range(function.first, function.last)}
    return steps if all(step.span in spans for step in steps) else ()


def _memoized(evaluator: Evaluator, identity: FunctionId) -> Iterator[Definition]:
    """A function, method or property whose decorators keep a QuerySet."""
    site = Site(identity.path, 0, None)
    memoizers = evaluator.memoizers(Function(identity, bare=True))
    for memoizer in reversed(memoizers):
        value = evaluator.call(memoizer, None, site)
        for found in _keeping(evaluator, value, identity.path, identity.index, origin_of(memoizer)):
            returned = [each.value for each in evaluator.facts(identity.path).functions[identity.index].returns]
            origin = replace(found.origin, function=identity)
            named = replace(found, origin=origin, taken=_taken_by_framework(evaluator, identity))
            yield _with_places(evaluator, named, identity.path, returned)
            return


def _taken_by_framework(evaluator: Evaluator, identity: FunctionId) -> Effect | None:
    """What a framework does with the value of a method that it calls; None where none is known to."""
    function = evaluator.facts(identity.path).functions[identity.index]
    if function.owner is None:
        return None
    row = evaluator.consumers.by_return(ClassId(identity.path, function.owner), function.name)
    return None if row is None else row.effect


def _wrapped(evaluator: Evaluator, path: str, index: int) -> Iterator[Definition]:
    """Calls of a memoizer with a function whose QuerySet it then keeps: `rows = lru_cache()(build)`."""
    facts = evaluator.facts(path)
    for ref, call in evaluator.project.caching.calls(path, facts, index):
        if not evaluator.project.to_caches.has(path, call.function):
            continue
        for atom in evaluator.value(path, ref):
            if not isinstance(atom, Memoized) or (atom.site.path, atom.site.span) != (path, facts.spans[ref]):
                continue
            value = evaluator.call(atom, None, Site(path, ref, None))
            yield from _keeping(evaluator, value, path, index, origin_of(atom))


def _stored(evaluator: Evaluator, path: str) -> Iterator[Definition]:
    """Stores of a cache API that are given a QuerySet."""
    facts = evaluator.facts(path)
    for site in sites(evaluator, path):
        origin = next(origins_at(evaluator, site), None)
        for found in _keeping(evaluator, kept_at(evaluator, site), path, site.function, origin):
            refs = {ref for row, _ in rows(evaluator, site) if (ref := site.given(row.value)) is not None}
            given = {_parameter(facts, path, ref, found.values) for ref in refs}
            parameter = given.pop() if len(given) == 1 else None
            keys = tuple(repr(key) for row, _ in rows(evaluator, site) for key, _ in entries(evaluator, site, row))
            yield _with_places(evaluator, replace(found, kept=parameter, keys=keys), path, sorted(refs))


def _handed_over(evaluator: Evaluator, path: str, index: int) -> Iterator[Definition]:
    """Calls that give a QuerySet to a function of the project which stores what it is given."""
    facts = evaluator.facts(path)
    for ref, call in evaluator.project.caching.calls(path, facts, index):
        if not evaluator.project.to_caches.has(path, call.function):
            continue
        yield from _remembered(evaluator, Site(path, ref, None), call, index)
        for argument in written(facts, call):
            given = evaluator.value(path, argument.value)
            if not querysets(given) and not rowless(given):
                continue
            for function, name in _filled_by(evaluator, Site(path, ref, None), call, argument):
                value, origin = _stored_by_helper(evaluator, given, function, name, Site(path, ref, None))
                for found in _keeping(evaluator, value, path, index, origin):
                    parameter = _parameter(facts, path, argument.value, found.values)
                    handed = replace(found, kept=parameter, filled=(function, name))
                    yield _with_places(evaluator, handed, path, (argument.value,))


def _stored_by_helper(
    evaluator: Evaluator, value: Value, function: FunctionId, parameter: str, site: Site
) -> tuple[Value, Origin | None]:
    """What a helper stores of what it is given, and where: as it would be of a QuerySet."""
    kept = evaluator.handed_over(value, function, parameter, site)
    origin = next((each.kept for each in flat(evaluator.handed_over((QuerySet(),), function, parameter, site))), None)
    return kept, origin


def _remembered(evaluator: Evaluator, site: Site, call: Call, index: int) -> Iterator[Definition]:
    """A call that hands a function to a helper, which keeps the QuerySet that it gives."""
    passed = evaluator.passed(call, site)
    for atom in evaluator.value(site.path, call.function):
        for function, given in callees(evaluator, atom, passed, site):
            frame = evaluator.activation(function, given)
            for name, value, origin in remembered_by(evaluator, function, frame, site):
                for found in _keeping(evaluator, value, site.path, index, origin):
                    yield replace(found, filled=(function.of, name))


def _parameter(facts: ModuleFacts, path: str, ref: Ref, values: tuple[QuerySet, ...]) -> Given | None:
    """The parameter that a term is, whatever tests have shown of it or which branch has led to it; else None.

    None as well when one of its `values` was built here: by its default.
    """
    if any(each.built is not None for each in values):
        return None
    pending, seen, found = [ref], set[Ref](), set[Given | None]()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        term = facts.terms[current]
        same = same_object(term)
        if isinstance(term, Join):
            pending.extend(choice.value for choice in term.choices)
        elif same is not None:
            pending.append(same)
        else:
            found.add((FunctionId(path, term.function), term.name) if isinstance(term, Parameter) else None)
    return found.pop() if len(found) == 1 else None


def _filled_by(evaluator: Evaluator, site: Site, call: Call, argument: Argument) -> Iterator[tuple[FunctionId, str]]:
    """The functions of the project that a call may run, with the parameter that one argument fills."""
    passed = evaluator.passed(call, site)
    for atom in evaluator.value(site.path, call.function):
        for function, given in callees(evaluator, atom, passed, site):
            facts = evaluator.facts(function.of.path).functions[function.of.index]
            name = bind(facts, given, function.receiver).taking(argument)
            if name is not None:
                yield function.of, name


def _handmade(evaluator: Evaluator, path: str, index: int) -> Iterator[Definition]:
    """Attributes, globals and dict entries that are filled once with a QuerySet."""
    for origin, value in evaluator.kept_by_hand(path, index):
        yield from _keeping(evaluator, value, path, index, None if origin.store is Store.SCOPED else origin)


def _keeping(
    evaluator: Evaluator, value: Value, path: str, index: int, origin: Origin | None = None
) -> Iterator[Definition]:
    """The definition of what a cache keeps, in a function of a module; none where nothing is to be said of it.

    `origin` is that of the value itself; without one, only QuerySets are looked for: an object that keeps an iterator
    in an attribute may well keep its place in it.
    """
    kept = tuple(flat(value))
    without = () if origin is None else lost_in(origin.store, rowless(value))
    is_shared = origin is not None and origin.store is Store.MEMO and is_rows(evaluator, value, SEQUENCES)
    origin = kept[0].kept if kept else origin
    if origin is not None and (kept or without or is_shared):
        mixed = value if querysets(value) else ()
        kinds, empty = container_kinds(mixed), empty_kinds(mixed)
        yield Definition(
            origin, kept, path, index, containers=kinds, empty=empty, rowless=without, is_shared=is_shared
        )


def _with_places(evaluator: Evaluator, definition: Definition, path: str, given: Iterable[Ref]) -> Definition:
    """A definition with the places that give a container or no rows, among those that some terms may come from."""
    wanted = {*definition.containers, *(each.kind for each in definition.rowless)}
    if not wanted:
        return definition

    def kinds_of(value: Value) -> Kinds:
        kinds = (*container_kinds(value), *(each.kind for each in rowless(value)))
        return tuple(kind for kind in kinds if kind in wanted)

    contained = dict.fromkeys(step for ref in given for step in places(evaluator, path, ref, kinds_of))
    return replace(definition, contained=tuple(contained))


def flat(value: Value) -> Iterator[QuerySet]:
    """The cached QuerySets in a value, those inside containers included."""
    return (queryset for queryset in all_querysets(value) if queryset.origin is not None)
