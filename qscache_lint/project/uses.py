"""Uses: every place of a module where something is done with a cached QuerySet."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import Attribute, AttributeStore, Binary, Call, Container, NameStore, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import State, Store
from qscache_lint.project.abstract import Collection, QuerySet
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.flow import Flow
from qscache_lint.project.handmade import Place, Places
from qscache_lint.project.operations import Demand, Embedding, strongest
from qscache_lint.project.takings import Handed, Taking, Way, statements, takings
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Confidence, Span, Step


class UseKind(Enum):
    """What is done with the cached QuerySet; the second digit of a `QSC2..` code."""

    REFINED = 0
    PART = 1
    PASSED_ON = 2


class Use(msgspec.Struct, frozen=True):
    """One use: what is done with a cached QuerySet in function number `function` of a module."""

    kind: UseKind
    queryset: QuerySet
    demand: Demand
    path: str
    function: int
    trail: tuple[Step, ...]

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
    """The uses in a module, in the order of its functions; a use has one entry for each store it may come from."""
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
        self._places = Places(facts, evaluator.knowledge.functions.handmade.requests)
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
            if is_set or (taking.way in _GIVEN and self._demands.is_given(self._path, taking)):
                yield from self._taken(taking, index)

    def _uses_of(self, ref: Ref, index: int) -> Iterator[Use]:
        """The uses by one term; of an operator that takes two cached QuerySets, only the first is told."""
        told: set[Span] = set()
        for taking in filter(self._demands.may_cost, takings(self._facts, ref)):
            found = () if taking.span in told else tuple(self._taken(taking, index))
            yield from found
            if found and isinstance(self._facts.terms[ref], Binary):
                told.add(taking.span)

    def _taken(self, taking: Taking, index: int) -> Iterator[Use]:
        for queryset in self._cached(taking.value, index, taking.span):
            demand = strongest(self._demands.of(self._path, taking, queryset))
            if taking.user is None or demand is None:
                yield from self._use(demand, queryset, index)
            elif not self._is_written_back(taking, taking.user, index):
                embedding = demand.embedding
                if demand.is_lazy:
                    embedding = self._flow.embedding(taking.user, queryset)
                yield from self._use(replace(demand, embedding=embedding), queryset, index)
        if taking.handed is not None and not taking.handed.entry:
            yield from self._taken_inside(taking, replace(taking.handed, entry="[]"), index)

    def _taken_inside(self, taking: Taking, handed: Handed, index: int) -> Iterator[Use]:
        """The uses of what is in a container by the function that it is given to; of a display, each member is told."""
        is_display = isinstance(self._facts.terms[taking.value], Container)
        has_some = not is_display and self._reachability.has(self._path, taking.value)
        value = self._evaluator.value(self._path, taking.value) if has_some else ()
        inside = (each for atom in value if isinstance(atom, Collection) for each in cached(atom.inside))
        told: set[Store] = set()
        for queryset in dict.fromkeys(inside):
            demands = self._demands.of(self._path, replace(taking, handed=handed), queryset)
            found = () if queryset.kept.store in told else tuple(self._use(strongest(demands), queryset, index))
            told.update(use.store for use in found)
            yield from found

    def _cached(self, ref: Ref, index: int, at: Span) -> tuple[QuerySet, ...]:
        """The cached QuerySets that a term may be by the time it is used, one for each store."""
        by_store: dict[Store, QuerySet] = {}
        kept = self._evaluator.kept_from(self._path, index, ref, at.start)
        value = self._evaluator.value(self._path, ref) if self._reachability.has(self._path, ref) else ()
        for queryset in cached((*kept, *value)):
            known = by_store.get(queryset.kept.store)
            if known is None or _says_more(queryset, known):
                by_store[queryset.kept.store] = queryset
        return tuple(by_store.values())

    # -- what is written back

    def _is_written_back(self, taking: Taking, user: Ref, index: int) -> bool:
        """Whether a refinement ends up in the place that it was read from: `self.rows = self.rows.filter(…)`."""
        if taking.way is not Way.METHOD and not isinstance(self._facts.terms[user], Binary):
            return False
        written = self._written(index).get(user, set())
        base = taking.value
        return any(place in written for place in (self._places.of(base), *self._filled(index).get(base, ())))

    def _find_filled(self, index: int) -> dict[Ref, list[Place]]:
        """The attributes and globals that a function fills, by the term that it puts there."""
        found: dict[Ref, list[Place]] = {}
        for event in self._facts.functions[index].events:
            place = self._places.assigned(event) if isinstance(event, (AttributeStore, NameStore)) else None
            if isinstance(event, (AttributeStore, NameStore)) and place is not None:
                found.setdefault(event.value, []).append(place)
        return found

    def _find_written(self, index: int) -> dict[Ref, set[Place]]:
        """The places that a function fills, by each step on the way: `rows.filter(…)` of `rows.filter(…).all()`."""
        found: dict[Ref, set[Place]] = {}
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

    def _use(self, demand: Demand | None, queryset: QuerySet, index: int) -> Iterator[Use]:
        if demand is None:
            return
        kind = UseKind.PART
        if demand.queries_again:
            kind = UseKind.REFINED if demand.way in (Way.METHOD, Way.OPERATOR) else UseKind.PASSED_ON
        elif not self._is_part(demand, queryset):
            return
        origin = queryset.kept
        steps = [step for step in (origin.built, origin.site, origin.stored) if step is not None]
        steps.extend(queryset.hops)
        steps.extend(self._held_in(index).get(demand.value, ()))
        yield Use(kind, queryset, demand, self._path, index, tuple(steps))

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
                found.setdefault(binding.value, []).append(Step(self._path, binding.span, f"held in {name}"))
        return found


_GIVEN = (Way.ATTRIBUTE, Way.RETURNED)


def _says_more(one: QuerySet, other: QuerySet) -> bool:
    """Whether `one` is the better witness for a finding: surer, and with nothing that limits its rows."""
    if one.confidence is not other.confidence:
        return one.confidence is Confidence.HIGH
    return other.bound.limited and not one.bound.limited
