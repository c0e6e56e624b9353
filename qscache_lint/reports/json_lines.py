"""JSON Lines: each finding as `json` has it, one a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qscache_lint.reports.json import ascii_json, entries_of

if TYPE_CHECKING:
    from qscache_lint.api import Report


def as_json_lines(report: Report, here: Path) -> Iterator[str]:
    """The findings, one line each."""
    for entry in entries_of(report, here):
        yield ascii_json(entry, indent=0)
