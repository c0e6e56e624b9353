"""What the planner hands on: a repair with the new contents of every file it touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from qscache_lint.project.abstract import FunctionId
from qscache_lint.source.text import decode
from qscache_lint.values import Applicability, Span

Place: TypeAlias = tuple[str, Span]
"""A file and a span in it."""


class Refused(Exception):
    """A repair cannot be planned; the message is the reason, for the user."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of repair: its name, and how far each repair of this kind can be trusted."""

    name: str
    applicability: Applicability


SPLIT_FUNCTION = Kind("split-function", Applicability.UNSAFE)
"""Readers get rows instead of a QuerySet, and the cached function may get another name."""

MATERIALISE = Kind("materialise", Applicability.UNSAFE)
"""Readers get rows instead of a QuerySet."""

DROP_CACHE = Kind("drop-cache", Applicability.UNSAFE)
"""Every call makes a QuerySet of its own."""

EXTRACT_BUILDER = Kind("extract-builder", Applicability.SAFE)
"""All callers but those who refine get what they got; one concern about the builder makes it unsafe."""

STORE_ROWS = Kind("store-rows", Applicability.SAFE)
"""The cache has rows instead of a QuerySet, and nothing but the function that stores and reads them."""

USE_LOADED_ROWS = Kind("use-loaded-rows", Applicability.UNSAFE)
"""The rows of the cached value answer, whenever they were read."""

DROP_GUARD = Kind("drop-guard", Applicability.UNSAFE)
"""What was not run for an empty answer of the database is run."""

DROP_COPY = Kind("drop-copy", Applicability.UNSAFE)
"""The rows are those of the cached value, whenever they were read."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after."""

    path: str
    before: bytes
    after: bytes

    @property
    def old(self) -> str:
        """The text before."""
        return decode(self.before)

    @property
    def new(self) -> str:
        """The text after."""
        return decode(self.after)


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: its files are written together or not at all. A display-only repair has none.

    `concerns` are sentences of the message: what readers of this one function may notice, besides what every repair of
    the kind changes. `builder` is the qualified name of the function that has to give a QuerySet when all is done, if
    there is one, and `new` the name that the project does not have before. `mends` are the places of the findings that
    it ends; None: all that are about the function.
    """

    name: str
    target: FunctionId
    applicability: Applicability
    message: str
    changes: tuple[Change, ...] = ()
    builder: str = ""
    concerns: tuple[str, ...] = ()
    new: str = ""
    mends: tuple[Place, ...] | None = None

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(change.path for change in self.changes)

    def ends(self, place: Place) -> bool:
        """Whether the finding at a place, which is about the function, is no more when this is applied."""
        return self.mends is None or place in self.mends

    @staticmethod
    def planned(
        kind: Kind,
        target: FunctionId,
        message: str,
        effect: str,
        concerns: tuple[str, ...],
        changes: tuple[Change, ...],
        builder: str = "",
        new: str = "",
        mends: tuple[Place, ...] | None = None,
    ) -> Repair:
        """A repair that can be written, as far to be trusted as its kind is; no repair with a concern is safe.

        `message` says what it does and `effect` what changes for readers, in one sentence each.
        """
        said = "; ".join((message, effect, *concerns))
        applicability = Applicability.UNSAFE if concerns else kind.applicability
        return Repair(kind.name, target, applicability, said, changes, builder, concerns, new, mends)

    @staticmethod
    def by_hand(name: str, target: FunctionId, reason: str) -> Repair:
        """A repair that a person has to make, because of `reason`."""
        return Repair(name, target, Applicability.DISPLAY_ONLY, f"to be done by hand: {reason}")
