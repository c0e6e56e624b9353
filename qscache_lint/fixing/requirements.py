"""What one place in the code needs of a value: all its rows, some of them, or the QuerySet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from qscache_lint.facts.terms import Ref
from qscache_lint.project.takings import Way
from qscache_lint.reasons import UseOfValue
from qscache_lint.values import Span


class Need(Enum):
    """What a caller needs."""

    ROWS = "rows"
    """All of them, in any container."""

    PART = "a part of the rows"
    """By index or slice: a lazy QuerySet asks the database for just that."""

    QUERYSET = "a QuerySet"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one place needs of the value; `row` is where, and `what` says why that is unclear, for messages.

    `value` is the term that is taken there: not the one of the call where a variable may have had several values.
    `place` is where it is taken, by `way`: the name of a method, an argument, or an operator. `stop` is the constant
    stop of a slice from the front, and `template` the one that reads the rows. `may_be_async`: it is iterated in an
    asynchronous function, with `async for` perhaps. `queries_again`: all that is done there is another query.
    `is_idle`: no row is looked at, `rows is None`. `by_callee`: a function that is called does it. `is_behind_test`:
    it may not come to that. `from_end`: an index or a slice that may be below 0. `kept_as`: the attribute of what is
    made there that is the value itself.
    """

    need: Need
    row: int
    value: Ref
    way: Way
    place: Span
    what: UseOfValue | None = None
    stop: int | None = None
    template: str = ""
    may_be_async: bool = False
    queries_again: bool = False
    is_idle: bool = False
    by_callee: bool = False
    is_behind_test: bool = False
    from_end: bool = False
    kept_as: str = ""
