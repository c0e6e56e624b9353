"""The values every layer speaks in: places, findings and fixes.

All of them are frozen and hold plain data, so that they can cross a process, a cache or a report unchanged. Rows and
columns are 1-based; columns count code points.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import msgspec


class Position(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A point in a file: 1-based row, 1-based column in code points."""

    row: int
    column: int


class Span(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A stretch of one file, from `start` up to and not including `end`."""

    start: Position
    end: Position

    def contains(self, other: Span) -> bool:
        """Whether another stretch lies in this one."""
        return self.start <= other.start and other.end <= self.end


class Confidence(str, Enum):
    """How sure a finding is: `high` when every step is resolved, `medium` when one step rests on a unique name."""

    HIGH = "high"
    MEDIUM = "medium"


class Applicability(str, Enum):
    """What applying a fix may change; the contract of each word is written in docs/fix-safety.md."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY_ONLY = "display-only"


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One place on the way of a cached QuerySet, with a short note for the reader."""

    path: str
    span: Span
    message: str


class Edit(msgspec.Struct, frozen=True):
    """Replace the text of `span` in `path` by `content`."""

    path: str
    span: Span
    content: str


class Reason(msgspec.Struct, frozen=True):
    """What stands in the way of a repair, or of its being safe.

    `kind` is its identifier, a row of `reasons.toml`, `message` the sentence of that kind with the `data` in it.
    It stands in `path` on `row`: "" and 0 where it has no place.
    """

    kind: str
    message: str
    path: str = ""
    row: int = 0
    data: tuple[tuple[str, str], ...] = ()


NO_FIX = "no automatic fix: "


class Fix(msgspec.Struct, frozen=True):
    """A repair as data: all its edits are applied together or not at all.

    `name` is the kind of repair (`split-function`), `summary` says what it does and what it changes; a `display-only`
    fix has no edits. `reasons` say why there is none (then there is no `summary`), or why it is not safe. `cure` is the
    advice that goes with it. `alternatives` are suggestions for what a person may do instead.
    """

    name: str
    applicability: Applicability
    summary: str
    edits: tuple[Edit, ...] = ()
    alternatives: tuple[Fix, ...] = ()
    reasons: tuple[Reason, ...] = ()
    cure: str = ""

    @property
    def message(self) -> str:
        """All there is to say about it."""
        return told(self.summary, [each.message for each in self.reasons])


def told(summary: str, reasons: Sequence[str]) -> str:
    """What a repair does and the reasons that make it unsafe; without a summary, why there is none."""
    return "; ".join((summary, *reasons)) if summary else f"{NO_FIX}{'; '.join(reasons)}"


class CachedValue(msgspec.Struct, frozen=True, array_like=True):
    """A cached value: what people call it, the kind of store that keeps it, and by what, and the place that stores it.

    It is `limited` where a slice bounds its rows.
    """

    name: str
    store: str
    how: str
    path: str
    span: Span
    limited: bool = False

    @property
    def place(self) -> tuple[str, Span]:
        """What tells cached values apart."""
        return self.path, self.span


class Cost(NamedTuple):
    """What was recorded of a finding while the program ran: what findings are ordered by."""

    milliseconds: float = 0.0
    rows: int = 0
    times: int = 0

    @property
    def heavy_first(self) -> tuple[float, ...]:
        """What is sorted by, so that the greatest cost comes first; less than a tenth of a millisecond says nothing."""
        return -round(self.milliseconds, 1), -self.rows, -self.times


class Surroundings(msgspec.Struct, frozen=True, array_like=True):
    """What stands around a place: the qualified name of the function or class, the line without needless space, and
    whether it is repeated by a loop, or in code that answers requests."""

    scope: str = ""
    line: str = ""
    in_loop: bool = False
    in_view: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One defect at one place. `path` is relative to the project root, with forward slashes.

    `about` is the code, or the beginning of one, that a comment names: the finding is shown where such a rule is.
    `kept` is the cached value that is defined or used there, if it is about one.
    """

    path: str
    span: Span
    code: str
    name: str
    message: str
    confidence: Confidence = Confidence.HIGH
    trail: tuple[Step, ...] = ()
    suggestion: str = ""
    about: str = ""
    kept: CachedValue | None = None

    @property
    def order(self) -> tuple[str, Span, str, str]:
        """The order of every report: by file, place, code and message."""
        return (self.path, self.span, self.code, self.message)
