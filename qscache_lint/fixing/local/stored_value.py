"""A QuerySet that a function stores in a cache and alone reads again: where it is stored, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import same
from qscache_lint.facts.terms import Argument, Attribute, Call, Compare, Constant, Guard, Join, Ref
from qscache_lint.fixing.local.held_value import Asked, HeldValue, guards_of, hold
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.reading import Caller
from qscache_lint.fixing.requirements import Need
from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge.cache_rows import StoreCall
from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import Function, Value
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import written
from qscache_lint.project.evaluation.stores import StoreSite, rows, sites
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.value_sets import cached


@dataclass(frozen=True)
class StoreAt:
    """A call that stores, or hands what it is given to a helper that does (`row` is None)."""

    path: str
    function: int
    ref: Ref
    argument: Argument
    site: StoreSite | None = None
    row: StoreCall | None = None

    @property
    def given(self) -> Ref:
        """The term that is stored."""
        return self.argument.value

    @property
    def key(self) -> Ref | None:
        """The term of the key, where the call is one of a cache."""
        return None if self.site is None or self.row is None or self.row.key is None else self.site.given(self.row.key)

    @property
    def calls_value(self) -> bool:
        return self.row is not None and self.row.calls_value

    @property
    def hands_out(self) -> bool:
        return self.row is not None and self.row.hands_out


@dataclass(frozen=True)
class StoredValue:
    """One store, with all that its function does with what comes back, which are the `hits`."""

    evaluator: Evaluator
    store: StoreAt
    hits: frozenset[Ref]
    values: tuple[QuerySet, ...]
    held: HeldValue
    parsed: Parsed

    @property
    def path(self) -> str:
        return self.store.path

    @property
    def function(self) -> FunctionId:
        return FunctionId(self.store.path, self.store.function)

    @property
    def facts(self) -> ModuleFacts:
        return self.evaluator.facts(self.path)

    @property
    def row(self) -> int:
        """The row of the call that stores."""
        return self.facts.spans.row(self.store.ref)

    @property
    def is_called(self) -> bool:
        """Whether it is given a function that makes the QuerySet."""
        value = self.evaluator.value(self.path, self.store.given)
        return self.store.calls_value and all(isinstance(atom, Function) for atom in value)


def find_stored_value(
    analysis: Analysis, definitions: Sequence[Definition], templates: Templates
) -> StoredValue | None:
    """The value of a store by a call, all uses of which would do with rows; None for any other."""
    definition, evaluator = definitions[0], analysis.evaluator
    if len(definitions) > 1 or definition.again or definition.store is not Store.PICKLED:
        return None
    store = _store(evaluator, definition)
    if store is None or not _is_used_there(analysis, definition) or not _is_queryset(evaluator, store):
        return None
    hits = frozenset(_hits(evaluator, definition, store))
    caller = Caller(evaluator, templates, store.path, store.function, definition.values)
    held = hold(evaluator, caller, store.path, hits)
    try:
        parsed = Parsed.read(evaluator.project.tree.read(store.path))
    except Refused:
        return None
    stored = StoredValue(evaluator, store, hits, definition.values, held, parsed)
    reads_all = any(each.requirement.need is Need.ROWS for each in held.readings)
    would_do = held.is_only_read and not held.copies and all(_is_answered(stored, each) for each in held.asked)
    return stored if reads_all and would_do else None


def _store(evaluator: Evaluator, definition: Definition) -> StoreAt | None:
    """The call that stores, in a function that is not asynchronous: rows cannot be read in one."""
    facts = evaluator.facts(definition.path)
    if not definition.function or facts.functions[definition.function].is_async or definition.origin.function:
        return None
    at = definition.origin.site.span
    for ref, call in facts.of_kind(Call, definition.function):
        if facts.spans[ref] != at:
            continue
        site = next((each for each in sites(evaluator, definition.path) if each.ref == ref), None)
        row = None if site is None else next((each for each, _ in rows(evaluator, site) if not each.mapping), None)
        slot = None if site is None or row is None else site.given(row.value)
        for each in written(facts, call):
            is_stored = each.value == slot if row is not None else _is_lazy(evaluator, definition.path, each.value)
            if is_stored and not each.star:
                return StoreAt(definition.path, definition.function, ref, each, site, row)
    return None


def _is_lazy(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    value = evaluator.value(path, ref)
    return bool(value) and all(isinstance(atom, QuerySet) for atom in value)


def _is_used_there(analysis: Analysis, definition: Definition) -> bool:
    """Whether all uses that are seen of what is stored stand in the function that stores it."""
    stores = set(definition.stores)
    uses = (each for each in (*analysis.uses, *analysis.reads) if not stores.isdisjoint(each.stores))
    return all((each.path, each.function) == (definition.path, definition.function) for each in uses)


def _hits(evaluator: Evaluator, definition: Definition, store: StoreAt) -> Iterator[Ref]:
    """The calls in the function by which the cache gives the value back; a helper's are known by key and object."""
    facts, at = evaluator.facts(definition.path), definition.origin.site
    for ref, call in facts.of_kind(Call, definition.function):
        is_seen = any(each.kept.site == at for each in cached(evaluator.value(definition.path, ref)))
        if is_seen or (store.row is None and _is_beside(facts, call, store)):
            yield ref


def _is_beside(facts: ModuleFacts, call: Call, store: StoreAt) -> bool:
    """Whether a call is `get` of the very object and key that the helper is given."""
    storing = facts.terms[store.ref]
    asked = facts.terms[call.function]
    called = facts.terms[storing.function] if isinstance(storing, Call) else None
    if not isinstance(storing, Call) or not isinstance(asked, Attribute) or not isinstance(called, Attribute):
        return False
    if asked.name != "get" or facts.terms[asked.base] != facts.terms[called.base] or not call.arguments:
        return False
    return call.arguments[0].value == storing.arguments[0].value != store.given


def _is_queryset(evaluator: Evaluator, store: StoreAt) -> bool:
    """Whether what is stored is a QuerySet, and nothing else: `list(None)` fails."""
    value: Value = evaluator.value(store.path, store.given)
    if store.calls_value and value and all(isinstance(atom, Function) for atom in value):
        value = tuple(made for atom in value for made in evaluator.call(atom, (), Site(store.path, store.ref, None)))
    return bool(value) and all(isinstance(atom, QuerySet) for atom in value)


# -- questions


def _is_answered(stored: StoredValue, asked: Asked) -> bool:
    """Whether rows answer a question: they are there, and it is asked of nothing but what is stored."""
    own = same(stored.facts, stored.store.given)
    guards = guards_of(stored.facts, asked.taking)
    return all(
        ref in own or (ref in stored.hits and _is_there(stored, ref, on_way))
        for ref, on_way in _choices(stored.facts, asked.taking.value, guards)
    )


def _is_there(stored: StoredValue, hit: Ref, on_way: tuple[Guard, ...]) -> bool:
    """Whether a hit is not None: because the call builds what is missing, or a test has told."""
    return stored.store.hands_out or any(_tells(stored, hit, each) for each in on_way)


def _choices(facts: ModuleFacts, ref: Ref, guards: tuple[Guard, ...]) -> Iterator[tuple[Ref, tuple[Guard, ...]]]:
    """What a term may be, where branches join, each with the tests on the way."""
    pending, seen = [(ref, guards)], set[Ref]()
    while pending:
        current, on_way = pending.pop()
        term = facts.terms[current]
        if isinstance(term, Join) and current not in seen:
            pending.extend((choice.value, (*on_way, *choice.guards)) for choice in term.choices)
        elif not isinstance(term, Join):
            yield current, on_way
        seen.add(current)


def _tells(stored: StoredValue, ref: Ref, guard: Guard) -> bool:
    """Whether a test tells that a hit is not None: `rows is None` is not so, or `rows` is true."""
    term = stored.facts.terms[guard.test]
    if guard.test == ref:
        return guard.result
    if not isinstance(term, Compare) or term.left != ref or stored.facts.terms[term.right] != Constant(None):
        return False
    return guard.result is (term.operator == "is not") and term.operator in ("is", "is not")
