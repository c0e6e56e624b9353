"""A reader that hands files out in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from qscache_lint.executing.crew import Crew
from qscache_lint.executing.progress import NoProgress, Progress
from qscache_lint.facts.encoding import decode, encode
from qscache_lint.facts.readers import Request
from qscache_lint.facts.reading import DirectReader, Reading, count_reading, read_source
from qscache_lint.meter import Meter

Chunk: TypeAlias = tuple[tuple[bytes, frozenset[int]], ...]
"""Sources, each with the units whose bodies are wanted."""

_CHUNK = 60_000
"""Bytes in a chunk: a tenth of a second's work."""

_WORTH_IT = 200_000
"""Bytes for which others are called: below, starting them takes as long as the work."""


def read_chunk(chunk: Chunk) -> bytes:
    """The facts of some files, encoded: what a worker does."""
    return encode(read_source(source, wanted) for source, wanted in chunk)


class SharedReader:
    """Reads few files itself, and hands many out to a crew; without a crew it reads all of them."""

    def __init__(self, crew: Crew | None, meter: Meter, progress: Progress | None = None) -> None:
        self._crew = crew
        self._meter = meter
        self._progress = progress or NoProgress()
        self._direct = DirectReader(meter)

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        files = list(requests)
        if sum(len(file.units.source) for file in files) < _WORTH_IT:
            yield from self._direct.read(files)
            return
        self._progress.begin(len(files))
        for reading in self._direct.read(files) if self._crew is None else self._handed_out(self._crew, files):
            self._progress.advance(1)
            yield reading
        self._progress.end()

    def _handed_out(self, crew: Crew, files: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        chunks = list(in_chunks(files))
        jobs = [tuple((file.units.source, file.wanted) for file in chunk) for chunk in chunks]
        for number, encoded in crew.do(read_chunk, jobs):
            for file, sent in zip(chunks[number], decode(encoded), strict=True):
                reading = read_source(file.units.source, file.wanted) if sent is None else sent
                count_reading(self._meter, reading)
                yield file.path, reading


def in_chunks(files: Iterable[Request]) -> Iterator[list[Request]]:
    """The files in stretches of about the same size."""
    chunk: list[Request] = []
    size = 0
    for file in files:
        chunk.append(file)
        size += len(file.units.source)
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
