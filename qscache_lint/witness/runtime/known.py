"""The functions that the analysis found to keep QuerySets in memos of their own making."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from qscache_lint.witness.records import Lifetime
from qscache_lint.witness.runtime.functions import Known

_MEMOS: dict[str, Lifetime] = {"QSC102": "memo", "QSC103": "scoped"}
"""The codes of definitions, by what keeps the value. What is pickled is seen in any case."""


class _Location(msgspec.Struct):
    row: int


class _Finding(msgspec.Struct):
    code: str | None
    """None for what was witnessed without being found."""
    filename: str
    location: _Location


def known_functions(report: Path, root: Path) -> dict[str, list[Known]]:
    """Rows by file, from a JSON report of `check`. Raises OSError and ValueError."""
    known: dict[str, list[Known]] = {}
    for finding in msgspec.json.decode(report.read_bytes(), type=list[_Finding]):
        lifetime = _MEMOS.get(finding.code or "")
        path = Path(os.path.realpath(finding.filename))
        if lifetime is not None and path.is_relative_to(os.path.realpath(root)):
            relative = path.relative_to(os.path.realpath(root)).as_posix()
            known.setdefault(relative, []).append(Known(finding.location.row, lifetime))
    return known
