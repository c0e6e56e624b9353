"""Rows of a project's own, from its settings."""

from __future__ import annotations

from qscache_lint.knowledge.cache_rows import Memoizer, ReadCall, StoreCall
from qscache_lint.knowledge.consumer_rows import Consumer
from qscache_lint.knowledge.model import Row
from qscache_lint.knowledge.queryset_rows import Operation


class Extension(Row, frozen=True):
    """Rows that a project adds to the tables."""

    memoizer: tuple[Memoizer, ...] = ()
    store: tuple[StoreCall, ...] = ()
    read: tuple[ReadCall, ...] = ()
    operation: tuple[Operation, ...] = ()
    consumer: tuple[Consumer, ...] = ()
