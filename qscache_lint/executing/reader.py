"""A reader that hands files out in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from qscache_lint import limits
from qscache_lint.executing.worker_pool import WorkerPool
from qscache_lint.facts.encoding import decode, decode_scouted, encode, encode_scouted
from qscache_lint.facts.readers import Job, Request
from qscache_lint.facts.reading import DirectReader, Reading, count_reading, read_source, scout_source
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.scout import Memos, Sought

File = TypeVar("File")

Chunk: TypeAlias = tuple[bytes, ...]
"""Sources."""

Sights: TypeAlias = tuple[tuple[Sought, ...], Signs]
"""Sources, each with the words for which it is looked at, and what the scout goes by."""


def read_chunk(chunk: Chunk) -> bytes:
    """The facts of some files, encoded: what a worker does."""
    return encode(map(read_source, chunk))


def scout_chunk(chunk: Sights) -> bytes:
    """What the scout says of some files, with the facts of those that hold something: what a worker does."""
    files, signs = chunk
    return encode_scouted(scout_source(source, words, signs) for source, words in files)


class SharedReader:
    """Reads few files itself, and hands many out to a worker pool; without a worker pool it reads all of them."""

    def __init__(self, worker_pool: WorkerPool | None, statistics: RunStatistics) -> None:
        self._worker_pool = worker_pool
        self._statistics = statistics
        self._direct = DirectReader(statistics)

    def read(self, requests: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        files = list(requests)
        if sum(len(file.source) for file in files) < limits.PARALLEL_BYTES:
            yield from self._direct.read(files)
            return
        self._statistics.expect(len(files))
        for reading in (
            self._direct.read(files) if self._worker_pool is None else self._handed_out(self._worker_pool, files)
        ):
            self._statistics.advance()
            yield reading

    def _handed_out(self, worker_pool: WorkerPool, files: Iterable[Request]) -> Iterator[tuple[str, Reading]]:
        chunks = list(in_chunks(files, lambda file: len(file.source)))
        jobs = [tuple(file.source for file in chunk) for chunk in chunks]
        for number, encoded in worker_pool.do(read_chunk, jobs):
            for file, sent in zip(chunks[number], decode(encoded), strict=True):
                reading = read_source(file.source) if sent is None else sent
                self._statistics.count("parsed by ast")
                count_reading(self._statistics, reading)
                yield file.path, reading

    def scout(self, files: Iterable[Sought], signs: Signs) -> Iterator[tuple[Memos, Reading | None]]:
        sought = list(files)
        if self._worker_pool is None or sum(len(source) for source, _ in sought) < limits.PARALLEL_BYTES:
            yield from self._direct.scout(sought, signs)
            return
        jobs = [(tuple(chunk), signs) for chunk in in_chunks(sought, lambda file: len(file[0]))]
        answers = dict(self._worker_pool.do(scout_chunk, jobs))
        for number in range(len(jobs)):
            for memos, reading in decode_scouted(answers.pop(number)):
                self._statistics.count("parsed by ast")
                if reading is not None:
                    count_reading(self._statistics, reading)
                yield memos, reading

    def apart(self, work: Callable[[Job], bytes], jobs: Sequence[Job]) -> Iterator[tuple[int, bytes]] | None:
        return (
            self._counted(self._worker_pool, work, jobs)
            if self._worker_pool is not None and self._worker_pool.sees_files
            else None
        )

    def _counted(
        self, worker_pool: WorkerPool, work: Callable[[Job], bytes], jobs: Sequence[Job]
    ) -> Iterator[tuple[int, bytes]]:
        self._statistics.expect(len(jobs))
        for done in worker_pool.do(work, jobs):
            self._statistics.advance()
            yield done


def in_chunks(files: Iterable[File], size_of: Callable[[File], int]) -> Iterator[list[File]]:
    """The files in stretches of about the same size."""
    chunk: list[File] = []
    size = 0
    for file in files:
        chunk.append(file)
        size += size_of(file)
        if size >= limits.CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
