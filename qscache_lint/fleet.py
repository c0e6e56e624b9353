"""Many repositories in one run: each is a project of its own, checked by whichever worker is free.

The directories have to be there for the workers, as on one machine or a shared file system. The report is that of
checking one after the other, in the order of the list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec

from qscache_lint.api import Means, Options, ProjectReport, Report, check_paths
from qscache_lint.errors import Fault, UsageError, isolated
from qscache_lint.executing.worker_pool import WorkerPool
from qscache_lint.run import ComponentResult, Purpose, Run
from qscache_lint.run_result import ReportedFinding, RunResult
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings
from qscache_lint.source.files import read_regular
from qscache_lint.source.tree import SourceTree


@dataclass(frozen=True)
class Repository:
    """One directory, and all that a worker needs to check it."""

    directory: Path
    options: Options
    cached: bool
    cache_dir: Path | None
    purpose: Purpose


class _Checked(msgspec.Struct, frozen=True, array_like=True):
    """What a worker returns of a project; the result has the findings that are reported, and no others."""

    root: str
    settings: Settings
    result: RunResult
    checked: int


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    projects: tuple[_Checked, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""


def read_list(path: Path) -> tuple[Path, ...]:
    """The directories that a file names, one a line; empty lines and those with `#` name none. Raises UsageError."""
    try:
        listed = read_regular(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    if b"\0" in listed:
        raise UsageError(f"{path}: not a list of directories")
    named = (line.strip() for line in os.fsdecode(listed).splitlines())
    return tuple(dict.fromkeys(Path(name) for name in named if name and not name.startswith("#")))


def check_repositories(
    repositories: Sequence[Repository], worker_pool: WorkerPool | None, statistics: RunStatistics | None = None
) -> Report:
    """Check repositories with a worker pool, or one by one without. Those that cannot be checked are reported."""
    statistics = statistics or RunStatistics()
    encoded: dict[int, bytes] = {}
    with statistics.phase("repositories"):
        statistics.expect(len(repositories))
        for number, answer in _encoded(repositories, worker_pool):
            encoded[number] = answer
            statistics.advance()
    ordered = [_answered(repository, encoded[number]) for number, repository in enumerate(repositories)]
    return Report(
        tuple(_report(checked) for answer in ordered for checked in answer.projects),
        tuple(note for answer in ordered for note in answer.notes),
        tuple(warning for answer in ordered for warning in answer.warnings),
        tuple(answer.error for answer in ordered if answer.error),
    )


def _encoded(repositories: Sequence[Repository], worker_pool: WorkerPool | None) -> Iterable[tuple[int, bytes]]:
    if worker_pool is None:
        return enumerate(map(check_repository, repositories))
    return worker_pool.do(check_repository, repositories)


def check_repository(repository: Repository) -> bytes:
    """Check one repository: what a worker does. Nothing comes back when a name in it is no text."""
    with _ONE_AT_A_TIME:
        try:
            return msgspec.msgpack.encode(_answer(repository))
        except UnicodeEncodeError:
            return b""


def _answered(repository: Repository, encoded: bytes) -> _Answer:
    """What a worker has told; where nothing came back, it is done here."""
    return msgspec.msgpack.decode(encoded, type=_Answer) if encoded else _answer(repository)


_ONE_AT_A_TIME = Lock()
"""Neither msgspec's first use of a type nor Python's warning filters bear a second thread; Dask may have several."""


def _answer(repository: Repository) -> _Answer:
    try:
        answer = isolated(lambda: _checked_all(repository), "checking this repository")
    except UsageError as error:
        return _Answer(error=_about(repository.directory, str(error)))
    return _Answer(error=_about(repository.directory, answer.what)) if isinstance(answer, Fault) else answer


def _checked_all(repository: Repository) -> _Answer:
    means = Means(repository.cached, repository.cache_dir, purpose=repository.purpose)
    report = check_paths([repository.directory], repository.options, means=means)
    projects = tuple(_checked(project, repository.purpose) for project in report.projects)
    return _Answer(projects, report.notes, report.warnings)


def _about(directory: Path, message: str) -> str:
    return message if str(directory) in message else f"{directory}: {message}"


def _checked(project: ProjectReport, purpose: Purpose) -> _Checked:
    fixes = project.fixes if purpose is Purpose.FIXES else {}
    found = tuple(
        ReportedFinding(finding, fix=fixes.get(finding), around=project.around[finding]) for finding in project.findings
    )
    result = msgspec.structs.replace(project.run.result, found=found, faults=project.run.faults)
    return _Checked(str(project.root), project.settings, result, project.checked)


def _report(checked: _Checked) -> ProjectReport:
    root, findings = Path(checked.root), tuple(each.finding for each in checked.result.found)
    run = Run((ComponentResult(checked.result),))
    return ProjectReport(root, checked.settings, SourceTree(root, ()), findings, run, checked.checked)
