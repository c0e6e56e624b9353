"""What comes out another way where a query is built anew instead of being taken from the cache."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.repeatability import concerns
from qscache_lint.fixing.safety import evaluated_anew
from qscache_lint.knowledge import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.values import Reason


def built_anew(analysis: Analysis, context: RepairContext, new: str) -> Iterator[Reason]:
    """Why a call that goes around the cache may get something else than from it, or cost more.

    The whitelist for builders says so; it does not look at what is kept on an object. `new` is the name that the
    project gets, if it gets one.
    """
    cached_function = context.cached_function
    if cached_function.store is Store.SCOPED:
        yield from evaluated_anew(analysis.evaluator, cached_function)
    else:
        routes = tuple(use.reference for use in context.refiners)
        yield from concerns(analysis, cached_function, new, routes)
