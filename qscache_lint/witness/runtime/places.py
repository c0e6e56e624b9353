"""Where the project's own code is on the stack."""

from __future__ import annotations

import linecache
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

from qscache_lint.witness.records import RecordedPlace
from qscache_lint.witness.runtime.foreign import code_of
from qscache_lint.witness.runtime.held import at_hand
from qscache_lint.witness.runtime.limits import DECORATORS, PLACES, STACK, VIA
from qscache_lint.witness.runtime.origins import stored_results

_OWN = os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep  # noqa: PTH120 - asked for every file
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_INSIDE = ".<locals>."
_DEF = re.compile(r"\s*(async\s+)?def\b")
_STANDARD = tuple(
    os.path.realpath(path) + os.sep for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
)


CodeKey: TypeAlias = tuple[str, CodeType]


class Waiting(NamedTuple):
    """What a coroutine asked, and where, that waits for a thread in which it is done."""

    operation: str
    places: tuple[RecordedPlace, ...]
    function: RecordedPlace | None


class ProjectPlaces:
    """The places of a project, which is what lies below a directory and is not installed there."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root).rstrip(os.sep) + os.sep
        self.path = lru_cache(maxsize=PLACES)(self._path)
        self._known: dict[tuple[CodeKey, int], RecordedPlace] = {}
        self.waiting: ContextVar[Waiting | None] = ContextVar("waiting", default=None)
        """Stands for the part of the stack that is in another thread."""

    def _path(self, filename: str) -> str | None:
        """A file of the project as the recording names it, None for any other."""
        if not filename.endswith(".py"):
            return None
        path = os.path.realpath(filename)
        if not path.startswith(self.root) or path.startswith((_OWN, *_STANDARD)):
            return None
        below = PurePath(path[len(self.root) :])
        return None if _INSTALLED.intersection(below.parts) else below.as_posix()

    def frames(self, frame: FrameType | None) -> Iterator[FrameType]:
        """The frames of the project, from a frame outwards."""
        for each in islice(outwards(frame), STACK):
            if self.path(each.f_code.co_filename) is not None:
                yield each

    def around(self, frame: FrameType | None) -> tuple[RecordedPlace, ...]:
        """The innermost place of the project, and those around it; empty where there is none."""
        waiting = self.waiting.get()
        here = tuple(self._of(each) for each in islice(self.frames(frame), 1 + VIA))
        return here if here or waiting is None else waiting.places

    def waiting_for(self, frame: FrameType | None) -> tuple[RecordedPlace, ...]:
        """The places of the project that wait for what a frame does, the innermost such work first."""
        while (frame := _enclosing(frame)) is not None:
            if places := self.around(frame):
                return places
        return ()

    def memoized(self, frame: FrameType | None) -> RecordedPlace | None:
        """The function of the project whose result the innermost code of the project stores, if that is known.

        A memoizer's wrapper has it at hand, and calls it; it may be beside those that the memoizer defines itself.
        """
        inner, waiting = next(self.frames(frame), None), self.waiting.get()
        if inner is None:
            return None if waiting is None else waiting.function
        results = stored_results(inner)
        given = (value for name, value in (at_hand(inner) if results else {}).items() if name in results)
        found = {place for value in given if (place := self.of_function(value)) is not None}
        others = {place for place in found if not self._is_beside(place, inner.f_code)} or found
        return others.pop() if len(others) == 1 else None

    def _is_beside(self, place: RecordedPlace, code: CodeType) -> bool:
        """Whether a function stands with some code in the same outermost function."""
        outermost, inside, _ = name_of(code).partition(_INSIDE)
        is_in_file = place.path == self.path(code.co_filename)
        return bool(inside) and is_in_file and place.function.startswith(outermost + inside)

    def _of(self, frame: FrameType) -> RecordedPlace:
        key = key_of(frame.f_code), frame.f_lasti
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= PLACES:
                self._known = dict(islice(self._known.items(), PLACES // 2, None))
            known = self._known[key] = self._found(frame)
        return known

    def _found(self, frame: FrameType) -> RecordedPlace:
        row, end_row, column = _span(frame.f_code, frame.f_lasti, frame.f_lineno)
        if column is not None:
            column = _in_characters(frame.f_code.co_filename, row, column)
        return RecordedPlace(self.path(frame.f_code.co_filename) or "", row, end_row, column, name_of(frame.f_code))

    def of_code(self, code: CodeType) -> RecordedPlace | None:
        """The rows of a function of the project from its first decorator to `def`; None for other functions."""
        path = self.path(code.co_filename)
        if path is None:
            return None
        row = max(code.co_firstlineno, 1)
        return RecordedPlace(path, row, _row_of_def(code.co_filename, row), None, name_of(code))

    def of_function(self, function: Any) -> RecordedPlace | None:
        """The same for what may be a function, or something that wraps one and says so by `__wrapped__`."""
        code = code_of(function)
        return None if code is None else self.of_code(code)


_OUTERMOST = {"thread_handler": "asgiref.sync", "inner": "django.core.handlers.exception"}
"""Functions with their modules that begin something of its own: what a thread does for a coroutine, and a request or
what a middleware hands on. What is around them waits for it, and has not asked for anything that is done inside.
"""


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and those that it was called by, without the witness' own, up to the beginning of what they do."""
    while frame is not None and not _is_outermost(frame):
        if not is_own(frame.f_code.co_filename):
            yield frame
        frame = frame.f_back


def _is_outermost(frame: FrameType) -> bool:
    module = _OUTERMOST.get(frame.f_code.co_name)
    return module is not None and frame.f_globals.get("__name__") == module


def _enclosing(frame: FrameType | None) -> FrameType | None:
    """The frame around the beginning of what a frame does; None where nothing is there."""
    while frame is not None and not _is_outermost(frame):
        frame = frame.f_back
    return None if frame is None else frame.f_back


@lru_cache(maxsize=PLACES)
def is_own(filename: str) -> bool:
    return os.path.realpath(filename).startswith(_OWN)


def key_of(code: CodeType) -> CodeKey:
    """What tells code apart: to Python, that of functions with the same text on the same rows of two files is equal."""
    return code.co_filename, code


def name_of(code: CodeType) -> str:
    return str(getattr(code, "co_qualname", code.co_name))


def _span(code: CodeType, instruction: int, row: int) -> tuple[int, int, int | None]:
    """Rows and column, in bytes, of what is being executed."""
    if sys.version_info < (3, 11):
        return row, row, None
    start, end, column, _ = next(islice(code.co_positions(), instruction // 2, None), (None, None, None, None))
    return start or row, end or start or row, None if column is None else column


@lru_cache(maxsize=PLACES)
def _row_of_def(filename: str, row: int) -> int:
    """The row of `def` below some decorators, which the code itself does not know."""
    lines = linecache.getlines(filename)[row - 1 : row - 1 + DECORATORS]
    return next((row + below for below, line in enumerate(lines) if _DEF.match(line)), row)


def _in_characters(filename: str, row: int, column: int) -> int:
    """A column, 1-based and in code points."""
    return len(linecache.getline(filename, row).encode()[:column].decode(errors="replace")) + 1
