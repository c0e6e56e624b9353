"""Which functions of the project ran, and what those return that are known to keep QuerySets.

Both come from `sys.monitoring`, which Python has since 3.12: a function tells once that it has begun, and after that
costs nothing.
"""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import CodeType
from typing import Any, NamedTuple

from msgspec.structs import replace

from qscache_lint.witness.records import Executed, Lifetime, RecordedPlace
from qscache_lint.witness.runtime.foreign import HOLDERS, code_of
from qscache_lint.witness.runtime.guard import Guard
from qscache_lint.witness.runtime.ledger import Ledger
from qscache_lint.witness.runtime.limits import EARLY_OBJECTS, EXECUTED
from qscache_lint.witness.runtime.memos import LRU_CACHE, PROPERTY_MODULES, Memos
from qscache_lint.witness.runtime.places import CodeKey, ProjectPlaces, key_of, name_of, outwards

_TOOLS = (4, 3)
"""Numbers that Python keeps for no kind of tool."""


BY_HAND = "memo found by the analysis"


class Known(NamedTuple):
    """A row of the project, in a function that keeps QuerySets in a memo."""

    row: int
    lifetime: Lifetime


class _Watched(NamedTuple):
    lifetime: Lifetime
    store: str
    function: RecordedPlace
    place: RecordedPlace


class Functions:
    """Watches functions begin, and some return."""

    def __init__(
        self, ledger: Ledger, places: ProjectPlaces, guard: Guard, memos: Memos, known: Mapping[str, Sequence[Known]]
    ) -> None:
        self._ledger = ledger
        self._places = places
        self._guard = guard
        self._memos = memos
        self._known = known
        self._executed: dict[str, dict[Executed, None]] = {}
        self._count = 0
        self._watched: dict[CodeKey, _Watched] = {}
        self._tool: int | None = None
        self._is_told = False

    def install(self) -> None:
        if sys.version_info < (3, 12):
            self._say_what_is_missing("Python tells only since 3.12 what functions return")
            return
        free = [tool for tool in _TOOLS if sys.monitoring.get_tool(tool) is None]
        if not free:
            self._say_what_is_missing("Other tools use all of sys.monitoring")
            return
        self._is_told = True
        self._tool, events = free[0], sys.monitoring.events
        sys.monitoring.use_tool_id(self._tool, "qscache-lint")
        sys.monitoring.register_callback(self._tool, events.PY_START, self._began)
        sys.monitoring.register_callback(self._tool, events.PY_RETURN, self._returned)
        sys.monitoring.set_events(self._tool, events.PY_START)
        for code, place in self._early():
            self._watch(code, _Watched("memo", LRU_CACHE, place, place))

    def uninstall(self) -> None:
        if self._tool is None or sys.version_info < (3, 12):
            return
        sys.monitoring.set_events(self._tool, sys.monitoring.events.NO_EVENTS)
        for _, code in self._watched:
            sys.monitoring.set_local_events(self._tool, code, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(self._tool)
        self._tool = None

    @property
    def executed(self) -> dict[str, tuple[Executed, ...]] | None:
        """What ran, by file; None where that is not known."""
        if not self._is_told:
            return None
        by_row = {path: sorted(found, key=lambda each: (each.row, each.function)) for path, found in self._ran()}
        return {path: tuple(found) for path, found in sorted(by_row.items())}

    def _ran(self) -> list[tuple[str, list[Executed]]]:
        return [(path, list(found)) for path, found in list(self._executed.items())]

    def _say_what_is_missing(self, reason: str) -> None:
        early = sum(1 for _ in self._early())
        if early:
            self._ledger.say(
                f"{early} functions had an lru_cache before the recording began: what they keep is left out."
            )
        if self._known:
            self._ledger.say(f"{reason}: what home-made memoizers keep is left out.")

    def _early(self) -> Iterator[tuple[CodeType, RecordedPlace]]:
        """The functions of the project that had an `lru_cache` before it was watched."""
        for each in islice(gc.get_objects(), EARLY_OBJECTS):
            if type(each) is functools._lru_cache_wrapper:
                code = code_of(each)
                place = None if code is None else self._guard(self._places.of_code, code)
                if code is not None and place is not None:
                    yield code, place

    # -- events

    def _began(self, code: CodeType, _offset: int) -> Any:
        self._guard(self._note, code)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined, unused-ignore]

    def _note(self, code: CodeType) -> None:
        path = self._places.path(code.co_filename)
        if path is None or self._count >= EXECUTED:
            return
        executed = self._executed.setdefault(path, {})
        count = len(executed)
        executed[Executed(max(code.co_firstlineno, 1), name_of(code))] = None
        self._count += len(executed) - count
        for known in self._known.get(path, ()):
            function = self._places.of_code(code)
            if function is not None and self._keeps(code, known):
                row = max(known.row, function.row)
                place = function if row <= function.end_row else replace(function, row=row, end_row=row)
                self._watch(code, _Watched(known.lifetime, BY_HAND, function, place))

    def _keeps(self, code: CodeType, known: Known) -> bool:
        """Whether a function is the one that is known, and its memo is not seen in another way."""
        if code.co_name == "<module>" or key_of(code) in self._memos.watched or not _has_row(code, known.row):
            return False
        return not _is_computed(code)

    def _watch(self, code: CodeType, watched: _Watched) -> None:
        if self._tool is not None and sys.version_info >= (3, 12):
            self._watched[key_of(code)] = watched
            sys.monitoring.set_local_events(self._tool, code, sys.monitoring.events.PY_RETURN)

    def _returned(self, code: CodeType, _offset: int, value: Any) -> None:
        if issubclass(type(value), HOLDERS):
            self._guard(self._kept, code, value)

    def _kept(self, code: CodeType, value: Any) -> None:
        watched = self._watched.get(key_of(code))
        if watched is not None:
            self._memos.kept(value, watched.lifetime, watched.store, watched.function, watched.place)


def _is_computed(code: CodeType) -> bool:
    """Whether a function that has begun is being called by a property that keeps what it returns."""
    began = next((frame for frame in outwards(sys._getframe()) if frame.f_code is code), None)
    caller = next(outwards(None if began is None else began.f_back), None)
    return caller is not None and (
        caller.f_code.co_name == "__get__" and caller.f_globals.get("__name__") in PROPERTY_MODULES
    )


def _has_row(code: CodeType, row: int) -> bool:
    rows = [line for _, _, line in code.co_lines() if line]
    return code.co_firstlineno <= row <= max(rows, default=0)
