"""What is sent to the process that runs mypy, and what comes back: plain values, encoded as MessagePack."""

from __future__ import annotations

import msgspec

from qscache_lint.oracles import Asked, TypeAnswer


class Source(msgspec.Struct, frozen=True, array_like=True):
    """One file: its path below the directory that is checked, the module it is, its text where disk has another one."""

    path: str
    module: str
    text: str | None = None


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A question, with the place as Python's parser counts: rows from 1, columns in bytes from 0."""

    asked: Asked
    path: str
    row: int
    column: int
    last: int
    end: int


class Request(msgspec.Struct, frozen=True):
    """All that one check needs. Without a `settings` module Django is known by its stubs alone."""

    directory: str
    search_path: tuple[str, ...]
    sources: tuple[Source, ...]
    places: tuple[Place, ...]
    cache: str
    settings: str = ""


class Response(msgspec.Struct, frozen=True):
    """The answers, or why there are none: `stage` says what failed."""

    known: tuple[tuple[Asked, TypeAnswer], ...] = ()
    stage: str = ""
    failure: str = ""
    without: tuple[str, ...] = ()
    """Files that the checker could not read."""
