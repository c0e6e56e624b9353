"""Iteration of what is awaited: `async for` over a QuerySet becomes `for` over its rows."""

from __future__ import annotations

from qscache_lint.facts.model import Iteration
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import IterateDirectly, PlacedTransformer
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.values import Span


def iterated_directly(evaluator: Evaluator, context: RepairContext, path: str) -> PlacedTransformer:
    """What readers iterate in a file, without `async`: rows in a list are there already, and `async for` refuses it."""
    places: set[Span] = set()
    for use in context.readers:
        if use.reference.path == path:
            events = evaluator.facts(path).functions[use.reference.function].events
            places.update(event.span for event in events if isinstance(event, Iteration) and event.value in use.direct)
    return IterateDirectly(places)
