"""Who gives facts. The interface alone: whoever only passes a reader on loads nothing to read with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading
    from qscache_lint.source.units import Units


class Request(NamedTuple):
    """A file to read. The bodies in the `wanted` units will be asked for soon: a reader may read them, too."""

    path: str
    units: Units
    wanted: frozenset[int] = frozenset()


class Reader(Protocol):
    """Gives the facts of files."""

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        """The facts of each file by its path, in any order."""
        ...


class LateReader:
    """A reader that is made when something is to be read."""

    def __init__(self, make: Callable[[], Reader]) -> None:
        self._make = make
        self._reader: Reader | None = None

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        if self._reader is None:
            self._reader = self._make()
        return self._reader.read(requests)
