"""Where the places of a recording are in the project as it is now."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from qscache_lint.values import Span
from qscache_lint.witness.code import FileNow, Spot
from qscache_lint.witness.records import RecordedPlace, Recording

_INSIDE = "<locals>"


class Behind(NamedTuple):
    """How far a place stands behind the beginning of what was seen, the nearest first; without a column, only whether
    it is on its rows."""

    is_outside: bool
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True)
class At:
    """A recorded place in a file of the project.

    Where the file `has_changed` since, its rows are those that it would have if only what stands before the function
    had.
    """

    path: str
    first: int
    last: int
    column: int | None
    function: str
    has_changed: bool = False
    is_gone: bool = False
    """Whether there is no function of the name any more."""

    def distance(self, spot: Spot) -> int | None:
        """How many rows it is away from the statement of a place; None where it is elsewhere.

        Rows of a file that has not changed are the very ones or none; else the function has to be the same.
        """
        if spot.path != self.path or (self.has_changed and spot.scope != self.function):
            return None
        apart = max(spot.rows[0] - self.last, self.first - spot.rows[1], 0)
        return apart if self.has_changed or not apart else None

    def behind(self, spot: Spot) -> Behind:
        """How far behind its beginning a place in the same statement stands."""
        row, column = spot.start.row, spot.start.column
        if self.column is None:
            return Behind(not self.first <= row <= self.last)
        is_outside = row > self.last or (row, column) < (self.first, self.column)
        return Behind(is_outside, abs(row - self.first), abs(column - self.column) if row == self.first else column)


class RecordedPlaces:
    """Finds the places of a recording in a project of which `paths` are the files."""

    def __init__(self, recording: Recording, paths: Collection[str], read: Callable[[str], bytes]) -> None:
        self._recording = recording
        self._by_name: dict[str, list[str]] = {}
        for path in sorted(paths):
            self._by_name.setdefault(_name(path), []).append(path)
        self.file = lru_cache(maxsize=None)(lambda path: FileNow(path, read(path)))
        """The code of a file of the project."""
        self.path_of = lru_cache(maxsize=None)(self._find_path)
        """The file of the project that a recorded path stands for; None where there is none, or several may be."""
        self.has_changed = lru_cache(maxsize=None)(self._find_change)
        """Whether a recorded path stands for a file that is another one now."""
        self.at = lru_cache(maxsize=None)(self._find)
        """Where a recorded place is; None where it is in no file of the project."""

    def spot(self, path: str, span: Span) -> Spot:
        """A place in a file of the project, with what is around it."""
        return self.file(path).spot(span)

    def _find_path(self, path: str) -> str | None:
        """The file with the same path, else the only one that ends with it, as when the project is seen from above.

        Where the recording was made above the project, many files may be called alike: then the content decides.
        """
        alike = self._by_name.get(_name(path), [])
        if path in alike:
            return path
        below = [each for each in alike if each.endswith(f"/{path}")]
        if len(below) == 1:
            return below[0]
        same = [each for each in below or alike if self._is_same(path, each)]
        above = [each for each in same if below or path.endswith(f"/{each}")]
        return above[0] if len(above) == 1 else None

    def _is_same(self, recorded: str, path: str) -> bool:
        return self.file(path).digest == self._recording.files.get(recorded)

    def _find_change(self, recorded: str) -> bool:
        path = self.path_of(recorded)
        return path is not None and not self._is_same(recorded, path)

    def _find(self, place: RecordedPlace) -> At | None:
        path = self.path_of(place.path)
        if path is None:
            return None
        function, has_changed = in_code(place.function), self.has_changed(place.path)
        moved = self._moved(place.path, path, function) if has_changed else 0
        is_gone = has_changed and not self.file(path).has(function)
        return At(path, place.row + moved, place.end_row + moved, place.column, function, has_changed, is_gone)

    def _moved(self, recorded: str, path: str, function: str) -> int:
        """By how many rows a function has moved since it was recorded, as far as that is known."""
        executed = (self._recording.executed or {}).get(recorded, ())
        before = [each.row for each in executed if in_code(each.function) == function and not _is_inner(each.function)]
        now = self.file(path).first_row(function)
        return now - before[0] if len(before) == 1 and now is not None else 0


def in_code(function: str) -> str:
    """The name of a function as our reports have it: without what Python calls its insides; "" for a module."""
    return ".".join(part for part in function.split(".") if not part.startswith("<"))


def _is_inner(function: str) -> bool:
    """Whether it is a lambda or a generator expression in another function."""
    last = function.rpartition(".")[2]
    return last.startswith("<") and last != _INSIDE


def _name(path: str) -> str:
    return path.rpartition("/")[2]
