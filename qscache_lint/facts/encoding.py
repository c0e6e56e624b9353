"""Facts as bytes: for a cache, and from one process to another. Decoding checks every type and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from qscache_lint.facts.model import ModuleFacts
from qscache_lint.facts.reading import Reading
from qscache_lint.source.parse import Unreadable


class Encodable(msgspec.Struct, frozen=True, array_like=True):
    """A reading in a form that says which of the two it is."""

    facts: ModuleFacts | None
    unreadable: Unreadable | None

    @classmethod
    def of(cls, reading: Reading) -> Encodable:
        return cls(None, reading) if isinstance(reading, Unreadable) else cls(reading, None)

    @property
    def reading(self) -> Reading:
        return self.facts or self.unreadable or Unreadable(1, 1, "unknown")


def encode(readings: Iterable[Reading]) -> bytes:
    return msgspec.msgpack.encode([Encodable.of(reading) for reading in readings])


def decode(encoded: bytes) -> list[Reading]:
    """The readings that were encoded. Raises msgspec.DecodeError for anything else."""
    return [each.reading for each in msgspec.msgpack.decode(encoded, type=list[Encodable])]
