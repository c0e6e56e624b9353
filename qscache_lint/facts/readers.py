"""The interface of what reads files: a module that only passes a reader on loads nothing to read with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading
    from qscache_lint.source.memo_shape import Signs
    from qscache_lint.source.scout import Memos, Sought


Job = TypeVar("Job")

Scouting: TypeAlias = Callable[["Iterable[Sought]", "Signs"], "Iterator[tuple[Memos, Reading | None]]"]
"""Says of some files, in their order, what each holds; see `Reader.scout`."""


class Request(NamedTuple):
    """A file to read, with its content."""

    path: str
    source: bytes


class Reader(Protocol):
    """Gives the facts of files, and scouts which of them are worth it. May have workers in other processes."""

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        """The facts of each file by its path, in any order."""
        ...

    def scout(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        """What the scout says of files, in their order, with the facts of those that hold something.

        The facts may be missing: then `read` gives them.
        """
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

    def scout(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        return self._made.scout(files, signs)

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return self._made.apart(work, jobs)

    @cached_property
    def _made(self) -> Reader:
        return self._make()
