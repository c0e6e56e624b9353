"""Who gives facts. The interface alone: whoever only passes a reader on loads nothing to read with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading


class Reader(Protocol):
    """Gives the facts of files."""

    def read(self, sources: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Reading]]:
        """The facts of each file, given as path and bytes, in any order."""
        ...


class LateReader:
    """A reader that is made when something is to be read."""

    def __init__(self, make: Callable[[], Reader]) -> None:
        self._make = make
        self._reader: Reader | None = None

    def read(self, sources: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Reading]]:
        if self._reader is None:
            self._reader = self._make()
        return self._reader.read(sources)
