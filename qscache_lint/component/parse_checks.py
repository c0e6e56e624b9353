"""Whether files can be read that nothing but being asked for by name calls for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from qscache_lint import limits
from qscache_lint.disk_cache.kept import CacheEntry, Everything
from qscache_lint.disk_cache.manifest import UNREADABLE
from qscache_lint.errors import Fault
from qscache_lint.facts.readers import Request
from qscache_lint.run_result import ReportedFinding
from qscache_lint.source.text import without_source_warnings

if TYPE_CHECKING:
    from qscache_lint.source.syntax import Unreadable

from qscache_lint.component.run import ComponentRun


def unreadable_among(run: ComponentRun, paths: Sequence[str]) -> list[ReportedFinding]:
    """The findings in files that nothing but being asked for by name calls for: whether each can be read.

    What is kept of an earlier run may hold although a file that it read is another now: then all are looked at.
    """
    from qscache_lint.source.syntax import Unreadable

    read = frozenset(run.findings.read if run.cache is None else ())
    digests = {path: run.tree.digest(path) for path in paths if path not in read}
    others = {path: digest for path, digest in digests.items() if digest != UNREADABLE}
    kind = dict[bytes, Unreadable | None]
    entry: CacheEntry[dict[bytes, Unreadable | None]] = CacheEntry(run.cache, "parse-checks", kind)
    known = dict(entry.known or {}) if others else {}
    fresh = [path for path, digest in others.items() if digest not in known]
    if fresh:
        known = known if len(known) < limits.PARSE_CHECKS else {}
        known.update((others[path], unreadable) for path, unreadable in _parse_checks(run, fresh))
        entry.keep(Everything(), known)
    unreadable = [(path, known[digest]) for path, digest in others.items() if digest in known]
    if not any(each for _, each in unreadable):
        return []
    from qscache_lint.rules.qsc900_unreadable_file import unreadable_file

    return list(run.marked([unreadable_file(path, each) for path, each in unreadable if each is not None]))


def _parse_checks(run: ComponentRun, paths: Sequence[str]) -> Iterator[tuple[str, Unreadable | None]]:
    from qscache_lint.source.syntax import Unreadable

    with run.statistics.phase("facts"), without_source_warnings():
        for path, reading in run.reader.read(Request(path, run.tree.read(path)) for path in paths):
            unreadable = reading if isinstance(reading, Unreadable) else None
            if unreadable is not None and unreadable.is_fault:
                run.fail(Fault(path, unreadable.reason))
            else:
                yield path, unreadable
