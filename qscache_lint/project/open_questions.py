"""Questions that are being answered, and answers that rest on such."""

from __future__ import annotations

from typing import Any

import msgspec

from qscache_lint.project.questions import Question


class TooDeep(Exception):
    """A question that is asked too deep inside others, and is to be answered before them."""

    def __init__(self, question: Question[Any]) -> None:
        super().__init__(question)
        self.question = question


class OpenQuestion:
    """A question that is being answered: how many are around it, what it is assumed to answer, and was asked for so.

    Once it is answered provisionally, `below` is the open question that it rests on.
    """

    __slots__ = ("assumed", "below", "depth", "is_used")

    def __init__(self, depth: int, assumed: object) -> None:
        self.depth = depth
        self.assumed = assumed
        self.is_used = False
        self.below: OpenQuestion | None = None

    @property
    def lowest(self) -> int:
        """The depth of the question that is still open, of those that this one rests on."""
        found = self
        while found.below is not None:
            found = found.below
        if found is not self:
            self.below = found
        return found.depth


class Provisional(msgspec.Struct, frozen=True):
    """An answer that rests on an open question."""

    value: Any
    opened: OpenQuestion
