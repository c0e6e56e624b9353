"""The findings of whole projects, by file, for as long as a host such as flake8 runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from qscache_lint.api import Report
from qscache_lint.errors import InternalError, UsageError
from qscache_lint.printable import printable

Row: TypeAlias = tuple[int, int, str]
"""Row from 1, column from 0, text."""

Index: TypeAlias = dict[str, list[Row]]
"""By absolute path; a file without findings is not in it."""


class Session:
    """Answers for one file at a time. Each project is analysed once, when its first file is asked for."""

    def __init__(
        self,
        check_project: Callable[[Path], Report],
        check_text: Callable[[Path, str], Report],
        stdin_name: str | None,
        known: Mapping[str, Index] | None = None,
        given: Sequence[Path] = (),
    ) -> None:
        """`stdin_name` is the file that is read from standard input, `known` what is known of projects already.

        What nothing marks as a project belongs to one of the `given` directories (see `find_root`).
        """
        self._check_project = check_project
        self._check_text = check_text
        self._stdin_name = stdin_name
        self._projects: dict[str, Index] = dict(known or {})
        self._given = tuple(given)
        self._by_directory: dict[str, Index] = {}

    def findings(self, filename: str, lines: Sequence[str]) -> Sequence[Row]:
        """The findings in a file; its lines matter for standard input only.

        Where its project cannot be checked, that is a finding: a host in the middle of its files takes no errors.
        """
        try:
            return self._findings(filename, lines)
        except UsageError as error:
            return [(1, 0, f"QSC900 not analysed: {printable(str(error))}")]

    def _findings(self, filename: str, lines: Sequence[str]) -> Sequence[Row]:
        path = os.path.abspath(filename)  # noqa: PTH100 (in each call, and for most files the only work)
        if filename == self._stdin_name:
            return rows_of(self._check_text(Path(path), "".join(lines))).get(path, ())
        directory = os.path.dirname(path)  # noqa: PTH120
        index = self._by_directory.get(directory)
        if index is None:
            index = self._by_directory[directory] = self._index_of(directory)
        return index.get(path, ())

    def _index_of(self, directory: str) -> Index:
        from qscache_lint.source.discover import find_root

        return self.index(find_root(Path(directory), self._given))

    def index(self, root: Path) -> Index:
        """The findings of the project with this root."""
        known = self._projects.get(str(root))
        if known is None:
            known = self._projects[str(root)] = rows_of(self._check_project(root))
        return known

    @property
    def projects(self) -> Mapping[str, Index]:
        """What is known by now."""
        return self._projects


def rows_of(report: Report) -> Index:
    """The findings of a report, file by file, and what we have failed in. Raises InternalError where that is all."""
    found: Index = {}
    for root, fault in report.faults:
        path = root / fault.path
        if path.is_dir():
            raise InternalError(fault.what)
        found.setdefault(str(path), []).append((1, 0, f"QSC900 not analysed: {printable(fault.what)}"))
    for project in report.projects:
        for finding in project.findings:
            start = finding.span.start
            row = (start.row, start.column - 1, f"{finding.code} {printable(finding.message)}")
            found.setdefault(str(project.root / finding.path), []).append(row)
    return found
