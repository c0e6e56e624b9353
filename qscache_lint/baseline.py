"""A baseline: the findings that are known, so that only new ones are reported.

An entry names a rule, a file (as seen from the baseline), the function or class around the finding, and its line
without indentation, so that it holds while the code around it moves. It holds for as many findings as it counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import NamedTuple, TypeAlias

import msgspec

from qscache_lint.api import ProjectReport, Report, selected
from qscache_lint.errors import UsageError
from qscache_lint.printable import encodable
from qscache_lint.source.files import read_regular
from qscache_lint.values import Finding

_VERSION = 1


class Key(NamedTuple):
    """What tells known findings apart."""

    path: str
    code: str
    scope: str
    line: str


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    code: str
    scope: str
    line: str
    count: int = 1


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    findings: list[_Entry]


Known: TypeAlias = Mapping[Key, int]


@dataclass(frozen=True)
class Compared:
    """A report without what is known, and what of the baseline no finding is like any more: `stale`."""

    report: Report
    hidden: int
    stale: Known


@dataclass(frozen=True)
class Baseline:
    """The known findings, each with how many there are. `path` is the file from which all others are named."""

    path: Path
    known: Known

    @staticmethod
    def read(path: Path) -> Baseline:
        """The baseline in a file. Raises UsageError when it is none."""
        try:
            document = msgspec.json.decode(read_regular(path), type=_Document)
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: not a baseline: {error}") from None
        if document.version != _VERSION:
            raise UsageError(f"{path}: baseline version {document.version} is not supported, only {_VERSION}")
        known: Counter[Key] = Counter()
        for each in document.findings:
            known[Key(each.path, each.code, each.scope, each.line)] += max(each.count, 1)
        return Baseline(path, known)

    @staticmethod
    def of(path: Path, report: Report) -> Baseline:
        """The baseline that a report would make."""
        return Baseline(path, Counter(key for _, key in _keyed(path, report)))

    def compare(self, report: Report) -> Compared:
        """The report without what is known."""
        left = Counter(self.known)
        projects = []
        for project in report.projects:
            fresh = []
            for finding, key in _keyed_in(self.path, project):
                if left[key] > 0:
                    left[key] -= 1
                else:
                    fresh.append(finding)
            projects.append(replace(project, findings=tuple(fresh)))
        compared = replace(report, projects=tuple(projects))
        stale = {key: count for key, count in left.items() if count > 0 and self._is_looked_for(key, report)}
        return Compared(compared, report.count - compared.count, stale)

    def without(self, stale: Known) -> Baseline:
        """The baseline without what no finding is like."""
        return replace(self, known=Counter(self.known) - Counter(stale))

    @property
    def content(self) -> bytes:
        """What is in the file: in the order of names, one line for each part of an entry, for people who compare."""
        entries = [_Entry(*key, count=count) for key, count in sorted(self.known.items()) if count > 0]
        encoded = msgspec.json.encode(_Document(_VERSION, entries))
        return msgspec.json.format(encoded, indent=1) + b"\n"

    def _is_looked_for(self, key: Key, report: Report) -> bool:
        """Whether a finding of this key would be reported: its rule is selected, and its file was asked for."""
        file = _joined(self.path, key.path)
        return any(
            file.is_relative_to(project.root)
            and key.code in selected(project.settings)
            and project.covers(file.relative_to(project.root).as_posix())
            for project in report.projects
        )


def _joined(baseline: Path, path: str) -> Path:
    return Path(os.path.abspath(baseline.parent / path))  # noqa: PTH100 (links stay)


def _keyed(baseline: Path, report: Report) -> Iterable[tuple[Finding, Key]]:
    return (each for project in report.projects for each in _keyed_in(baseline, project))


def _keyed_in(baseline: Path, project: ProjectReport) -> Iterable[tuple[Finding, Key]]:
    here = os.path.abspath(baseline.parent)  # noqa: PTH100 (links stay)
    for finding in project.findings:
        around = project.around[finding]
        path = encodable(PurePath(os.path.relpath(project.root / finding.path, here)).as_posix())
        yield finding, Key(path, finding.code, around.scope, encodable(around.line))
