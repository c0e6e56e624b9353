"""Recordings written by hand."""

from __future__ import annotations

from qscache_lint.witness.records import Executed, RecordedPlace, RecordedStore, RecordedUse, Recording

DIGEST = "0" * 16


def at(path: str, row: int, function: str = "f", column: int | None = None, end_row: int = 0) -> RecordedPlace:
    """A place; on one row unless an end is given."""
    return RecordedPlace(path, row, end_row or row, column, function)


def recording(
    stores: tuple[RecordedStore, ...] = (),
    uses: tuple[RecordedUse, ...] = (),
    files: dict[str, str] | None = None,
    executed: dict[str, tuple[Executed, ...]] | None = None,
    incomplete: tuple[str, ...] = (),
) -> Recording:
    """A recording of one process."""
    return Recording(
        *("0.1.0", "6.1", "3.12.1"),
        incomplete=incomplete, stores=stores, uses=uses, files=files or {}, executed=executed,
    )  # fmt: skip
