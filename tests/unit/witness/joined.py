"""A small project whose findings are joined with recordings."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from qscache_lint import api
from qscache_lint.values import Finding
from qscache_lint.witness.joining import Joined, join
from qscache_lint.witness.records import Executed, RecordedStore, RecordedUse, Recording
from tests.unit.projects import MODELS, SHOP, write
from tests.unit.witness.recordings import at, recording

FILES = {**MODELS, **SHOP}
FUNCTION = at("shop/queries.py", 6, "recent_items")
CACHED = RecordedStore(
    1, "pickled", "cache_memoize", at("shop/refiner.py", 5, "named"), FUNCTION, times=3, rows=30, milliseconds=9.0
)
REFINED = RecordedUse(1, "refined", "filter", at("shop/refiner.py", 5, "named", 12), times=12, rows=4, milliseconds=2.0)


def digests_of(files: Mapping[str, str]) -> dict[str, str]:
    return {path: sha256(text.encode()).hexdigest()[:16] for path, text in files.items()}


def recorded_in(
    *uses: RecordedUse,
    stores: tuple[RecordedStore, ...] = (CACHED,),
    files: Mapping[str, str] = FILES,
    executed: dict[str, tuple[Executed, ...]] | None = None,
) -> Recording:
    return recording(stores, uses, digests_of(files), executed)


def all_found(root: Path, files: Mapping[str, str]) -> tuple[Finding, ...]:
    """All that is found, whatever is shown of it."""
    write(root, files)
    (project,) = api.check_paths([root]).projects
    return tuple(each.finding for each in project.run.result.found)


def join_found(root: Path, recorded: Recording, files: Mapping[str, str] = FILES) -> Joined:
    return join(recorded, all_found(root, files), files, lambda path: files[path].encode())


def told_of(joined: Joined) -> list[tuple[str, str, int]]:
    """What is said of each finding: its code, and how many stores and uses it has."""
    return [
        (finding.code, told.verdict.value, len(told.stores) + len(told.uses))
        for finding, told in joined.testimonies.items()
    ]


CONFIRMED = [("QSC101", "confirmed", 2), ("QSC201", "confirmed", 1)]
UNKNOWN = [("QSC101", "unknown", 0), ("QSC201", "unknown", 0)]


def by_row(joined: Joined) -> dict[int, str]:
    return {finding.span.start.row: told.verdict.value for finding, told in joined.testimonies.items()}
