"""A run of flake8: which projects it is about, and what its processes tell one another.

flake8 reads its options in the process that starts the others. Where that forks them, they have the session with all it
knows; where they are started anew and read the options once more, a file tells them.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.api import Options, Report, check_paths, check_source
from qscache_lint.codes import CODES, Decisions
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.errors import UsageError
from qscache_lint.executing.executors import worker_pool_of
from qscache_lint.printable import printable
from qscache_lint.run import Purpose
from qscache_lint.serving.environment import means
from qscache_lint.serving.lock import alone
from qscache_lint.serving.session import Index, Session
from qscache_lint.settings import selects
from qscache_lint.source.discover import absolute, find_root, is_directory
from qscache_lint.source.files import NO_LINK, READING, read_regular

if TYPE_CHECKING:
    import argparse

    from flake8.violation import Violation

_TOLD_IN = "QSCACHE_LINT_FLAKE8_INDEX"


def begin(options: argparse.Namespace, decisions: Decisions) -> Session:
    """The session of a run. Raises flake8's ExecutionError when a project's settings are wrong."""
    _print_any_name()
    given = tuple(path for path in map(absolute, map(Path, (".", *options.filenames))) if is_directory(path))
    run = _Flake8Run(decisions, not options.disable_noqa, _jobs(options), given, options.qscache_lint_engine)
    reads_stdin = "-" in options.filenames
    told = _told() if _is_worker() else {}
    stdin_name = options.stdin_display_name if reads_stdin else None
    session = Session(run.check_project, run.check_text, stdin_name, told, given)
    if run.jobs > 1 and not reads_stdin and not _is_worker():
        run.prepare(session, options.filenames)
    return session


@lru_cache(maxsize=1)
def _print_any_name() -> None:
    """Have flake8 show file names and source lines as we do.

    It writes both as they are, whatever a terminal makes of them, and ends in a traceback at a name that is no text. It
    has no place where a plugin could say how they are shown.
    """
    from flake8.formatting.base import BaseFormatter

    handle = BaseFormatter.handle

    def handle_shown(self: BaseFormatter, error: Violation) -> None:
        line = None if error.physical_line is None else printable(error.physical_line, kept="\t\r\n")
        handle(self, error._replace(filename=printable(error.filename), physical_line=line))

    BaseFormatter.handle = handle_shown  # type: ignore[method-assign]


@dataclass(frozen=True)
class _Flake8Run:
    decisions: Decisions
    respect_noqa: bool
    jobs: int
    given: tuple[Path, ...]
    """The current directory and those that flake8 was given: where nothing marks a project, it is one of them."""
    engine: str | None = None
    """The engine that flake8's options name."""

    def prepare(self, session: Session, names: Sequence[str]) -> None:
        """Analyse the projects that were named before other processes start."""
        from flake8.exceptions import ExecutionError

        try:
            for root in dict.fromkeys(find_root(Path(name), self.given) for name in names or ["."]):
                session.index(root)
        except UsageError as error:
            raise ExecutionError(f"qscache-lint: {printable(str(error))}") from None
        if not _forks():
            _tell(session.projects)

    def check_project(self, root: Path) -> Report:
        """Check a whole project, once for all processes."""
        options = self._options(root)
        if not _is_worker():
            return _with_engine(self._check(root, options))
        disk_cache = means(Purpose.FINDINGS).disk_cache_for(root, options.settings_for(root))
        with alone(_lock_file(root, disk_cache)):
            report = check_paths([root], options, respect_noqa=self.respect_noqa, means=means(Purpose.FINDINGS))
        return _with_engine(report)

    def _check(self, root: Path, options: Options) -> Report:
        if self.jobs == 1:
            return check_paths([root], options, respect_noqa=self.respect_noqa, means=means(Purpose.FINDINGS))
        with worker_pool_of("process", self.jobs) as worker_pool:
            pooled = means(Purpose.FINDINGS, worker_pool)
            return check_paths([root], options, respect_noqa=self.respect_noqa, means=pooled)

    def check_text(self, path: Path, text: str) -> Report:
        options = self._options(find_root(path, self.given))
        return check_source(text, path, options, respect_noqa=self.respect_noqa, means=means(Purpose.FINDINGS))

    def _options(self, root: Path) -> Options:
        """The rules to run in a project, as options that name each of them."""
        settings = Options().settings_for(root)
        codes = tuple(
            code
            for code, decision in self.decisions
            if (selects(settings, code, CODES[code]) if decision is None else decision)
        )
        only = {"select": codes, "ignore": (), "extend_select": (), "extend_ignore": ()}
        return Options(overrides={**only, "engine": self.engine})


def _with_engine(report: Report) -> Report:
    """A report, unless it lacks the type checker that the project insists on: then UsageError is raised."""
    if report.lacks_engine:
        raise UsageError(f"typed engine unavailable: {report.lacks_engine}")
    return report


def _lock_file(root: Path, disk_cache: DiskCache | None) -> Path:
    """Where processes wait that would analyse the same project."""
    return (disk_cache and disk_cache.lock_file) or _elsewhere(root)


def _elsewhere(root: Path) -> Path:
    return Path(tempfile.gettempdir()) / f"qscache-lint-{sha256(os.fsencode(root)).hexdigest()[:16]}.lock"


def _jobs(options: argparse.Namespace) -> int:
    """How many processes flake8 will start."""
    jobs: int = multiprocessing.cpu_count() if options.jobs.is_auto else options.jobs.n_jobs
    return max(jobs, 1)


def _is_worker() -> bool:
    return multiprocessing.parent_process() is not None


def _forks() -> bool:
    """Whether processes that are started now have all that this one has. Asking settles nothing."""
    method = multiprocessing.get_start_method(allow_none=True)
    return (method or multiprocessing.get_all_start_methods()[0]) == "fork"


def _tell(projects: Mapping[str, Index]) -> None:
    """Leave what is known where the processes that start from here find it."""
    try:
        told = msgspec.msgpack.encode(projects)
        with tempfile.NamedTemporaryFile(prefix="qscache-lint-", delete=False) as file:
            file.write(told)
    except (OSError, UnicodeEncodeError):  # a name that is no text: each process finds out by itself
        return
    os.environ[_TOLD_IN] = file.name
    atexit.register(_forget, file.name)


def _told() -> Mapping[str, Index]:
    """What the process that started this one has left; nothing when that cannot be read."""
    try:
        return msgspec.msgpack.decode(read_regular(os.environ[_TOLD_IN], READING | NO_LINK), type=dict[str, Index])
    except (KeyError, OSError, msgspec.DecodeError):
        return {}


def _forget(name: str) -> None:
    Path(name).unlink(missing_ok=True)
