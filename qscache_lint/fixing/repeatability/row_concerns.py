"""Concerns about the objects that rows are made into: nobody can notice them where no row is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


class RowConcern(str):
    """A concern of those calls only that make objects of the rows: not of `values()`, `count()`, `x__in=`."""

    __slots__ = ()


def one_of_each_kind(sentences: Iterable[str]) -> Iterator[str]:
    """The first sentence, and the first one of the other kind: about rows, or not."""
    found: dict[bool, str] = {}
    for sentence in sentences:
        found.setdefault(isinstance(sentence, RowConcern), sentence)
        if len(found) == 2:
            break
    yield from found.values()


def one_of_each_place(sentences: Iterable[str]) -> Iterator[str]:
    """Of several sentences about one line the first of each kind, for a row is enough to look at."""
    found: dict[tuple[str, bool], str] = {}
    for sentence in sentences:
        place = _PLACE.search(sentence)
        found.setdefault((sentence if place is None else place[0], isinstance(sentence, RowConcern)), sentence)
    yield from found.values()


_PLACE = re.compile(r"line \d+ of \S+")
