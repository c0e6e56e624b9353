"""What the planner hands on: a repair with the new contents of every file it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from qscache_lint.project.identities import FunctionId
from qscache_lint.source.text import decode
from qscache_lint.values import Applicability, Reason, Span, told

Place: TypeAlias = tuple[str, Span]
"""A file and a span in it."""


class Refused(Exception):
    """A repair cannot be planned, for a reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of repair: its name, how far each repair of this kind can be trusted, and the advice that it follows."""

    name: str
    applicability: Applicability
    cure: str


SPLIT_FUNCTION = Kind(
    "split-function",
    Applicability.UNSAFE,
    "cache the rows for callers that read them, and give callers that refine the QuerySet an uncached function",
)
"""Readers get rows instead of a QuerySet, and the cached function may get another name."""

MATERIALISE = Kind("materialise", Applicability.UNSAFE, "cache the rows, which is all that callers read")
"""Readers get rows instead of a QuerySet."""

DROP_CACHE = Kind("drop-cache", Applicability.UNSAFE, "drop the cache, which saves nothing where callers refine")
"""Every call makes a QuerySet of its own."""

EXTRACT_BUILDER = Kind(
    "extract-builder",
    Applicability.SAFE,
    "refine an uncached QuerySet: move the query to a function of its own, which the cached one also calls",
)
"""All callers but those that refine get what they got; one concern about the builder makes it unsafe."""

STORE_ROWS = Kind("store-rows", Applicability.SAFE, "store the rows, which is all that is read")
"""The cache has rows instead of a QuerySet, and nothing but the function that stores and reads them."""

USE_LOADED_ROWS = Kind("use-loaded-rows", Applicability.UNSAFE, "use the loaded rows, which are read anyway")
"""The rows of the cached value answer, whenever they were read."""

DROP_GUARD = Kind("drop-guard", Applicability.UNSAFE, "drop the test: a loop over no rows does nothing")
"""What was not run for an empty answer of the database is run."""

DROP_COPY = Kind("drop-copy", Applicability.UNSAFE, "read the cached value itself, without a copy")
"""The rows are those of the cached value, whenever they were read."""

READ_COPY = Kind("read-copy", Applicability.SAFE, "read a copy, which runs its own query")
"""Each read gives what the first one has given: the rows of its time."""

DEFER_QUERY = Kind("defer-query", Applicability.UNSAFE, "pass a function, which is called when the value is needed")
"""Nothing is asked at import, and each value is that of its time, for a query of its own."""

_FOR_CALLERS = (SPLIT_FUNCTION, MATERIALISE, DROP_CACHE, EXTRACT_BUILDER)
_OF_PLACES = (STORE_ROWS, USE_LOADED_ROWS, DROP_GUARD, DROP_COPY, READ_COPY, DEFER_QUERY)
CURES = {kind.name: kind.cure for kind in (*_FOR_CALLERS, *_OF_PLACES)}
"""The advice that repairs of each kind follow."""


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

    `summary` says what it does, and `reasons` why it is not safe: what readers of this one function may notice, besides
    what every repair of the kind changes; for a display-only repair, why there is no other. `builder` is the qualified
    name of the function that has to give a QuerySet when all is done, if there is one, and `new` the name that the
    project does not have before. `mends` are the places of the findings that it ends; None: all that are about the
    function.
    """

    name: str
    target: FunctionId
    applicability: Applicability
    summary: str = ""
    changes: tuple[Change, ...] = ()
    builder: str = ""
    reasons: tuple[Reason, ...] = ()
    new: str = ""
    mends: tuple[Place, ...] | None = None

    @property
    def message(self) -> str:
        """All there is to say about it."""
        return told(self.summary, [each.message for each in self.reasons])

    @property
    def concerns(self) -> tuple[str, ...]:
        """Why it is not safe, in sentences."""
        return tuple(each.message for each in self.reasons) if self.summary else ()

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
        reasons: Sequence[Reason],
        changes: tuple[Change, ...],
        builder: str = "",
        new: str = "",
        mends: tuple[Place, ...] | None = None,
    ) -> Repair:
        """A repair that can be written, as far to be trusted as its kind is; none is safe that has reasons not to be.

        `message` says what it does and `effect` what changes for readers, in one sentence each.
        """
        applicability = Applicability.UNSAFE if reasons else kind.applicability
        summary = f"{message}; {effect}"
        return Repair(kind.name, target, applicability, summary, changes, builder, tuple(reasons), new, mends)

    @staticmethod
    def refused(name: str, target: FunctionId, reason: Reason, mends: tuple[Place, ...] | None = None) -> Repair:
        """No repair, because of `reason`; one that is about the function stands in the file of that."""
        is_about_it = not reason.path and any(field == "function" for field, _ in reason.data)
        found = msgspec.structs.replace(reason, path=target.path) if is_about_it else reason
        return Repair(name, target, Applicability.DISPLAY_ONLY, reasons=(found,), mends=mends)
