"""Rows in a cache in place of a QuerySet: whether what stores them, and other code that has the key, can take them."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.repeatability import key_of
from qscache_lint.fixing.repeatability.memoizer import memoizing, named
from qscache_lint.fixing.repeatability.moved import store_of
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.repeatability.writers import reader_concerns
from qscache_lint.knowledge.model import Store
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def rows_in_cache(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[Reason]:
    """Each reason why code beside the callers may notice that the cache has rows.

    Raises Refused where the memoizer uses the QuerySet itself.
    """
    if cached_function.store is Store.SCOPED:
        return
    subject = Subject(evaluator, cached_function.identity)
    if cached_function.decorator is None:
        yield from _of_stored(evaluator, subject, cached_function)
    else:
        yield from _of_memoizer(evaluator, subject, cached_function)


def _of_stored(evaluator: Evaluator, subject: Subject, cached_function: CachedFunction) -> Iterator[Reason]:
    found = store_of(evaluator, cached_function)
    pieces = () if found is None else key_of(subject, *found)
    if pieces:
        yield from reader_concerns(evaluator, pieces, {cached_function.identity})
    else:
        yield reason("key-not-found", function=cached_function.label)


def _of_memoizer(evaluator: Evaluator, subject: Subject, cached_function: CachedFunction) -> Iterator[Reason]:
    caching = memoizing(evaluator, subject, cached_function)
    if caching.needs:
        raise Refused(caching.needs[0])
    if not caching.is_followed:
        yield from caching.concerns
    if caching.is_text:
        yield from reader_concerns(evaluator, named(caching.pieces, subject), caching.writes)
