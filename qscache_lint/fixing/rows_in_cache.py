"""Rows in a cache in place of a QuerySet: whether what stores them, and other code that has the key, can take them."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.repeatability.memoizer import memoizing
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.knowledge import Store
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.values import Reason


def rows_in_cache(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[Reason]:
    """Each reason why code beside the callers may notice that the cache has rows.

    Raises Refused where the memoizer uses the QuerySet itself.
    """
    if cached_function.store is Store.SCOPED or cached_function.decorator is None:
        return
    caching = memoizing(evaluator, Subject(evaluator, cached_function.identity), cached_function)
    if caching.needs:
        raise Refused(caching.needs[0])
    if not caching.is_followed:
        yield from caching.concerns
