"""What is told from texts, kept in a process that lives for texts that are the same at the next look."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Told = TypeVar("Told")


class TextIndex:
    """Keeps what functions have told of texts, from one look at all of them to the next."""

    def __init__(self) -> None:
        self.keeps = False
        """Whether there will be another look: otherwise nothing is kept, which takes memory."""
        self._before: dict[Hashable, Any] = {}
        self._now: dict[Hashable, Any] = {}

    def look_again(self) -> None:
        """Begin another look: what was not asked in the last one is forgotten."""
        self._before, self._now = self._now, {}

    def ask(self, tell: Callable[[bytes], Told], text: bytes, by: Hashable = None) -> Told:
        """What `tell` says of a text; `by` stands for it where it is not the same function at the next look."""
        if not self.keeps:
            return tell(text)
        key = (text, by or tell)
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else tell(text)
        told: Told = self._now[key]
        return told
