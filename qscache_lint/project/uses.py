"""Uses: every place of a module where something is done with a cached QuerySet, and where all its rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import AttributeStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import same
from qscache_lint.facts.terms import Attribute, Binary, Call, Constant, Container, Ref
from qscache_lint.knowledge.model import Effect, State, Store
from qscache_lint.project.abstract import Atom, Collection, Super
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.managers import manager_querysets
from qscache_lint.project.flow import Fate, Flow
from qscache_lint.project.handmade import MemoPlace, MemoPlaces
from qscache_lint.project.operations import Demand, Embedding, strongest
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.takings import Taking, Way, statements, takings
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Confidence, Span, Step

_Cached: TypeAlias = tuple[QuerySet, "Atom | None"]
"""A cached QuerySet, and the manager or `super()` through which it is reached."""


class UseKind(Enum):
    """What is done with the cached QuerySet; the second digit of a `QSC2..` code, but for reading all rows."""

    REFINED = 0
    PART = 1
    PASSED_ON = 2
    IN_TEMPLATE = 3
    WRITTEN = 4
    READ = -1


class Use(msgspec.Struct, frozen=True):
    """One use: what is done with a cached QuerySet in function number `function` of a module.

    `stores` are the places that may have stored the value, those of one kind of store. `fate` is what becomes here of
    what a refinement gives. `constants` are those with which the value was asked for, by position or keyword.
    `template` is the place of a template that does it with a value of its context; the span is that where it gets in.
    """

    kind: UseKind
    queryset: QuerySet
    demand: Demand
    path: str
    function: int
    trail: tuple[Step, ...]
    stores: tuple[Step, ...] = ()
    fate: Fate = Fate.USED
    constants: tuple[tuple[int | str, str], ...] = ()
    template: Step | None = None

    @property
    def store(self) -> Store:
        """What kind of cache handed the value out."""
        return self.queryset.kept.store

    @property
    def operation(self) -> str:
        """The operation as users write it: `.filter()`."""
        return self.demand.operation

    @property
    def span(self) -> Span:
        """The place that a finding names."""
        return self.demand.span

    @property
    def refused_after(self) -> State | None:
        """What has been done to the QuerySet, where Django refuses the operation for that."""
        return self.demand.refused_after

    @property
    def embedding(self) -> Embedding | None:
        """How what the operation gives is a part of another query; None when it is queried by itself."""
        return self.demand.embedding


def uses(evaluator: Evaluator, path: str) -> Iterator[Use]:
    """The uses in a module, in the order of its functions; a use has one entry for each kind of store."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    reader = _Reader(evaluator, path, facts)
    for index, _ in evaluator.project.using.functions(path, facts):
        yield from reader.function(index)


class _Reader:
    def __init__(self, evaluator: Evaluator, path: str, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._demands = evaluator.demands
        self._places = MemoPlaces(facts, evaluator.knowledge.functions.handmade.requests)
        self._path = path
        self._facts = facts
        self._using = evaluator.project.using
        self._reachability = evaluator.project.to_cached
        self._flow = Flow(evaluator, path)
        self._held_in = lru_cache(maxsize=None)(self._find_held)
        self._filled = lru_cache(maxsize=None)(self._find_filled)
        self._written = lru_cache(maxsize=None)(self._find_written)

    def function(self, index: int) -> Iterator[Use]:
        """The uses in one function, in the order of the code."""
        for ref in self._using.refs(self._path, self._facts, index):
            yield from self._uses_of(ref, index)
        for taking in statements(self._facts, index):
            is_set = taking.base is not None  # what it is set on is asked for only where the value is a cached QuerySet
            is_read = taking.way is Way.OPERATOR
            if is_set or is_read or (taking.way in _GIVEN and self._demands.is_given(self._path, taking)):
                yield from self._taken(taking, index)

    def _uses_of(self, ref: Ref, index: int) -> Iterator[Use]:
        """The uses by one term; of an operator that takes two cached QuerySets, only the first is told."""
        told: set[Span] = set()
        for taking in filter(self._demands.may_count, takings(self._facts, ref)):
            found = () if taking.span in told else tuple(self._taken(taking, index))
            yield from found
            if found and isinstance(self._facts.terms[ref], Binary):
                told.add(taking.span)

    def _taken(self, taking: Taking, index: int) -> Iterator[Use]:
        for several in self._cached(taking, index):
            yield from self._uses_by(taking, several, index)
        if taking.handed is not None and not taking.handed.entry:
            yield from self._taken_inside(replace(taking, handed=replace(taking.handed, entry="[]")), index)

    def _uses_by(self, taking: Taking, several: Sequence[_Cached], index: int) -> Iterator[Use]:
        """The use that a place makes of cached QuerySets of one kind of store."""
        queryset, manager = _best(several)
        demands = tuple(self._demands.of(self._path, taking, queryset, through=manager))
        made = self._use(taking, strongest(demands), queryset, index)
        if made is None and not self._is_overridden(taking.value, index):
            made = self._written_or_read(demands, queryset, index)
        if made is not None:
            stores = tuple(dict.fromkeys(each.kept.site for each, _ in several))
            yield replace(made, stores=stores, constants=constants_of(self._facts, taking.value))

    def _written_or_read(self, demands: Iterable[Demand], queryset: QuerySet, index: int) -> Use | None:
        """The use by which the database is changed through the QuerySet itself, or all its rows are read."""
        for demand in demands:
            if demand.effect is Effect.WRITES and demand.way in (Way.METHOD, Way.ARGUMENT):
                return self._made(UseKind.WRITTEN, demand, queryset, index)
            if demand.effect is Effect.ROWS:
                return self._made(UseKind.READ, demand, queryset, index)
        return None

    def _taken_inside(self, taking: Taking, index: int) -> Iterator[Use]:
        """The uses of what is in a container by the function that it is given to; of a display, each member is told."""
        is_display = isinstance(self._facts.terms[taking.value], Container)
        has_some = not is_display and self._reachability.has(self._path, taking.value)
        value = self._evaluator.value(self._path, taking.value) if has_some else ()
        inside = (each for atom in value if isinstance(atom, Collection) for each in cached(atom.inside))
        told: set[Store] = set()
        for queryset in dict.fromkeys(inside):
            found = () if queryset.kept.store in told else tuple(self._uses_by(taking, [(queryset, None)], index))
            told.update(use.store for use in found)
            yield from found

    def _cached(self, taking: Taking, index: int) -> Iterable[list[_Cached]]:
        """The cached QuerySets that a place takes, by their kind of store; what a manager gives, with the manager."""
        by_store: dict[Store, list[_Cached]] = {}
        ref = taking.value
        kept = self._evaluator.kept_from(self._path, index, ref, taking.span.start)
        value = self._evaluator.value(self._path, ref) if self._reachability.has(self._path, ref) else ()
        for queryset, manager in (*((each, None) for each in cached((*kept, *value))), *self._managed(taking)):
            by_store.setdefault(queryset.kept.store, []).append((queryset, manager))
        return by_store.values()

    def _managed(self, taking: Taking) -> Iterator[tuple[QuerySet, Atom]]:
        """The cached QuerySets that a manager gives when one of its methods is called, be it through super()."""
        user = taking.user
        if taking.way is not Way.METHOD or user is None or not self._reachability.has(self._path, user):
            return
        for atom in self._evaluator.value(self._path, taking.value):
            manager = atom.receiver if isinstance(atom, Super) else atom
            if isinstance(manager, Manager):
                given = manager_querysets(self._evaluator, manager, Site(self._path, user, None))
                yield from ((each, atom) for each in cached(given))

    # -- what is written back

    def _is_written_back(self, taking: Taking, user: Ref, index: int) -> bool:
        """Whether a refinement ends up in the place that it was read from: `self.rows = self.rows.filter(…)`."""
        if taking.way is not Way.METHOD and not isinstance(self._facts.terms[user], Binary):
            return False
        written = self._written(index).get(user, set())
        base = taking.value
        return any(place in written for place in (self._places.of(base), *self._filled(index).get(base, ())))

    def _find_filled(self, index: int) -> dict[Ref, list[MemoPlace]]:
        """The attributes and globals that a function fills, by the term that it puts there."""
        found: dict[Ref, list[MemoPlace]] = {}
        for event in self._facts.functions[index].events:
            place = self._places.assigned(event) if isinstance(event, (AttributeStore, NameStore)) else None
            if isinstance(event, (AttributeStore, NameStore)) and place is not None:
                found.setdefault(event.value, []).append(place)
        return found

    def _find_written(self, index: int) -> dict[Ref, set[MemoPlace]]:
        """The places that a function fills, by each step on the way: `rows.filter(…)` of `rows.filter(…).all()`."""
        found: dict[Ref, set[MemoPlace]] = {}
        for value, places in self._filled(index).items():
            step: Ref | None = value
            while step is not None and not found.get(step, set()).issuperset(places):
                found.setdefault(step, set()).update(places)
                step = self._step_before(step)
        return found

    def _step_before(self, ref: Ref) -> Ref | None:
        """What a method is called on to give a term; None for any other term."""
        match self._facts.terms[ref]:
            case Call(function=function) if isinstance(method := self._facts.terms[function], Attribute):
                return method.base
            case _:
                return None

    # -- making uses

    def _use(self, taking: Taking, demand: Demand | None, queryset: QuerySet, index: int) -> Use | None:
        """The use that a demand is; None when it costs nothing that is worth telling."""
        if demand is None or (taking.user is not None and self._is_written_back(taking, taking.user, index)):
            return None
        fate = Fate.USED
        if taking.user is not None and demand.is_lazy:
            demand = replace(demand, embedding=self._flow.embedding(taking.user, queryset))
            fate = self._flow.fate(taking.user, queryset) if queryset.kept.store is Store.SCOPED else fate
        if not demand.queries_again:
            return self._made(UseKind.PART, demand, queryset, index) if self._is_part(demand, queryset) else None
        if demand.way not in _OWN:
            return self._made(UseKind.PASSED_ON, demand, queryset, index)
        fate = Fate.DROPPED if self._is_overridden(taking.value, index) else fate
        return replace(self._made(UseKind.REFINED, demand, queryset, index), fate=fate)

    def _made(self, kind: UseKind, demand: Demand, queryset: QuerySet, index: int) -> Use:
        steps = (*way_to(queryset), *self._held_in(index).get(demand.value, ()))
        if demand.is_guessed:
            queryset = replace(queryset, confidence=Confidence.MEDIUM)
        return Use(kind, queryset, demand, self._path, index, steps)

    def _is_overridden(self, ref: Ref, index: int) -> bool:
        """Whether a value is `super().name` inside the override of `name`: what is kept under that name is another."""
        term = self._facts.terms[ref]
        if not isinstance(term, Attribute) or term.name != self._facts.functions[index].name:
            return False
        return any(isinstance(atom, Super) for atom in self._evaluator.value(self._path, term.base))

    def _is_part(self, demand: Demand, queryset: QuerySet) -> bool:
        """A part is a use only where the rows of the same value are not read, and the value stays here."""
        store = queryset.kept.store
        if store is Store.SCOPED or (store is Store.PICKLED and queryset.bound.limited):
            return False
        return not self._flow.is_read_or_escapes(demand.value, queryset)

    def _find_held(self, index: int) -> dict[Ref, list[Step]]:
        """The variables of a function, by the term that they hold."""
        found: dict[Ref, list[Step]] = {}
        for name, bindings in self._facts.functions[index].bindings.items():
            for binding in bindings:
                found.setdefault(binding.value, []).append(Step(self._path, binding.span, f"assigned to {name}"))
        return found


def constants_of(facts: ModuleFacts, ref: Ref) -> tuple[tuple[int | str, str], ...]:
    """The constants in the call that gives a value."""
    calls = (term for each in sorted(same(facts, ref)) if isinstance(term := facts.terms[each], Call))
    return tuple(
        (argument.keyword or place, repr(constant.value))
        for place, argument in enumerate(next(calls, _NO_CALL).arguments)
        if not argument.star and isinstance(constant := facts.terms[argument.value], Constant)
    )


def way_to(queryset: QuerySet) -> tuple[Step, ...]:
    """Where a cached QuerySet is built and cached, and the steps that it has come since."""
    origin = queryset.kept
    return (*(step for step in (origin.built, origin.site, origin.stored) if step is not None), *queryset.hops)


_NO_CALL = Call(0, ())
_GIVEN = (Way.ATTRIBUTE, Way.RETURNED)
_OWN = (Way.METHOD, Way.BOUND, Way.OPERATOR)


def _best(several: Iterable[_Cached]) -> _Cached:
    """The best witness for a finding: the surest, and one with nothing that limits its rows; else the first."""
    return min(several, key=lambda each: (each[0].confidence is not Confidence.HIGH, each[0].bound.limited))
