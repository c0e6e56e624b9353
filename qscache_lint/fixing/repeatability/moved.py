"""What moves into the builder: all of a decorated function, or what computes the value that a body stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from qscache_lint.facts.model import AttributeStore, Event, ItemStore, Iteration, NameStore, Removal, Test
from qscache_lint.facts.terms import (
    Attribute,
    Awaited,
    Call,
    Element,
    Free,
    FunctionTerm,
    Join,
    Mutated,
    Narrowed,
    Parameter,
    Ref,
    Updated,
    operands,
)
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.state import CHANGING
from qscache_lint.knowledge.cache_rows import StoreCall
from qscache_lint.project.abstract import External, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.binding import place_of
from qscache_lint.project.evaluation.stores import StoreSite, rows, sites
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.written import expression


@dataclass(frozen=True)
class Moved:
    """The terms and events of a function, and of those nested in it, that run again."""

    subject: Subject
    refs: frozenset[Ref]
    events: tuple[Event, ...]
    roots: tuple[Ref, ...] = ()
    """What is handed out, and computed by all the others."""

    left: tuple[Ref, ...] = ()
    """The calls that stay behind: of the cached function, on a hit, on a miss or always."""

    derived: tuple[Ref, ...] = ()
    """What is handed out that is made of what the cache gives."""

    reads: tuple[Ref, ...] = ()
    """The calls that read the cache for the value, not for the key."""

    def users(self, ref: Ref) -> tuple[Ref, ...]:
        """The terms among those that move that are directly made of one."""
        return tuple(each for each in self.subject.facts.users(ref) if each in self.refs)


def whole(subject: Subject) -> Moved:
    """All that a function does."""
    facts = subject.facts
    inside = [facts.functions[index] for index in facts.inside(subject.identity.index)]
    refs = frozenset(ref for function in inside for ref in range(function.first, function.last))
    returned = tuple(each.value for each in subject.function.returns)
    return Moved(subject, refs, tuple(event for function in inside for event in function.events), returned)


def store_of(evaluator: Evaluator, cached_function: CachedFunction) -> tuple[StoreSite, StoreCall] | None:
    """The call by which a function stores in its body, with the row of the tables that speaks of it."""
    here = (each for each in sites(evaluator, cached_function.path) if each.span == cached_function.site)
    return next(((site, row) for site in here for row, _ in rows(evaluator, site)), None)


def stored(subject: Subject, site: StoreSite, row: StoreCall) -> Moved:
    """What computes the value that a call stores, and what else the function returns past its cache."""
    return _Stored(subject, site, row).moved()


class _Stored:
    """The terms of a function that stores in its body, by what they are for."""

    def __init__(self, subject: Subject, site: StoreSite, row: StoreCall) -> None:
        self._subject = subject
        self._facts = subject.facts
        self._store = site.ref
        self._given = site.given(row.value)
        self._key = None if row.key is None else site.given(row.key)
        self._found: set[Ref] = set()

    def moved(self) -> Moved:
        roots = [] if self._given is None else [self._given]
        self._collect(roots)
        derived: list[Ref] = []
        alike: set[Ref] = set()
        for returned in self._subject.function.returns:
            past = [ref for ref in self._results(returned.value) if ref not in self._found and not self._is_same(ref)]
            same = [ref for ref in self._results(returned.value) if self._is_same(ref)]
            alike.update(each for ref in same for each in self._inside(ref))
            derived.extend(ref for ref in past if self._asks_cache(ref) or self._is_made_of_given(ref))
            if past:
                self._collect([*past, *self._tests(each.test for each in returned.guards)])
                roots.extend(past)
        self._collect_changes()
        refs = frozenset(self._found)
        own = self._subject.function
        calls = [ref for ref, _ in self._facts.of_kind(Call, self._subject.identity.index)]
        around = self._of_cache()
        left = tuple(ref for ref in calls if ref not in refs and ref not in around and ref not in alike)
        events = tuple(event for event in own.events if self._concerns_moved(event, refs))
        nested = [index for index in self._facts.inside(self._subject.identity.index)[1:] if self._is_moved(index)]
        inner = tuple(event for index in nested for event in self._facts.functions[index].events)
        in_key = self._of_cache() - {self._store, *self._reads} | self._read_for_keys()
        reads = tuple(ref for ref in sorted(self._reads) if ref not in in_key)
        return Moved(self._subject, refs, (*events, *inner), tuple(roots), left, tuple(derived), reads)

    def _is_same(self, ref: Ref) -> bool:
        """Whether something is written like the value that is stored: it is that, whatever leads to it."""
        return self._given is not None and expression(self._facts, ref) == expression(self._facts, self._given)

    def _is_made_of_given(self, ref: Ref) -> bool:
        """Whether something is made of the value that is stored."""
        return self._given is not None and self._given in self._inside(ref) - {ref}

    def _read_for_keys(self) -> set[Ref]:
        """The reads that keys of other calls are made of: a version, or a prefix."""
        found: set[Ref] = set()
        for ref in (self._store, *self._reads):
            call = self._facts.terms[ref]
            given = [each.value for each in call.arguments] if isinstance(call, Call) else []
            inside = {each for value in given if value != self._given for each in self._inside(value)}
            found.update(each for each in inside if each in self._reads)
        return found

    # -- what the value is made of

    def _collect(self, roots: Iterable[Ref]) -> None:
        pending = [ref for ref in roots if ref not in self._found and not self._is_boundary(ref)]
        while pending:
            ref = pending.pop()
            if ref in self._found:
                continue
            self._found.add(ref)
            fresh = (each for each in self._made_of(ref) if each not in self._found and not self._is_boundary(each))
            pending.extend(fresh)

    def _collect_changes(self) -> None:
        """What is put into containers of the value, by statements of their own: `ids.append(…)`, `ids[0] = …`."""
        calls = list(self._facts.of_kind(Call, self._subject.identity.index))
        stores = [each for each in self._subject.function.events if isinstance(each, ItemStore)]
        size = -1
        while size != len(self._found):
            size = len(self._found)
            for ref, call in calls:
                method = self._facts.terms[call.function]
                if isinstance(method, Attribute) and method.name in CHANGING and self._is_found(method.base):
                    self._collect([ref, *self._tests(each.test for each in self._facts.conditions.get(ref, ()))])
            for event in stores:
                if self._is_found(event.base):
                    tests = self._tests(each.test for each in event.guards)
                    self._collect([event.key, event.value, *tests])

    def _is_found(self, ref: Ref) -> bool:
        """Whether a term is an object of the value, whatever has been put into it."""
        pending, seen = [ref], set[Ref]()
        while pending:
            current = pending.pop()
            if current in self._found:
                return True
            if current in seen:
                continue
            seen.add(current)
            match self._facts.terms[current]:
                case Join(choices=choices):
                    pending.extend(choice.value for choice in choices)
                case Mutated(base=base) | Updated(base=base) | Narrowed(base=base):
                    pending.append(base)
        return False

    def _made_of(self, ref: Ref) -> Iterator[Ref]:
        term = self._facts.terms[ref]
        match term:
            case Join(choices=choices):
                yield from (choice.value for choice in choices)
                yield from self._tests(guard.test for choice in choices for guard in choice.guards)
            case FunctionTerm(index=index):
                for inner in self._facts.inside(index):
                    yield from range(self._facts.functions[inner].first, self._facts.functions[inner].last)
            case Free(function=function, name=name):
                around = self._facts.functions[function]
                yield from (each.value for each in around.bindings.get(name, ()))
                own = ((ref, each) for ref, each in self._facts.of_kind(Parameter, function))
                yield from (ref for ref, each in own if each.name == name)
            case _:
                yield from operands(term)

    def _tests(self, tests: Iterable[Ref]) -> Iterator[Ref]:
        """The tests that do not ask the cache."""
        return (test for test in tests if not self._asks_cache(test))

    def _results(self, ref: Ref) -> Iterator[Ref]:
        """What a value may be, without what the cache gives."""
        pending, seen = [ref], set[Ref]()
        while pending:
            current = pending.pop()
            term = self._facts.terms[current]
            if current in seen or self._is_boundary(current):
                continue
            seen.add(current)
            if isinstance(term, Join):
                pending.extend(choice.value for choice in term.choices)
            else:
                yield current

    # -- what belongs to the cache

    def _is_boundary(self, ref: Ref) -> bool:
        """Whether a term is the cache's: the call that stores, or one that reads."""
        term = self._facts.terms[ref]
        is_awaited = isinstance(term, Awaited) and self._is_boundary(term.base)
        return is_awaited or ref == self._store or ref in self._own_reads

    @cached_property
    def _own_reads(self) -> frozenset[Ref]:
        """The reads of the entry that is stored; what is read of any other is a part that the value is made of."""
        return frozenset(ref for ref in self._reads if self._is_of_entry(ref))

    def _is_of_entry(self, ref: Ref) -> bool:
        receivers = [self._receiver(each) for each in (ref, self._store)]
        return alike(self._subject, *receivers) and alike(self._subject, self._key_of(ref), self._key)

    def _receiver(self, ref: Ref) -> Ref | None:
        call = self._facts.terms[ref]
        method = self._facts.terms[call.function] if isinstance(call, Call) else None
        return method.base if isinstance(method, Attribute) else None

    def _key_of(self, ref: Ref) -> Ref | None:
        """The key of a call that reads or stores."""
        call, knowledge = self._facts.terms[ref], self._subject.evaluator.knowledge
        if not isinstance(call, Call):
            return None
        names = [atom.dotted for atom in self._subject.value(call.function) if isinstance(atom, External)]
        row = knowledge.reads.get(names[0]) or knowledge.stores.get(names[0])
        place = None if row is None or row.key is None else place_of(call.arguments, row.key)
        return None if place is None else call.arguments[place].value

    @cached_property
    def _reads(self) -> frozenset[Ref]:
        calls = self._facts.of_kind(Call, self._subject.identity.index)
        return frozenset(ref for ref, call in calls if is_cache_call(self._subject, self._subject.value(call.function)))

    def _stores_something_else(self, ref: Ref) -> bool:
        """Whether a call stores under a key that is not written like that of the value."""
        call = self._facts.terms[ref]
        if ref == self._store or not isinstance(call, Call):
            return False
        names = [atom.dotted for atom in self._subject.value(call.function) if isinstance(atom, External)]
        if names[0] not in self._subject.evaluator.knowledge.stores:
            return False
        key = self._key_of(ref)
        return key is None or not alike(self._subject, key, self._key)

    def _asks_cache(self, test: Ref) -> bool:
        return any(self._is_boundary(ref) for ref in self._inside(test))

    def _inside(self, ref: Ref) -> set[Ref]:
        pending, seen = [ref], {ref}
        while pending:
            fresh = [each for each in operands(self._facts.terms[pending.pop()]) if each not in seen]
            seen.update(fresh)
            pending.extend(fresh)
        return seen

    def _of_cache(self) -> set[Ref]:
        """The calls of the cache for this value, and what computes their keys."""
        calls = {self._store, *(ref for ref in self._reads if not self._stores_something_else(ref))}
        kept = set(calls)
        for ref in calls:
            call = self._facts.terms[ref]
            given = [each.value for each in call.arguments] if isinstance(call, Call) else []
            kept.update(each for value in given if value != self._given for each in self._inside(value))
        return kept

    # -- what else is done with it

    def _concerns_moved(self, event: Event, refs: frozenset[Ref]) -> bool:
        match event:
            case AttributeStore() | ItemStore() | NameStore() | Removal():
                return True
            case Iteration(value=value):
                elements = (each for each in self._facts.users(value) if isinstance(self._facts.terms[each], Element))
                return any(each in refs for each in elements)
            case Test(value=value):
                return value in self._moved_tests(refs)
            case _:
                return event.value in refs

    def _moved_tests(self, refs: frozenset[Ref]) -> set[Ref]:
        joins = (term for ref in refs if isinstance(term := self._facts.terms[ref], Join))
        guards = [guard for term in joins for choice in term.choices for guard in choice.guards]
        guards += [guard for ref in refs for guard in self._facts.conditions.get(ref, ())]
        return {each for guard in guards if guard.test in refs for each in self._inside(guard.test)}

    def _is_moved(self, index: int) -> bool:
        function = self._facts.functions[index]
        return function.first < function.last and function.first in self._found


def alike(subject: Subject, one: Ref | None, other: Ref | None) -> bool:
    """Whether two terms are written alike."""
    if one is None or other is None:
        return one is other
    return expression(subject.facts, one) == expression(subject.facts, other)


def is_cache_call(subject: Subject, function: Value) -> bool:
    """Whether what is called reads a cache of the tables, or stores in it."""
    knowledge = subject.evaluator.knowledge
    names = [atom.dotted for atom in function if isinstance(atom, External)]
    return bool(names) and all(name in knowledge.reads or name in knowledge.stores for name in names)


def is_lazy(value: Value) -> bool:
    """Whether a value may be a QuerySet: reading it is a query."""
    return any(isinstance(atom, QuerySet) for atom in value)
