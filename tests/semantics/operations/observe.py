"""Do something to a QuerySet, and say what it took: queries, rows that stay, a refusal, and what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import isasyncgen, iscoroutine
from typing import Any

from asgiref.sync import async_to_sync

from qscache_lint.knowledge.cost_rows import EffectCost
from qscache_lint.knowledge.model import Gives
from tests.semantics.django_project import metered


class _RollBack(Exception):
    """Ends a transaction whose changes are not wanted."""


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what the block writes."""
    from django.db import transaction

    try:
        with transaction.atomic():
            yield
            raise _RollBack
    except _RollBack:
        pass


@dataclass(frozen=True)
class Outcome:
    """What an operation took and left: `has_rows` afterwards; `refusal` is the name of the exception."""

    queries: int
    has_rows: bool
    refusal: str | None
    gives: Gives | None


def has_rows(queryset: Any) -> bool:
    """Whether the rows of a QuerySet or RawQuerySet are there."""
    return queryset._result_cache is not None


def observe(queryset: Any, call: Callable[[Any], Any]) -> Outcome:
    """Call, and read whatever comes back to its end; nothing stays in the database."""
    from django.db import NotSupportedError

    gives, refusal = None, None
    with rolled_back(), metered() as meter:
        try:
            gives = _gives(queryset, call(queryset))
        except (TypeError, ValueError, AttributeError, NotSupportedError) as error:
            refusal = type(error).__name__
    return Outcome(meter.queries, has_rows(queryset), refusal, gives)


def outcome(cost: EffectCost, *, read: bool, statements: int = 0) -> tuple[int, bool]:
    """The queries, and whether the rows are there afterwards, that the tables promise for one effect."""
    queries = (cost.evaluated if read else cost.lazy) + statements
    return queries, cost.fills or (read and not cost.drops)


def _gives(queryset: Any, result: Any) -> Gives:
    from django.db.models import Model, QuerySet
    from django.db.models.query import EmptyQuerySet, RawQuerySet

    if iscoroutine(result) or isasyncgen(result):
        result = async_to_sync(_awaited)(result)
    if result is queryset or _shares_rows(queryset, result):
        return "itself"
    if isinstance(result, EmptyQuerySet):
        return "data"
    if isinstance(result, Model):
        return "instance"
    if isinstance(result, dict) and result and all(isinstance(each, (Model, dict)) for each in result.values()):
        return "mapping"
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], Model) and isinstance(result[1], bool):
        return "pair"
    if isinstance(result, (str, bytes, dict)) or not hasattr(result, "__iter__") or isinstance(result, type):
        return "data"
    rows = list(result)
    if isinstance(result, RawQuerySet):
        return "raw"
    is_of_instances = all(isinstance(row, Model) for row in rows)
    if isinstance(result, QuerySet):
        return "queryset" if is_of_instances else "values"
    return "rows" if rows and is_of_instances else "data"


def _shares_rows(queryset: Any, result: Any) -> bool:
    """A copy with the very rows is as good as the QuerySet itself."""
    return type(result) is type(queryset) and has_rows(result) and result._result_cache is queryset._result_cache


async def _awaited(result: Any) -> Any:
    return [each async for each in result] if isasyncgen(result) else await result
