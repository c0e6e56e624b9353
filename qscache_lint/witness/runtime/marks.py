"""What the witness writes on QuerySets: which store keeps one, or which use one comes from.

A mark lives in the QuerySet's own `__dict__`, so it ends with it, costs others one look-up, and is not copied by
`_clone()`. In a pickle that was made without the witness it is `None`, and the same in a deep copy.
"""

from __future__ import annotations

from typing import Any

from qscache_lint.witness.records import RecordedPlace
from qscache_lint.witness.runtime.ledger import CountedUse
from qscache_lint.witness.runtime.limits import STORES_OF_VALUE

MARK = "_qscache_witness"


class _Mark:
    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()


class KeptMark(_Mark):
    """On a QuerySet that stores keep: their numbers, and the places that it was handed to last."""

    __slots__ = ("handed", "last_read", "stores")

    def __init__(self, stores: tuple[int, ...], handed: tuple[RecordedPlace, ...]) -> None:
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


def keep(queryset: Any, store: int, handed: tuple[RecordedPlace, ...]) -> None:
    """Say on a QuerySet that a store keeps it, beside those that do already."""
    mark = mark_of(queryset)
    if not isinstance(mark, KeptMark):
        vars(queryset)[MARK] = KeptMark((store,), handed)
        return
    mark.handed = handed or mark.handed
    if store not in mark.stores:
        mark.stores = (*mark.stores, store)[:STORES_OF_VALUE]


def derive(queryset: Any, uses: tuple[CountedUse, ...]) -> None:
    """Say on a QuerySet that is new that uses gave it."""
    if uses and MARK not in vars(queryset):
        vars(queryset)[MARK] = Derived(uses)
