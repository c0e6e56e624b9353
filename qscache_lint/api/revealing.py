"""Revealing what the analysis takes an expression for, and why."""

from __future__ import annotations

from pathlib import Path

from qscache_lint.api.checking import check_paths
from qscache_lint.api.options import Options
from qscache_lint.api.reports import Revelation
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
    from qscache_lint.revealing.reveal import NothingToReveal, reveal

    if is_directory(path):
        raise UsageError(f"{path}: is a directory")
    report = check_paths([path], options, means=means)
    (project,) = report.projects
    within = absolute(path).relative_to(project.root).as_posix()
    try:
        with without_source_warnings():
            return Revelation(project, reveal(project.run.analysis_of(within), within, row, column), report.notes)
    except NothingToReveal as nothing:
        place = f"{path}:{row}" if column is None else f"{path}:{row}:{column}"
        raise UsageError(f"{place}: {nothing}") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()} (QSC900)") from None
