"""Reasons about the objects that rows are made into: where no row is made, nothing can notice them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qscache_lint.reasons import is_of_rows
from qscache_lint.values import Reason


def one_of_each_kind(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """The first reason, and the first one of the other kind: about rows, or not."""
    found: dict[bool, Reason] = {}
    for reason in reasons:
        found.setdefault(is_of_rows(reason), reason)
        if len(found) == 2:
            break
    yield from found.values()


def one_of_each_place(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """Of several reasons about one line the first of each kind, for a row is enough to look at."""
    found: dict[tuple[object, bool], Reason] = {}
    for reason in reasons:
        place = (reason.path, reason.row) if reason.row else reason
        found.setdefault((place, is_of_rows(reason)), reason)
    yield from found.values()
