"""Tables that grow while they are used."""

from __future__ import annotations

from typing import Protocol, TypeVar

Key = TypeVar("Key", contravariant=True)
Found = TypeVar("Found", covariant=True)


class Lookup(Protocol[Key, Found]):
    """What has been read so far, by number.

    Evaluating anything may read more. So nobody can iterate over such a table: its owner gives copies of what is there.
    """

    def __getitem__(self, key: Key, /) -> Found:
        """What was read under a number."""

    def get(self, key: Key, default: tuple[()], /) -> Found | tuple[()]:
        """The same; the default where nothing was read under a number."""

    def __contains__(self, key: object, /) -> bool:
        """Whether something was read under a number."""

    def __len__(self) -> int:
        """How much has been read."""
