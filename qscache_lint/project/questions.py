"""Questions of the analysis: frozen values, by which their answers are found again (see `table`)."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

import msgspec

Answer = TypeVar("Answer")


Kind = TypeVar("Kind", bound="type[Question[Any]]")


CUT = "cut"
"""What answers rest on that were given up somewhere: an edit may make them simpler, or others too deep."""


class Question(msgspec.Struct, Generic[Answer], frozen=True, array_like=True):
    """A question, by whose value its answer is found again. Each kind says what is answered while it is open."""

    bottom: ClassVar[Any] = None
    """The answer of which a cycle starts: nothing is known yet."""

    @property
    def cut(self) -> Any:
        """The answer when it takes more work than there is to spend."""
        return self.bottom


class Reading(Question[Answer], frozen=True):
    """An input: a question about what stands outside the table, answered without asking others than inputs."""


class Report(Question[Answer], frozen=True):
    """What there is to say of one file. No question rests on it: what it asks are outermost questions."""

    path: str

    @property
    def failed(self) -> Any:
        """What is said of a file in which the evaluation fails."""
        return ()
