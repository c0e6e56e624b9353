"""A project that means the same as another one, and where each of its places comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Replacement:
    """Text of one row from `start` up to and not including `end` (0-based code points) that gives way to `text`."""

    row: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Origin:
    """Where the places of one file come from: its path before, the row before of each row, and what was replaced.

    Rows that were not moved are not in `rows`. `replaced` is sorted, and has the rows and columns from before.
    """

    path: str
    rows: tuple[int, ...] = ()
    replaced: tuple[Replacement, ...] = ()

    def place(self, row: int, column: int) -> tuple[str, int, int]:
        """The path, row and column before; 1-based."""
        before = self.rows[row - 1] if self.rows else row
        for each in self.replaced:
            if each.row == before and column - 1 >= each.start + len(each.text):
                column -= len(each.text) - (each.end - each.start)
        return self.path, before, column


@dataclass(frozen=True)
class Variant:
    """The files of a project, its settings, and the origin of each file that has another one than itself."""

    files: Mapping[str, str]
    settings: str = ""
    origins: Mapping[str, Origin] = field(default_factory=dict)

    def origin(self, path: str, row: int, column: int) -> tuple[str, int, int]:
        """Where a place was in the original."""
        return self.origins.get(path, Origin(path)).place(row, column)


def replace(text: str, replacements: Iterable[Replacement]) -> str:
    """A text with some of it replaced."""
    lines = rows_of(text)
    for each in sorted(replacements, reverse=True):
        line = lines[each.row - 1]
        lines[each.row - 1] = f"{line[: each.start]}{each.text}{line[each.end :]}"
    return "".join(lines)


def rows_of(text: str) -> list[str]:
    """The rows of a text as Python counts them, with their ends."""
    return _ROW.findall(text)


_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
