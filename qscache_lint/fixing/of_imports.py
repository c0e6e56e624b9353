"""Repairs of what happens once in a process: reads of a shared QuerySet, and queries at import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from qscache_lint.fixing.deferring import defer_queries
from qscache_lint.fixing.model import DEFER_QUERY, READ_COPY, Kind, Place, Repair
from qscache_lint.fixing.shared_copies import copy_shared, reader_of
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.identities import FunctionId

Planner: TypeAlias = Callable[[Analysis, FunctionId], Iterable[Repair]]

PLANNERS: tuple[tuple[Kind, Planner], ...] = ((READ_COPY, copy_shared), (DEFER_QUERY, defer_queries))
"""What plans the repairs of each kind in one function; number 0 is the body of a module."""


def functions_around(analysis: Analysis) -> Mapping[Place, FunctionId]:
    """The function in which each finding of these rules stands."""
    reading = {(each.path, each.span): reader_of(analysis.evaluator, each) for each in analysis.shared}
    return {**reading, **{(each.path, each.span): FunctionId(each.path, 0) for each in analysis.imported}}
