"""Counts the statements that Django sends to databases, and how long they take, by its documented `execute_wrapper`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from qscache_lint.witness.runtime.ledger import Cost


class _Running(threading.local):
    meter: _Meter | None = None


class _Meter:
    """Counts the statements of a thread, on the connections that it has, and those that it opens meanwhile."""

    def __init__(self) -> None:
        self.queries = 0
        self._connections: list[BaseDatabaseWrapper] = []

    def watch(self, connection: BaseDatabaseWrapper) -> None:
        if self not in connection.execute_wrappers:
            connection.execute_wrappers.append(self)
            self._connections.append(connection)

    def leave(self) -> None:
        for connection in self._connections:
            if self in connection.execute_wrappers:
                connection.execute_wrappers.remove(self)

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


_running = _Running()


def install() -> None:
    """From now on, connections that are opened are counted from their first statement on."""
    connection_created.connect(_opened)


def uninstall() -> None:
    connection_created.disconnect(_opened)


def _opened(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _running.meter is not None:
        _running.meter.watch(connection)


@contextmanager
def metered() -> Iterator[Cost]:
    """The cost of the block in this thread; inside another such block nothing, since that one counts it."""
    cost = Cost()
    if _running.meter is not None:
        yield cost
        return
    meter = _running.meter = _Meter()
    for connection in connections.all(initialized_only=True):
        meter.watch(connection)
    start = perf_counter()
    try:
        yield cost
    finally:
        cost.milliseconds = (perf_counter() - start) * 1000
        cost.queries = meter.queries
        _running.meter = None
        meter.leave()
