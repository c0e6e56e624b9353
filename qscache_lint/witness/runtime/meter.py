"""Counts the statements that Django sends to databases, and how long they take, by its documented `execute_wrapper`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from django.db import connections

from qscache_lint.witness.runtime.ledger import Cost


class _Running(threading.local):
    meter: _Meter | None = None


class _Meter:
    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


_running = _Running()


@contextmanager
def metered() -> Iterator[Cost]:
    """The cost of the block in this thread; inside another such block nothing, since that one counts it."""
    cost = Cost()
    if _running.meter is not None:
        yield cost
        return
    meter = _running.meter = _Meter()
    wrapped = [connection.execute_wrappers for connection in connections.all(initialized_only=True)]
    for wrappers in wrapped:
        wrappers.append(meter)
    start = perf_counter()
    try:
        yield cost
    finally:
        cost.milliseconds = (perf_counter() - start) * 1000
        cost.queries = meter.queries
        _running.meter = None
        for wrappers in wrapped:
            if meter in wrappers:
                wrappers.remove(meter)
