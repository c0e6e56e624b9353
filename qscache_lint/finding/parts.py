"""Parts of a file that can be parsed by themselves: libcst takes time and memory for every byte.

Where a part turns out not to be one (a row inside of a string looks like a new statement), it cannot be parsed, or has
nothing at a known place, and the whole file is read instead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from qscache_lint.source.units import Layout, row_starts

_HEAD = b"class _:\n"
"""What stands before a method, to which its indentation belongs."""


class Part(NamedTuple):
    """Some whole statements; `rows` are theirs in the file, `first_row` is that of the first row of `source`."""

    source: bytes
    rows: range
    first_row: int


def parts_with(source: bytes, rows: Iterable[int], layout: Layout) -> Iterator[Part]:
    """The functions, methods and statements of a module in which some rows stand, in order, each once."""
    starts = (*row_starts(source), len(source))
    outer = [row for row in layout.rows if row == 1 or not _is_indented(source, starts[row - 1])]
    found = {_part(layout.rows if _is_function(layout, row) else outer, row, len(starts)) for row in rows}
    end = 0
    for first, last in sorted(found, key=lambda each: (each[0], -each[1])):
        if last <= end:
            continue  # a method of a class that is there as a whole
        end = last
        head = _HEAD if _is_indented(source, starts[first - 1]) else b""
        text = head + source[starts[first - 1] : starts[last - 1]]
        yield Part(text, range(first, last), first - head.count(b"\n"))


def _part(firsts: Sequence[int], row: int, end: int) -> tuple[int, int]:
    """The first row of the statement in which a row stands, and that of the next one."""
    place = bisect_right(firsts, row)
    return firsts[place - 1], firsts[place] if place < len(firsts) else end


def _is_function(layout: Layout, row: int) -> bool:
    return layout.rows[bisect_right(layout.rows, row) - 1] in layout.functions


def _is_indented(source: bytes, start: int) -> bool:
    return source[start : start + 1].isspace()
