"""From bytes to facts, here and now."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TypeAlias

from qscache_lint import limits
from qscache_lint.errors import Fault, isolated
from qscache_lint.facts.model import ModuleRecord
from qscache_lint.facts.readers import Job, Request
from qscache_lint.facts.visitor import visit_module
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.scout import Memos, Sought, look_at
from qscache_lint.source.syntax import Unreadable, parse

Reading: TypeAlias = ModuleRecord | Unreadable
"""What a file states, or why it could not be read."""

_ONE_AT_A_TIME = Lock()


class DirectReader:
    """Reads each file when it is asked for."""

    def __init__(self, statistics: RunStatistics) -> None:
        self._statistics = statistics

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        for request in requests:
            reading = read_source(request.source)
            self._statistics.count("parsed by ast")
            count_reading(self._statistics, reading)
            yield request.path, reading

    def scout(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        for source, words in files:
            memos, reading = scout_source(source, words, signs)
            self._statistics.count("parsed by ast")
            if reading is not None:
                count_reading(self._statistics, reading)
            yield memos, reading

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return None


def read_source(source: bytes) -> Reading:
    """Parse and visit one file. The answer follows from the bytes alone."""
    with _room():
        return _unless_faulty(isolated(lambda: _visited(parse(source), source), _STAGE))


def scout_source(source: bytes, words: frozenset[str], signs: Signs) -> tuple[Memos, Reading | None]:
    """What a file holds that uses one of `words` or may have a memo made by hand, and its facts if it holds any."""
    def scout() -> tuple[Memos, Reading | None]:
        module = parse(source)
        memos = look_at(None if isinstance(module, Unreadable) else module, source, words, signs)
        return memos, None if memos is None else _unless_faulty(isolated(lambda: _visited(module, source), _STAGE))

    with _room():
        found = isolated(scout, "scouting")
        return (look_at(None, source, words, signs), _unless_faulty(found)) if isinstance(found, Fault) else found


_STAGE = "reading its syntax tree"


def _unless_faulty(reading: Reading | Fault) -> Reading:
    """What a file states; one that we fail to read is one that cannot be read."""
    return Unreadable(1, 1, reading.what, is_fault=True) if isinstance(reading, Fault) else reading


def _visited(module: ast.Module | Unreadable, source: bytes) -> Reading:
    if isinstance(module, Unreadable):
        return module
    try:
        return visit_module(module, source)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")


def count_reading(statistics: RunStatistics, reading: Reading) -> None:
    """Note that the facts of a file were asked for, and made if it could be parsed."""
    statistics.count("parsed")
    if isinstance(reading, ModuleRecord):
        statistics.count("visited")


@contextmanager
def _room() -> Iterator[None]:
    """What can be read does not depend on how deep the caller's stack is. The limit is that of all threads."""
    with _ONE_AT_A_TIME:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(_depth() + limits.VISITOR_CALLS)
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)


def _depth() -> int:
    """How many calls are open."""
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
