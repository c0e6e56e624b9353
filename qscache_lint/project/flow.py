"""Where a value goes inside one function: whether its rows are read, and what becomes of what is derived from it."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Ref
from qscache_lint.project.abstract import QuerySet, querysets
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.operations import Embedding
from qscache_lint.project.takings import same


class Flow:
    """Follows values through the functions of one module: filters over what is done with them."""

    def __init__(self, evaluator: Evaluator, path: str) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = evaluator.facts(path)
        self._answers: dict[tuple[frozenset[Ref], QuerySet], bool] = {}

    def is_read_or_escapes(self, ref: Ref, queryset: QuerySet) -> bool:
        """Whether all rows of a value are read somewhere in its function, or it goes where that may happen."""
        key = same(self._facts, ref), queryset.whatever_its_way
        if key not in self._answers:
            demands = self._evaluator.demands.on(self._path, ref, queryset)
            self._answers[key] = any(demand.may_read for demand in demands)
        return self._answers[key]

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
