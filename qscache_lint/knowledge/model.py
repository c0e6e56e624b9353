"""The rows of the knowledge tables, as typed values; the comments in the tables say what the words mean.

Dotted names are written as imported. `x()` stands for a call of x and `x[]` for an item of x; an argument that decides
what a call gives is written into it (`lru_cache(maxsize=0)`), where a `[[switch]]` row says that it decides.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias

import msgspec

Version: TypeAlias = tuple[int, ...]
"""A version of Django: (5, 2)."""

MEASURED: tuple[Version, ...] = ((4, 2), (5, 2), (6, 1))
"""The Django versions that the tables were measured with. A project that pins none is taken to use the newest."""

_LAST: dict[int, int] = {1: 11, 2: 2, 3: 2, 4: 2, 5: 2, 6: 1}
RELEASED: tuple[Version, ...] = tuple((major, minor) for major, last in _LAST.items() for minor in range(last + 1))
"""Django's feature releases: the versions that there are."""


class Store(str, Enum):
    """What a cache makes of a QuerySet. The third digit of a `QSC1..`/`QSC2..` code follows this order."""

    PICKLED = "pickled"
    MEMO = "memo"
    SCOPED = "scoped"

    @property
    def digit(self) -> int:
        return list(Store).index(self) + 1


class Effect(str, Enum):
    """What an operation does with the rows of the QuerySet it is called on; `costs.toml` says what each one costs."""

    REFINES = "refines"
    REQUERIES = "requeries"
    PART = "part"
    ROWS = "rows"
    WRITES = "writes"
    RAISES = "raises"
    NONE = "none"

    @property
    def queries_again(self) -> bool:
        """Whether it sends a query of its own, whatever rows are there."""
        return self in (Effect.REFINES, Effect.REQUERIES)


Gives: TypeAlias = Literal[
    "queryset",
    "values",
    "raw",
    "instance",
    "pair",
    "mapping",
    "rows",
    "numbered",
    "zipped",
    "chained",
    "data",
    "itself",
]


Coroutines: TypeAlias = Literal["awaited", "object", "nothing"]


Keeps: TypeAlias = Literal["pickle", "copy", "backend", "reference", "nothing"]


Lifetime: TypeAlias = Literal["process", "thread", "instance", "request", "context", "session", "external"]


Reads: TypeAlias = Literal["rows", "few", "none", "unknown"]
"""How much of a QuerySet a serializer reads; "unknown" is for what a project chooses, and stands in no table."""

Ordered: TypeAlias = Literal["yes", "no", "cleared", "totally"]
"""`totally`: no two rows can change places, as by `order_by("pk")`."""


State: TypeAlias = Literal["slice", "union", "values"]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a table."""


class Slot(Row, frozen=True):
    """One argument of a call: by position (counted from 0), by keyword, or by either; -1 is no position.

    `rest`: the positional arguments after it, too. `entry`: the argument itself is a dict or a list, and this is what
    stands under that key, or (`[]`) any of the items; `[][]` is any of what stands in these.
    """

    index: int = -1
    keyword: str | None = None
    rest: bool = False
    entry: str = ""

    def takes(self, position: int, keyword: str | None, entry: str = "") -> bool:
        """Whether this is the argument at `position`, or with `keyword`; or the `entry` of that argument."""
        if entry != self.entry:
            return False
        if keyword is not None:
            return self.keyword == keyword
        return 0 <= self.index <= position if self.rest else self.index == position


class Switch(Row, frozen=True):
    """An argument that decides what a call gives, and is written into its name: `lru_cache(maxsize=0)`.

    Rows named with `=?` speak of any value that no other row names.
    """

    call: str
    keyword: str
    index: int = -1


class Versioned(Row, frozen=True, kw_only=True):
    """What holds from one Django version on (`since`), and before another (`until`): "6.1"."""

    since: str = ""
    until: str = ""

    def holds_in(self, version: Version) -> bool:
        return not (self.since and version < parse_version(self.since)) and not (
            self.until and version >= parse_version(self.until)
        )


def parse_version(text: str) -> Version:
    """The numbers of "5.2". Raises ValueError for anything else."""
    return tuple(int(part) for part in text.split("."))
