"""What the witness writes on QuerySets: which store keeps one, or which use one comes from.

A mark lives in the QuerySet's own `__dict__`, so it ends with it, costs others one look-up, and is not copied by
`_clone()`. In a pickle that was made without the witness it is `None`, and the same in a deep copy.
"""

from __future__ import annotations

from typing import Any

from qscache_lint.witness.records import RecordedPlace
from qscache_lint.witness.runtime.ledger import CountedUse, Ledger
from qscache_lint.witness.runtime.limits import STORES_OF_VALUE

MARK = "_qscache_witness"


class _Mark:
    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()


class KeptMark(_Mark):
    """On a QuerySet that stores keep: their numbers in a ledger, and the places that it was handed to last."""

    __slots__ = ("handed", "last_read", "ledger", "stores")

    def __init__(self, ledger: Ledger, stores: tuple[int, ...], handed: tuple[RecordedPlace, ...]) -> None:
        self.ledger = ledger
        self.stores = stores
        self.handed = handed
        self.last_read: tuple[int, int] | None = None
        """The frame and instruction that asked for the rows last."""


class Derived(_Mark):
    """On a QuerySet that some uses gave: what it costs is what they cost."""

    __slots__ = ("uses",)

    def __init__(self, uses: tuple[CountedUse, ...]) -> None:
        self.uses = uses


def mark_of(queryset: Any) -> KeptMark | Derived | None:
    mark = vars(queryset).get(MARK)
    return mark if isinstance(mark, (KeptMark, Derived)) else None


def rows_of(queryset: Any) -> list[Any] | None:
    """The rows that a QuerySet has loaded; None where it has not, or where another Django keeps them elsewhere."""
    rows: list[Any] | None = vars(queryset).get("_result_cache")
    return rows


def row_count(queryset: Any) -> int:
    """How many rows a QuerySet has loaded."""
    return len(rows_of(queryset) or ())


def kept_mark(queryset: Any, ledger: Ledger) -> KeptMark | None:
    """The mark of what a store of a ledger keeps; that of another witness, which is over, says nothing."""
    mark = mark_of(queryset)
    return mark if isinstance(mark, KeptMark) and mark.ledger is ledger else None


def keep(queryset: Any, ledger: Ledger, store: int, handed: tuple[RecordedPlace, ...]) -> None:
    """Say on a QuerySet that a store keeps it, beside those that do already."""
    mark = kept_mark(queryset, ledger)
    if mark is None:
        vars(queryset)[MARK] = KeptMark(ledger, (store,), handed)
        return
    mark.handed = handed or mark.handed
    if store not in mark.stores:
        mark.stores = (*mark.stores, store)[:STORES_OF_VALUE]


def derive(queryset: Any, uses: tuple[CountedUse, ...]) -> None:
    """Say on a QuerySet that is new that uses gave it."""
    if uses and MARK not in vars(queryset):
        vars(queryset)[MARK] = Derived(uses)
