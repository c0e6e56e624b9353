"""Where a value goes inside one function: whether its rows are read, and what becomes of what is derived from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from functools import partial

from qscache_lint.facts.term_graph import becomes, reached, same
from qscache_lint.facts.terms import Ref, Updated
from qscache_lint.knowledge.model import Effect, Store
from qscache_lint.project.abstract import Unknown, querysets
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.operations import Demand, Embedding
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.takings import Taking, Way
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Span


class Fate(Enum):
    """What becomes, in its function, of the QuerySet that an operation gives."""

    READ = "it has the same rows, all of which are read, and nothing else is done with it"
    USED = "its rows are asked for, some or all"
    DROPPED = "nothing here asks for its rows"


class Flow:
    """Follows values through the functions of one module: filters over what is done with them."""

    def __init__(self, evaluator: Evaluator, path: str) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = evaluator.facts(path)
        self._answers: dict[tuple[frozenset[Ref], QuerySet, Span | None], bool] = {}

    def is_read_or_escapes(self, ref: Ref, queryset: QuerySet, but: Span | None = None) -> bool:
        """Whether all rows of a value are read somewhere in its function, or it goes where that may happen.

        What is known of the place `but` does not count.
        """
        key = same(self._facts, ref), queryset.whatever_its_way, but
        if key not in self._answers:
            self._answers[key] = any(
                demand.may_read
                for each in key[0]
                if self._may_be(each, queryset)
                for taking in self._evaluator.demands.takings_of(self._path, each)
                if not self._is_place(taking, but)
                for demand in self._evaluator.demands.of(self._path, taking, queryset)
            )
        return self._answers[key]

    def _is_place(self, taking: Taking, span: Span | None) -> bool:
        """Whether a taking is the one of a place; a dict that has got an item has it by the statement."""
        is_item = taking.user is not None and isinstance(self._facts.terms[taking.user], Updated)
        return span is not None and (taking.span == span or is_item)

    def _may_be(self, ref: Ref, queryset: QuerySet) -> bool:
        """Whether a term may be a cached QuerySet: what a pickling cache gives is another object than it was given."""
        if queryset.kept.store is not Store.PICKLED:
            return True
        return any(each.kept.store is Store.PICKLED for each in cached(self._evaluator.value(self._path, ref)))

    def embedding(self, ref: Ref, queryset: QuerySet) -> Embedding | None:
        """How what an operation gives, and what is derived from it, goes into other queries.

        None when it is also used otherwise: `x__in=rows.values("pk")[:5]`.
        """
        derived, pending, found = {ref}, [ref], set[Embedding]()
        while pending:
            for taken in self._taken(pending.pop(), queryset):
                if taken is None:
                    return None
                if isinstance(taken, Embedding):
                    found.add(taken)
                elif taken not in derived:
                    derived.add(taken)
                    pending.append(taken)
        return Embedding.COMBINED if Embedding.COMBINED in found else next(iter(found), None)

    def _taken(self, ref: Ref, queryset: QuerySet) -> Iterator[Embedding | Ref | None]:
        """What each place that takes a QuerySet makes of it: a part of a query, or another lazy one; else None."""
        if len(same(self._facts, ref)) > 1:
            yield None
        for taking in self._evaluator.demands.takings_of(self._path, ref):
            demands = tuple(self._evaluator.demands.of(self._path, taking, queryset))
            embedded = next((each.embedding for each in demands if each.embedding is not None), None)
            is_lazy = taking.user is not None and any(each.is_lazy for each in demands)
            if embedded is not None:
                yield embedded
            elif taking.user is not None and is_lazy and querysets(self._evaluator.value(self._path, taking.user)):
                yield taking.user
            else:
                yield None

    def fate(self, ref: Ref, queryset: QuerySet, before: Collection[Ref] = ()) -> Fate:
        """What becomes of the QuerySet that the operation `ref` gives; `before` are those that have led there."""
        if ref in before:
            return Fate.DROPPED
        value = self._evaluator.value(self._path, ref)
        if not querysets(value):
            return Fate.DROPPED if all(isinstance(atom, Unknown) for atom in value) else Fate.USED
        found = {
            each
            for term in reached((ref,), partial(becomes, self._facts))
            for taking in self._evaluator.demands.takings_of(self._path, term)
            for each in self._fates(taking, queryset, (*before, ref))
        }
        if found == {Fate.READ}:
            return Fate.READ
        return Fate.DROPPED if found <= {Fate.DROPPED} else Fate.USED

    def _fates(self, taking: Taking, queryset: QuerySet, before: Collection[Ref]) -> Iterator[Fate]:
        for demand in self._evaluator.demands.of(self._path, taking, queryset):
            if taking.user is not None and demand.is_lazy:
                further = self.fate(taking.user, queryset, before)
                yield further if demand.copies or further is not Fate.READ else Fate.USED
            else:
                yield _fate(demand)


def _fate(demand: Demand) -> Fate:
    """What an operation that ends a chain makes of it.

    What a framework gets without a call, or refines, it may never query, and others do that elsewhere.
    """
    if demand.embedding is not None or demand.way in (Way.RETURNED, Way.ATTRIBUTE):
        return Fate.DROPPED
    if demand.effect is Effect.ROWS:
        return Fate.READ
    is_queried = demand.queries_again and demand.way in (Way.METHOD, Way.OPERATOR)
    return Fate.USED if is_queried or demand.effect is Effect.PART else Fate.DROPPED
