"""Revealing what the analysis takes an expression for, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qscache_lint.api.checking import check_paths
from qscache_lint.api.reports import ProjectReport, Revelation
from qscache_lint.api.requested import Options
from qscache_lint.errors import UsageError
from qscache_lint.run import Means
from qscache_lint.source.discover import absolute, is_directory
from qscache_lint.source.text import without_source_warnings


def reveal(
    path: Path, row: int, column: int | None = None, options: Options | None = None, *, means: Means | None = None
) -> Revelation:
    """What the analysis takes the innermost expression at a place for, or, without a column, those that begin in a row.

    Raises UsageError when the file cannot be read or parsed, when it has no such place, and when nothing there has a
    value.
    """
    if is_directory(path):
        raise UsageError(f"{path}: is a directory")
    report = check_paths([path], options, means=means)
    (project,) = report.projects
    within = absolute(path).relative_to(project.root).as_posix()
    return replace(reveal_in(project, within, row, column, str(path)), notes=(*report.warnings, *report.notes))


def reveal_in(
    project: ProjectReport, path: str, row: int, column: int | None = None, shown: str | None = None
) -> Revelation:
    """The same in a project that is checked, for a path relative to its root; messages have it as it is `shown`."""
    from qscache_lint.revealing.reveal import NothingToReveal, reveal

    named = shown or path
    if path not in project.tree:
        raise UsageError(f"{named}: is no file of the project")
    try:
        with without_source_warnings():
            return Revelation(project, reveal(project.run.analysis_of(path), path, row, column))
    except NothingToReveal as nothing:
        place = f"{named}:{row}" if column is None else f"{named}:{row}:{column}"
        raise UsageError(f"{place}: {nothing}") from None
    except OSError as error:
        raise UsageError(f"{named}: cannot be read: {(error.strerror or str(error)).lower()} (QSC900)") from None
