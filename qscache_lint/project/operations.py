"""What a place that takes a QuerySet does with it, as the rows of the tables say: the only place that reads them so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Constant, Ref
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Effect, State, Store
from qscache_lint.knowledge.queryset_rows import Operation, Operator
from qscache_lint.project.abstract import Function
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.takings import Taking, Way
from qscache_lint.values import Span


class Embedding(Enum):
    """How a QuerySet is a part of another query: `story__in=` and `Subquery(…)`, or an argument of `union()`."""

    SUBQUERY = "subquery"
    COMBINED = "combined"


class Demand(msgspec.Struct, frozen=True):
    """One thing that is done with a QuerySet.

    `effect`: what it does with the rows; None where the QuerySet goes to code that may do anything with it.
    `operation` is how users write it (`.filter()`), `span` the place that a finding names, `way` and `value` how the
    code takes it. `is_lazy`: it may give a QuerySet that has not been read. `refused_after`: what has been done to the
    QuerySet, where Django refuses the operation for that. `embedding`: how it becomes a part of another query.
    `takes_rows`: it does the same with a list of the rows. `kept_as`: the attribute of what it makes that is the very
    value. `copies`: it gives another QuerySet with the same rows.
    `callee`: the function of the project that does it. `is_guessed`: only the name of the method tells that.
    """

    effect: Effect | None
    operation: str
    span: Span
    way: Way
    value: Ref
    is_lazy: bool = False
    refused_after: State | None = None
    embedding: Embedding | None = None
    takes_rows: bool = False
    kept_as: str = ""
    copies: bool = False
    callee: Function | None = None
    is_guessed: bool = False

    @staticmethod
    def of(taking: Taking, effect: Effect | None, operation: str = "", embedding: Embedding | None = None) -> Demand:
        """What a place does, where nothing else is to be said of it."""
        return Demand(effect, operation, taking.span, taking.way, taking.value, embedding=embedding)

    @property
    def queries_again(self) -> bool:
        """Whether it sends a query of its own, whatever rows are there."""
        return self.effect is not None and self.effect.queries_again

    @property
    def may_read(self) -> bool:
        """Whether it reads all rows, or goes where that may happen."""
        return self.effect is None or self.effect is Effect.ROWS


def by_method(taking: Taking, row: Operation, queryset: QuerySet, call: Call) -> Demand:
    """What a method of Django's does with the QuerySet that it is called on."""
    effect = row.effect_on(queryset.ordering.known)
    is_sent = effect.queries_again or effect is Effect.WRITES
    refused = _refused_after(row, queryset, is_empty=not call.arguments) if is_sent else None
    found = Demand.of(taking, effect, f".{taking.symbol}()")
    return replace(found, is_lazy=_is_lazy(row), refused_after=refused, copies=row.copies)


def is_of_others(facts: ModuleFacts, row: Operation, call: Call) -> bool:
    """Whether a call shows that something else than a QuerySet is meant: `get("name")` takes an entry of a dict."""
    first = call.arguments[0] if row.refuses_text and call.arguments else None
    if first is None or first.keyword is not None or first.star:
        return False
    term = facts.terms[first.value]
    return isinstance(term, Constant) and isinstance(term.value, str)


def by_operator(taking: Taking, row: Operator | None, queryset: QuerySet) -> Demand:
    """What an operator or protocol of Python's does; of a value that has no such operator, it may be another one's."""
    operation = spelling(taking)
    if row is None or row.effect is Effect.RAISES:
        return Demand.of(taking, None, operation)
    is_spared = row.shows or (taking.symbol == "if" and tests_rows(queryset))
    effect = Effect.NONE if is_spared else row.effect
    return replace(Demand.of(taking, effect, operation), is_lazy=_is_lazy(row), takes_rows=_reads(row))


def by_consumer(taking: Taking, row: Consumer, queryset: QuerySet, operation: str) -> Demand:
    """What a consumer does. It leaves alone what it only shows, and what a total order of the QuerySet may spare."""
    known = queryset.ordering.known
    is_spared = known == "yes" and row.effect_on("totally") is not row.effect_on(known)
    is_truth = row.tests and tests_rows(queryset)
    effect = Effect.NONE if row.shows or is_spared or is_truth else row.effect_on(known)
    found = Demand.of(taking, effect, operation, Embedding.SUBQUERY if row.embeds else None)
    return replace(found, takes_rows=takes_rows(row), kept_as=next(iter(row.attributes), ""))


def tests_rows(queryset: QuerySet) -> bool:
    """Whether the rows were read when the QuerySet was stored, so that a truth test reads none."""
    return queryset.kept.store is Store.PICKLED


def strongest(demands: Iterable[Demand]) -> Demand | None:
    """Of what one place may do with a QuerySet, that which costs most; None when nothing is known to cost anything."""
    found = tuple(demands)
    again = next((each for each in found if each.queries_again), None)
    return again or next((each for each in found if each.effect is Effect.PART), None)


_SPELLINGS = {"[]": "[…]", "[:]": "[…:…]", "[::]": "[…:…]"}


def takes_rows(row: Consumer) -> bool:
    """Whether a consumer takes a list of the rows as it takes the QuerySet."""
    return _reads(row) and not row.tells_lists and row.gives != "queryset"


def _reads(row: Consumer | Operator) -> bool:
    """Whether what is made of the QuerySet is made of its rows."""
    return row.effect in (Effect.ROWS, Effect.PART) and not row.shows


def builds_query(row: Operation) -> bool:
    """Whether a method gives a query that nothing has sent yet: also a raw one, and the empty one of `none()`."""
    return _is_lazy(row) or row.gives == "raw" or "none" in row.names


def sends_query(name: str, rows: Mapping[str, Operation]) -> bool:
    """Whether a call of a method sends a query by itself: a coroutine has to be awaited, an iterator drawn from."""
    row = rows[name]
    is_coroutine = name[:1] == "a" and name[1:] in rows
    is_iterator = row.gives == "rows" and row.effect is Effect.REQUERIES
    if is_coroutine or is_iterator or row.property or builds_query(row):
        return False
    return row.statements > 0 or row.effect in (Effect.REQUERIES, Effect.PART, Effect.ROWS, Effect.WRITES)


def spelling(taking: Taking) -> str:
    """An operator as users write it."""
    return _SPELLINGS.get(taking.symbol, taking.symbol)


def _is_lazy(row: Operation | Operator) -> bool:
    """Whether an operation gives another QuerySet, which has not been read."""
    return row.gives in ("queryset", "values")


def _refused_after(row: Operation, queryset: QuerySet, *, is_empty: bool) -> State | None:
    """What has been done to a QuerySet after which Django refuses the operation; None when it does not."""
    refusing = row.raises_on(queryset.ordering.known)
    allowed = row.allows_empty if is_empty else ()
    return next((state for state in refusing if state in queryset.states and state not in allowed), None)
