"""Facts as bytes: for a cache, and from one process to another. Decoding checks every type and runs nothing.

A few constants have no such form: integers beyond 64 bits, and text with half of a surrogate pair. The facts of a file
that has one are neither kept nor sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from qscache_lint.facts.model import ModuleRecord
from qscache_lint.facts.reading import Reading
from qscache_lint.source.scout import Memos
from qscache_lint.source.syntax import Unreadable

UNENCODABLE = (UnicodeEncodeError, OverflowError)


class Encodable(msgspec.Struct, frozen=True, array_like=True):
    """A reading in a form that says which of the two it is; neither when it has no form."""

    facts: ModuleRecord | None
    unreadable: Unreadable | None

    @classmethod
    def of(cls, reading: Reading) -> Encodable:
        return cls(None, reading) if isinstance(reading, Unreadable) else cls(reading, None)

    @property
    def reading(self) -> Reading | None:
        return self.facts or self.unreadable


def encode(readings: Iterable[Reading]) -> bytes:
    return msgspec.msgpack.encode([_encoded(reading) for reading in readings])


def _encoded(reading: Reading) -> msgspec.Raw:
    try:
        return msgspec.Raw(msgspec.msgpack.encode(Encodable.of(reading)))
    except UNENCODABLE:
        return msgspec.Raw(msgspec.msgpack.encode(Encodable(None, None)))


def decode(encoded: bytes) -> list[Reading | None]:
    """The readings that were encoded, None for one without a form. Raises msgspec.DecodeError for anything else."""
    return [each.reading for each in msgspec.msgpack.decode(encoded, type=list[Encodable])]


class _Scouted(msgspec.Struct, frozen=True, array_like=True):
    memos: tuple[int, ...] | None
    reading: Encodable


def encode_scouted(answers: Iterable[tuple[Memos, Reading | None]]) -> bytes:
    """What the scout says of files, with the facts of some; a reading without a form is left out."""
    return msgspec.msgpack.encode([_encoded_scouted(memos, reading) for memos, reading in answers])


def _encoded_scouted(memos: Memos, reading: Reading | None) -> msgspec.Raw:
    encodable = Encodable(None, None) if reading is None else Encodable.of(reading)
    try:
        return msgspec.Raw(msgspec.msgpack.encode(_Scouted(memos, encodable)))
    except UNENCODABLE:
        return msgspec.Raw(msgspec.msgpack.encode(_Scouted(memos, Encodable(None, None))))


def decode_scouted(encoded: bytes) -> Iterator[tuple[Memos, Reading | None]]:
    """The answers that were encoded. Raises msgspec.DecodeError for anything else."""
    for each in msgspec.msgpack.decode(encoded, type=list[_Scouted]):
        yield each.memos, each.reading.reading
