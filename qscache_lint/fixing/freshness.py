"""What comes out another way where a query is built anew instead of being taken from the cache."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.effects import first_write
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.repeatability import concerns
from qscache_lint.fixing.repeatability.body import body_concerns
from qscache_lint.fixing.repeatability.moved import store_of, stored, whole
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import is_of_rows
from qscache_lint.values import Reason


def built_anew(analysis: Analysis, context: RepairContext, new: str) -> Iterator[Reason]:
    """Why a call that goes around the cache may get something else than from it, or cost more.

    The whitelist for builders says so; of what an object keeps for itself only the body counts. `new` is the name that
    the project gets, if it gets one. Raises Refused where each such call would write to the database.
    """
    cached_function = context.cached_function
    _refuse_writes(analysis.evaluator, cached_function)
    if cached_function.store is Store.SCOPED:
        found = body_concerns(whole(Subject(analysis.evaluator, cached_function.identity)))
        yield from (each for each in found if not is_of_rows(each))  # the object that rows carry is the very one
    else:
        routes = tuple(use.reference for use in context.refiners)
        yield from concerns(analysis, cached_function, new, routes)


def _refuse_writes(evaluator: Evaluator, cached_function: CachedFunction) -> None:
    subject, among = Subject(evaluator, cached_function.identity), None
    store = store_of(evaluator, cached_function) if cached_function.decorator is None else None
    if store is not None:
        among = frozenset(subject.facts.spans[ref] for ref in stored(subject, *store).refs)
    found = first_write(evaluator, cached_function.identity, among)
    if found is not None:
        raise Refused(found)
