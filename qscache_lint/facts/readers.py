"""Who reads files. The interface alone: a module that only passes a reader on loads nothing to read with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading
    from qscache_lint.source.scout import Sighting, Signs, Sought


Job = TypeVar("Job")


class Request(NamedTuple):
    """A file to read, with its content."""

    path: str
    source: bytes


class Reader(Protocol):
    """Gives the facts of files, and looks which of them are worth it. May know others who work beside this process."""

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        """The facts of each file by its path, in any order."""
        ...

    def sightings(self, files: Iterable[Sought], signs: Signs) -> Iterator[Sighting]:
        """What the scout says of files, in their order."""
        ...

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        """The result of each job with its number, as they come, from processes that see the same files.

        None when there are none: then nothing has been done.
        """
        ...


class LateReader:
    """A reader that is made when something is to be read."""

    def __init__(self, make: Callable[[], Reader]) -> None:
        self._make = make

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        return self._made.read(requests)

    def sightings(self, files: Iterable[Sought], signs: Signs) -> Iterator[Sighting]:
        return self._made.sightings(files, signs)

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return self._made.apart(work, jobs)

    @cached_property
    def _made(self) -> Reader:
        return self._make()
