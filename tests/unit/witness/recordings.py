"""Recordings written by hand."""

from __future__ import annotations

from qscache_lint.witness.records import Executed, Place, Recording, Store, Use

DIGEST = "0" * 16


def at(path: str, row: int, function: str = "f", column: int | None = None, end_row: int = 0) -> Place:
    """A place; on one row unless an end is given."""
    return Place(path, row, end_row or row, column, function)


def recording(
    stores: tuple[Store, ...] = (),
    uses: tuple[Use, ...] = (),
    files: dict[str, str] | None = None,
    executed: dict[str, tuple[Executed, ...]] | None = None,
    incomplete: tuple[str, ...] = (),
) -> Recording:
    """A recording of one process."""
    return Recording(
        *("0.1.0", "6.1", "3.12.1"),
        incomplete=incomplete, stores=stores, uses=uses, files=files or {}, executed=executed,
    )  # fmt: skip
