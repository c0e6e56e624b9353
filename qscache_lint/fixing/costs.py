"""Where rows in a memo would cost a caller more than the lazy QuerySet does today.

A cache that pickles reads all rows when it stores them, whatever its callers need. A memo reads nothing until a caller
iterates: rows in its place are read by the first call.
"""

from __future__ import annotations

from qscache_lint.facts.model import FunctionFacts, Iteration, Test
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.model import Refused
from qscache_lint.knowledge.model import Store
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason


def common_stop(readers: tuple[Use, ...]) -> int | None:
    """The bound that all readers have in common: 10 where each one takes `[:10]` and nothing else."""
    stops = {use.stop for use in readers}
    return next(iter(stops)) if len(stops) == 1 else None


def refuse_costs(evaluator: Evaluator, cached_function: CachedFunction, readers: tuple[Use, ...]) -> None:
    """Raises Refused, with the place, where a reader would pay for rows that he does not ask for today."""
    if cached_function.store is Store.PICKLED:
        return
    for use in readers:
        where, label = (use.reference.path, use.row), cached_function.label
        if use.takes_part_only and common_stop(readers) is None:
            raise Refused(reason("part-of-memo", *where, function=label))
        if _may_not_read(evaluator, use):
            raise Refused(reason("may-not-read", *where, function=label))
        if use.is_import_time:
            raise Refused(reason("read-at-import", *where, function=label))
        if use.is_async and not cached_function.facts.is_async:
            raise Refused(reason("read-in-async", *where, function=label))


def _may_not_read(evaluator: Evaluator, use: Use) -> bool:
    """Whether nothing reads the rows, or something decides between the call and the first read."""
    readings = [each for each in use.readings if not each.is_idle]
    rows = [each.row for each in readings]
    if use.is_at_once or not rows:
        return all(each.by_callee and each.is_behind_test for each in readings)
    function = evaluator.facts(use.reference.path).functions[use.reference.function]
    return any(use.row < row < min(rows) for row in _deciding_rows(function, use))


def _deciding_rows(function: FunctionFacts, use: Use) -> tuple[int, ...]:
    """The rows of a function's tests and loops that are about something else."""
    events = (event for event in function.events if isinstance(event, (Test, Iteration)))
    return tuple(event.span.start.row for event in events if event.value not in use.direct)
