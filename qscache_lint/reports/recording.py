"""What a recording of the witness has, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import click
import msgspec

from qscache_lint.printable import printable
from qscache_lint.reports.json import ascii_json
from qscache_lint.reports.testimony import done, duration, size
from qscache_lint.witness.joining import cost_of
from qscache_lint.witness.merging import by_place
from qscache_lint.witness.places import in_code
from qscache_lint.witness.records import RecordedPlace, RecordedStore, RecordedUse, Recording

_Cells: TypeAlias = tuple[str, ...]

_HEAD = ("what", "where", "times", "queries", "rows", "size", "time")
_WORDS = 2
"""Columns of words, before those of numbers, which stand at the right."""


def as_json(recording: Recording) -> Iterator[str]:
    """The recording as it is in a file."""
    yield ascii_json(msgspec.to_builtins(recording))


def as_table(recording: Recording) -> Iterator[str]:
    """A line for each store, for what it handed out, and for each use of that, the most costly first."""
    rows = [_HEAD, *_rows(recording)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        line = _line(row, widths)
        is_title = not number or not row[0].startswith(" ")
        yield click.style(line, bold=True) if is_title else line
    if len(rows) == 1:
        yield "No cached QuerySets were recorded."
    yield ""
    processes = f"{recording.processes:,} process{'' if recording.processes == 1 else 'es'}"
    yield printable(
        f"Recorded by qscache-lint {recording.tool} with Django {recording.django} and Python {recording.python}, "
        f"in {processes}."
    )
    outside = sum(store.place is None and store.function is None for store in recording.stores)
    if outside:
        stores = "1 store has" if outside == 1 else f"{outside:,} stores have"
        yield f"{stores} no place below the root of the recording, which may be that of another directory."
    yield from map(printable, recording.incomplete)


def _line(row: _Cells, widths: Sequence[int]) -> str:
    words = (cell.ljust(width) for cell, width in zip(row[:_WORDS], widths, strict=False))
    numbers = (cell.rjust(width) for cell, width in zip(row[_WORDS:], widths[_WORDS:], strict=True))
    return "  ".join((*words, *numbers)).rstrip()


def _rows(recording: Recording) -> Iterator[_Cells]:
    uses: dict[int, list[RecordedUse]] = {}
    for use in by_place(recording.uses):
        uses.setdefault(use.store, []).append(use)
    for store in _heavy_first(recording.stores, uses):
        yield from _of_store(store)
        for use in sorted(uses.get(store.id, ()), key=lambda each: cost_of([each]).heavy_first):
            numbers = (use.times, use.queries, use.rows)
            yield printable(f"  {done(use)}"), _place(use.place), *map(_count, numbers), "", duration(use.milliseconds)


def _heavy_first(stores: Iterable[RecordedStore], uses: dict[int, list[RecordedUse]]) -> list[RecordedStore]:
    """The stores in the order of what they cost with all that was done with their values."""
    return sorted(stores, key=lambda store: cost_of([store, *uses.get(store.id, ())]).heavy_first)


def _of_store(store: RecordedStore) -> Iterator[_Cells]:
    numbers = (store.times, store.queries, store.rows)
    yield (
        printable(f"{store.lifetime} ({store.keeper})"), _place(store.function or store.place), *map(_count, numbers),
        size(store.bytes), duration(store.milliseconds),
    )  # fmt: skip
    if store.hits:
        handed_out = _count(store.hits), "", _count(store.hit_rows), size(store.hit_bytes)
        yield "  handed out again", "", *handed_out, duration(store.hit_milliseconds)


def _place(place: RecordedPlace | None) -> str:
    if place is None:
        return "not seen"
    return printable(f"{place.path}:{place.row} {in_code(place.function)}".rstrip())


def _count(number: int) -> str:
    return f"{number:,}" if number else ""
