"""The interface behind every entry, and for programs: check paths or one source, plan repairs, write them.

    from pathlib import Path

    from qscache_lint.api import Options, check_paths, plan_fixes, write

    report = check_paths([Path("shop")], Options(overrides={"select": ("QSC2",)}))
    for project in report.projects:
        for finding in project.findings:
            print(project.root / finding.path, finding.span.start.row, finding.code, finding.message)
        planned = plan_fixes(project, unsafe=False)
        for change in planned.changes:
            print(change.path, len(change.before), len(change.after))
        write(project, planned)

Nothing here prints, exits, or changes a file, but for `write` and `recover`. What a user has to put right is raised as
`UsageError`, whose `messages` are for people.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from qscache_lint.api.checking import check_paths, check_requested, check_source, listings
from qscache_lint.api.reports import Hidden, ProjectReport, Report, Revelation
from qscache_lint.api.requested import Options, Requested, requested
from qscache_lint.api.selecting import chosen, selected
from qscache_lint.errors import UsageError
from qscache_lint.run import Means, Purpose
from qscache_lint.run_result import DjangoVersion

if TYPE_CHECKING:
    from qscache_lint.api.repairing import after, ended, is_unfinished, left, plan_fixes, recover, silence, write
    from qscache_lint.api.revealing import reveal, reveal_in
    from qscache_lint.api.witnessed import read_recordings, with_witness

__all__ = [
    "DjangoVersion",
    "Hidden",
    "Means",
    "Options",
    "ProjectReport",
    "Purpose",
    "Report",
    "Requested",
    "Revelation",
    "UsageError",
    "after",
    "check_paths",
    "check_requested",
    "check_source",
    "chosen",
    "ended",
    "is_unfinished",
    "left",
    "listings",
    "plan_fixes",
    "read_recordings",
    "recover",
    "requested",
    "reveal",
    "reveal_in",
    "selected",
    "silence",
    "with_witness",
    "write",
]

_LATER = {
    "repairing": ("after", "ended", "is_unfinished", "left", "plan_fixes", "recover", "silence", "write"),
    "revealing": ("reveal", "reveal_in"),
    "witnessed": ("read_recordings", "with_witness"),
}
"""What most runs do without: its modules are imported when it is asked for."""


def __getattr__(name: str) -> object:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
