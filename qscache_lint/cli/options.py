"""The options that commands share, and what they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from qscache_lint.cli.outputs import FormatType
from qscache_lint.codes import CODES
from qscache_lint.engines import ENGINES
from qscache_lint.errors import UsageError
from qscache_lint.executing import EXECUTORS
from qscache_lint.formats import DEFAULT, FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

    from qscache_lint.api import Means, Options
    from qscache_lint.executing.worker_pool import WorkerPool
    from qscache_lint.serving.open_projects import OpenProjects

Command = TypeVar("Command", bound=Callable[..., Any])

if TYPE_CHECKING:
    _CodesType = click.ParamType[tuple[str, ...], str]
else:
    _CodesType = click.ParamType  # before click 8.5 it takes no parameters


class _Codes(_CodesType):
    """A comma-separated list of rule codes or prefixes."""

    name = "codes"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(part.strip().upper() for part in str(value).split(",") if part.strip())

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return completed_codes(ctx, param, incomplete)


def completed_codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The codes that the last of some may become, for a shell."""
    from click.shell_completion import CompletionItem

    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{code}") for code in CODES if code.startswith(last.upper())]


_CODES = _Codes()
_SELECTION = (
    click.option("--select", type=_CODES, help="Rules to run: codes or prefixes, separated by commas."),
    click.option("--ignore", type=_CODES, help="Rules to skip."),
    click.option("--extend-select", type=_CODES, help="Rules to run in addition to the selected ones."),
    click.option("--extend-ignore", type=_CODES, help="Rules to skip in addition to the ignored ones."),
    click.option(
        "--min-confidence",
        type=click.Choice(["high", "medium"]),
        help="Report only findings of at least this confidence.",
    ),
)
_OUTPUT = (
    click.option(
        "--output-format",
        type=FormatType(),
        multiple=True,
        help=f"Format of the report: {', '.join(FORMATS)} (default: {DEFAULT}). FORMAT:FILE writes it to a file. "
        "May be repeated.",
    ),
    click.option(
        "--output-file", type=click.Path(path_type=Path, readable=False), help="Write the report to this file."
    ),
)
_PROJECT = (
    click.option("--django-version", metavar="VERSION", help="Django version that the project runs on, such as 5.2."),
    click.option("--config", type=click.Path(path_type=Path), help="Read settings from this pyproject.toml."),
    click.option(
        "--engine", type=click.Choice(ENGINES), help="A type checker that is also asked for types (default: fast)."
    ),
    click.option(
        "--strict-engine", is_flag=True, default=None, help="Exit with code 2 when the type checker cannot be asked."
    ),
    click.option("--django-settings", metavar="MODULE", help="Settings module that mypy's Django plugin loads."),
    click.option(
        "--no-settings", is_flag=True, default=None, help="Do not load settings: types are those of django-stubs alone."
    ),
    click.option("--isolated", is_flag=True, help="Ignore all configuration files."),
    click.option(
        "--force-exclude",
        is_flag=True,
        default=None,
        help="Exclude files even if they are passed on the command line.",
    ),
)
_CACHE = (
    click.option(
        "--no-cache", is_flag=True, envvar="QSCACHE_LINT_NO_CACHE", help="Ignore the cache and do not write to it."
    ),
    click.option(
        "--cache-dir",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="QSCACHE_LINT_CACHE_DIR",
        help="Directory of the cache (default: .qscache_lint_cache in the project).",
    ),
)
_RUN = (
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        envvar="QSCACHE_LINT_JOBS",
        help="Number of worker processes (default: one per core).",
    ),
    *_CACHE,
    click.option(
        "--executor", type=click.Choice(EXECUTORS), default="process", show_default=True, help="Kind of the workers."
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Address of a Dask scheduler, such as tcp://host:8786 (default: a local cluster).",
    ),
)
_REPORT = (
    click.option("--exit-zero", is_flag=True, help="Exit with code 0 even if there are findings."),
    click.option(
        "--statistics",
        is_flag=True,
        help="Count findings by rule, cache and confidence, and the reasons why they have no fix.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Print findings, and warnings about the settings, only."),
    click.option("-v", "--verbose", is_flag=True, help="Print what is analysed."),
    click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False)),
)


def of_reports(command: Command) -> Command:
    """The options that `check` and `fix` share."""
    return with_options((*_SELECTION, *_OUTPUT, *_PROJECT, *_RUN, *_REPORT), command)


def of_projects(command: Command) -> Command:
    """The options of what only looks at a project."""
    return with_options((*_PROJECT, *_RUN), command)


def of_sessions(command: Command) -> Command:
    """The options of what serves others for as long as they ask."""
    return with_options((*_SELECTION, *_PROJECT, *_CACHE), command)


def with_options(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def means_of(given: dict[str, Any]) -> Iterator[Means]:
    """The disk cache, the run statistics (shown as a progress bar on a terminal), and the reader of files."""
    from time import perf_counter

    from qscache_lint.api import Means
    from qscache_lint.facts.readers import LateReader, Reader
    from qscache_lint.run_statistics import RunStatistics

    with ExitStack() as stack:
        if given.get("quiet") or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            statistics = RunStatistics(perf_counter)
        else:
            from qscache_lint.reports.progress import TerminalProgress

            progress = TerminalProgress(perf_counter, sys.stderr.fileno())
            stack.enter_context(progress.watching())
            statistics = RunStatistics(perf_counter, progress.told)

        def reader() -> Reader:
            from qscache_lint.executing.reader import SharedReader

            return SharedReader(worker_pool(given, stack), statistics)

        yield Means(not given["no_cache"], given["cache_dir"], statistics, LateReader(reader))


def worker_pool(given: dict[str, Any], stack: ExitStack) -> WorkerPool | None:
    """The worker pool that reads files; None when this process reads them itself."""
    from qscache_lint.executing.executors import worker_pool_of

    jobs = given["jobs"] or _cores()
    if jobs == 1 and given["executor"] != "dask":
        return None
    return stack.enter_context(worker_pool_of(given["executor"], jobs, given["scheduler"]))


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_SETTINGS = (
    "select",
    "ignore",
    "extend_select",
    "extend_ignore",
    "django_version",
    "engine",
    "strict_engine",
    "django_settings",
    "no_settings",
    "force_exclude",
    "keep_cached_name",
)
"""The options that are settings as they are."""


def options_of(given: dict[str, Any]) -> Options:
    """How the settings of projects are found."""
    from qscache_lint.api import Options
    from qscache_lint.values import Confidence

    overrides = {name: given.get(name) for name in _SETTINGS}
    confidence = given.get("min_confidence")
    overrides["min_confidence"] = None if confidence is None else Confidence(confidence)
    overrides["baseline"] = _baseline(given)
    overrides["output_format"] = tuple(map(str, given.get("output_format") or ())) or None
    return Options(given["config"], given["isolated"], overrides)


def open_projects(given: dict[str, Any]) -> OpenProjects:
    """Projects that stay open, none by now."""
    from qscache_lint.api import Means
    from qscache_lint.serving.open_projects import OpenProjects

    return OpenProjects(options_of(given), Means(not given["no_cache"], given["cache_dir"]))


def _baseline(given: dict[str, Any]) -> str | None:
    """The baseline as a setting: empty for none, None where the settings decide."""
    if given.get("no_baseline") or given.get("write_baseline") is not None:
        return ""
    baseline: Path | None = given.get("baseline")
    return None if baseline is None else os.path.abspath(baseline)  # noqa: PTH100 (links stay)


def refuse_unused_scheduler(given: dict[str, Any]) -> None:
    if given["scheduler"] is not None and given["executor"] != "dask":
        raise UsageError("--scheduler requires --executor dask")
