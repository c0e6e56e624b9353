"""The command line: `check`, `fix` and `rule`.

Exit codes: 0 nothing found, 1 findings (or, for `fix --diff` and `--check`, something to change), 2 a wrong option,
path or configuration.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from qscache_lint import __version__
from qscache_lint.errors import UsageError
from qscache_lint.executing import EXECUTORS
from qscache_lint.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from qscache_lint.api import Means, Options, ProjectReport, Report
    from qscache_lint.executing.worker_pool import WorkerPool
    from qscache_lint.fixing.run import Repaired
    from qscache_lint.reports.output import OutputFile
    from qscache_lint.run import Purpose
    from qscache_lint.run_statistics import RunStatistics

Command = TypeVar("Command", bound=Callable[..., Any])

_FORMATS = ("full", "concise", "json")
_FORMATS_WITH_FIXES = ("full", "json")


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


def _common(command: Command) -> Command:
    """The options that `check` and `fix` share."""
    codes = _Codes()
    options = [
        click.option("--select", type=codes, help="Rules to run, by code or prefix, separated by commas."),
        click.option("--ignore", type=codes, help="Rules not to run."),
        click.option("--extend-select", type=codes, help="Rules to run besides the selected ones."),
        click.option("--extend-ignore", type=codes, help="Rules not to run besides the ignored ones."),
        click.option("--min-confidence", type=click.Choice(["high", "medium"]), help="Leave out what is less certain."),
        click.option("--output-format", type=click.Choice(_FORMATS), default="full", show_default=True),
        click.option("--output-file", type=click.Path(path_type=Path, readable=False), help="Write the report here."),
        click.option("--django-version", metavar="VERSION", help="The Django that the project runs on, as 5.2."),
        click.option("--config", type=click.Path(path_type=Path), help="A pyproject.toml to read settings from."),
        click.option("--isolated", is_flag=True, help="Read no configuration file."),
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(min=1),
            envvar="QSCACHE_LINT_JOBS",
            help="How many read at once (default: one for each core).",
        ),
        click.option(
            "--no-cache", is_flag=True, envvar="QSCACHE_LINT_NO_CACHE", help="Use and keep nothing of other runs."
        ),
        click.option(
            "--cache-dir",
            type=click.Path(file_okay=False, path_type=Path),
            envvar="QSCACHE_LINT_CACHE_DIR",
            help="Keep what is found here (default: .qscache_lint_cache in the project).",
        ),
        click.option("--executor", type=click.Choice(EXECUTORS), default="process", show_default=True),
        click.option("--scheduler", metavar="ADDRESS", help="Of Dask, as tcp://host:8786 (default: a local cluster)."),
        click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings."),
        click.option("--statistics", is_flag=True, help="Count the findings of each rule."),
        click.option("-q", "--quiet", is_flag=True, help="Print findings only."),
        click.option("-v", "--verbose", is_flag=True, help="Say what is analysed."),
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False)),
    ]
    for option in reversed(options):
        command = option(command)
    return command


class _OneLineErrors(click.Group):
    """Every error is one line on standard error, and exit code 2."""

    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        try:
            return super().main(*args, **extra)
        except click.ClickException as error:
            _fail(error.format_message())
        except UsageError as error:
            _fail(str(error))
        except click.Abort:
            sys.exit(130)


@click.group(
    cls=_OneLineErrors, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="qscache-lint")
@click.pass_context
def main(context: click.Context) -> None:
    """Find Django QuerySets that a cache hands out and that callers then refine."""
    context.color = _colours(os.environ)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@main.command()
@_common
@click.option("--show-unknown", is_flag=True, help="Count what could not be resolved, and why.")
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="Read this file's text from standard input.")
@click.option(
    "--repositories",
    metavar="LIST",
    type=click.Path(path_type=Path),
    help="Check the directories that this file names, one a line, each for itself.",
)
def check(
    paths: Sequence[Path], stdin_filename: Path | None, repositories: Path | None, show_unknown: bool, **given: Any
) -> None:
    """Report cached QuerySets and their costly uses below PATHS (default: the current directory)."""
    from qscache_lint import api

    with _opened(given) as output, _means(given) as means:
        _refuse_unused_scheduler(given)
        if repositories is not None:
            if paths or stdin_filename is not None or show_unknown:
                raise UsageError("--repositories goes with neither paths nor --stdin-filename nor --show-unknown")
            _check_repositories(repositories, given, means, output)
        overlay = {}
        if stdin_filename is not None:
            paths = [stdin_filename]
            overlay = {stdin_filename.absolute(): _standard_input()}
        wanted = replace(means, purpose=_purpose(given))
        report = api.check(paths or [Path()], _options(given), overlay, means=wanted)
        _publish(report, given, output)
        if show_unknown:
            _print_unresolved(report)
        if given["verbose"] and given["statistics"]:
            _print_counts(means.statistics)
    sys.exit(1 if report.count and not given["exit_zero"] else 0)


def _check_repositories(
    named_in: Path, given: dict[str, Any], means: Means, output: OutputFile | None
) -> NoReturn:
    """Report on many projects, and exit."""
    from qscache_lint.fleet import Repository, check_repositories, read_list

    options, purpose = _options(given), _purpose(given)
    repositories = [
        Repository(directory, options, means.cached, means.cache_dir, purpose) for directory in read_list(named_in)
    ]
    with ExitStack() as stack:
        report = check_repositories(repositories, _worker_pool(given, stack), means.statistics)
    _publish(report, given, output)
    for error in report.errors:
        _say(f"qscache-lint: error: {error}")
    if report.errors:
        sys.exit(2)
    sys.exit(1 if report.count and not given["exit_zero"] else 0)


@main.command()
@_common
@click.option("--unsafe-fixes", is_flag=True, help="Apply fixes too whose message says what else they may change.")
@click.option("--diff", "show_diff", is_flag=True, help="Print what would change, and write nothing.")
@click.option("--check", "only_check", is_flag=True, help="Report what would be fixed, and write nothing.")
@click.option("--keep-cached-name", is_flag=True, default=None, help="Let the cached function keep its name.")
def fix(paths: Sequence[Path], unsafe_fixes: bool, show_diff: bool, only_check: bool, **given: Any) -> None:
    """Repair what can be repaired below PATHS (default: the current directory)."""
    from qscache_lint import api

    with _opened(given) as output, _means(given) as means:
        _recover(paths or [Path()], only_look=show_diff or only_check)
        report = api.check(paths or [Path()], _options(given), means=means)
        results = [(project, api.repair(project, unsafe=unsafe_fixes)) for project in report.projects]
        if show_diff or only_check:
            changed = sum(len(repaired.changes) for _, repaired in results)
            planned = tuple(api.ended(project, repaired) for project, repaired in results)
            as_patch = show_diff and given["output_format"] == "full"
            would = api.Report(planned, report.notes, would_change=changed)
            _publish(would, given, output, _diff(results) if as_patch else None)
            for project, repaired in results if as_patch else ():
                _say_changed("Would change", project, repaired, given)
            _say_waiting(results, given)
            sys.exit(1 if changed else 0)
        for project, repaired in results:
            api.write(project, repaired)
            _say_applied(project, repaired, given)
        remaining = api.Report(tuple(api.after(project, repaired) for project, repaired in results), report.notes)
        _publish(remaining, given, output)
        _say_waiting(results, given)
    sys.exit(1 if remaining.count and not given["exit_zero"] else 0)


@main.command()
@click.argument("code", required=False)
def rule(code: str | None) -> None:
    """Explain the rule CODE, or list all rules."""
    from qscache_lint.rules import RULES

    if code is None:
        for each in RULES:
            click.echo(f"{each.code}  {each.name:36} {'on ' if each.enabled else 'off'}  {each.summary}")
            if each.cost:
                click.echo(f"{'':8}{'':36}      costs: {each.cost}")
        return
    for each in RULES:
        if each.code == code.upper():
            click.echo(each.page, nl=False)
            return
    raise click.UsageError(f"unknown rule code {code!r}; `qscache-lint rule` lists all")


def _fail(message: str) -> NoReturn:
    _say(f"qscache-lint: error: {message.strip()}")
    sys.exit(2)


def _say(line: str) -> None:
    """One line on standard error, whatever names are in it."""
    click.echo(printable(line), err=True)


@contextmanager
def _means(given: dict[str, Any]) -> Iterator[Means]:
    """The disk cache, the run statistics (shown as a progress bar on a terminal), and the reader of files."""
    from time import perf_counter

    from qscache_lint.api import Means
    from qscache_lint.facts.readers import LateReader, Reader
    from qscache_lint.run_statistics import RunStatistics

    with ExitStack() as stack:
        if given["quiet"] or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            statistics = RunStatistics(perf_counter)
        else:
            from qscache_lint.reports.progress import TerminalProgress

            progress = TerminalProgress(perf_counter, sys.stderr.fileno())
            stack.enter_context(progress.watching())
            statistics = RunStatistics(perf_counter, progress.told)

        def reader() -> Reader:
            from qscache_lint.executing.reader import SharedReader

            return SharedReader(_worker_pool(given, stack), statistics)

        yield Means(not given["no_cache"], given["cache_dir"], statistics, LateReader(reader))


def _worker_pool(given: dict[str, Any], stack: ExitStack) -> WorkerPool | None:
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


def _purpose(given: dict[str, Any]) -> Purpose:
    """What a report shows."""
    from qscache_lint.run import Purpose

    return Purpose.FIXES if given["output_format"] in _FORMATS_WITH_FIXES else Purpose.FINDINGS


def _options(given: dict[str, Any]) -> Options:
    from qscache_lint.api import Options
    from qscache_lint.values import Confidence

    names = ("select", "ignore", "extend_select", "extend_ignore", "django_version", "keep_cached_name")
    overrides = {name: given.get(name) for name in names}
    confidence = given["min_confidence"]
    overrides["min_confidence"] = None if confidence is None else Confidence(confidence)
    return Options(given["config"], given["isolated"], overrides)


def _publish(
    report: Report, given: dict[str, Any], output: OutputFile | None, patch: Iterable[str] | None = None
) -> None:
    """Print the report, or write it to the output file; a patch instead of the report, if there is one."""
    lines = list(_rendered(report, given) if patch is None else patch)
    if output is not None:
        output.write("".join(f"{click.unstyle(line)}\n" for line in lines).encode())
    else:
        for line in lines:
            click.echo(line)
    if given["statistics"]:
        _print_statistics(report)
    for note in () if given["quiet"] else report.notes:
        _say(f"qscache-lint: warning: {note}")
    if given["verbose"]:
        for project in report.projects:
            count = len(project.run.result.read)
            files = f"{project.run.result.files} files, {count} read in full"
            _say(f"{project.root}: {files}; {project.django}")
            if project.run.cache_note:
                _say(f"{project.root}: {project.run.cache_note}")


def _rendered(report: Report, given: dict[str, Any]) -> Iterable[str]:
    """The lines of a report. Text is as wide as the terminal, and of a fixed width where there is none."""
    from qscache_lint.reports import FORMATS
    from qscache_lint.reports.full import WIDTH, full

    if given["output_format"] != "full":
        return FORMATS[given["output_format"]](report, Path.cwd())
    if given["quiet"] and not report.count:
        return ()
    if given["output_file"] is not None:
        return full(report, Path.cwd())
    return full(report, Path.cwd(), get_terminal_size((WIDTH, 0)).columns)


def _colours(environment: Mapping[str, str]) -> bool | None:
    """Whether to colour, as no-color.org and force-color.org have it; None: where it goes to a terminal."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return False if environment.get("TERM") == "dumb" else None


def _refuse_unused_scheduler(given: dict[str, Any]) -> None:
    if given["scheduler"] is not None and given["executor"] != "dask":
        raise UsageError("--scheduler goes with --executor dask")


@contextmanager
def _opened(given: dict[str, Any]) -> Iterator[OutputFile | None]:
    """The output file, if there is to be one: opened before any work is done, and before `fix` writes anything."""
    from qscache_lint.reports.output import OutputFile

    path = given["output_file"]
    if path is None:
        yield None
        return
    with OutputFile.open(path) as output:
        yield output


def _standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise UsageError(f"standard input: cannot be read: {error.strerror or error}") from None


def _print_statistics(report: Report) -> None:
    from collections import Counter

    counted = Counter(finding.code for project in report.projects for finding in project.findings)
    for code, count in sorted(counted.items()):
        _say(f"{count:6} {code}")


_ALWAYS_COUNTED = ("parsed by ast", "parsed by libcst", "bytes parsed by libcst")


def _print_counts(statistics: RunStatistics) -> None:
    """Say on standard error what was done, and how long each part took."""
    for phase, seconds in statistics.seconds.items():
        _say(f"{seconds:8.3f} s {phase}")
    for name, count in sorted({**dict.fromkeys(_ALWAYS_COUNTED, 0), **statistics.counts}.items()):
        _say(f"{count:8} {name if name.startswith(('runs', 'bytes')) else f'files {name}'}")


def _print_unresolved(report: Report) -> None:
    """Say on standard error what stayed unresolved, the most frequent reasons first."""
    for project in report.projects:
        found = project.unresolved
        _say(f"{project.root}: {found.counted.total()} values unresolved in {found.files} files")
        for reason, count in sorted(found.counted.items(), key=lambda item: (-item[1], item[0])):
            _say(f"{count:6} {reason}")


def _recover(paths: Sequence[Path], *, only_look: bool) -> None:
    """Finish or undo what a killed `fix` has begun, before anything is read."""
    from qscache_lint import api

    if not only_look:
        for note in api.recover(paths):
            _say(f"qscache-lint: warning: {note}")
    elif api.is_unfinished(paths):
        raise UsageError("a fix was interrupted while writing: run fix without --diff and --check to finish or undo it")


def _diff(results: Sequence[tuple[ProjectReport, Repaired]]) -> Iterator[str]:
    """The lines of a patch."""
    from qscache_lint.reports.patch import patch
    from qscache_lint.reports.paths import shown

    for project, repaired in results:
        for change in repaired.changes:
            for line in patch(shown(project.root, change.path, Path.cwd()), change.old, change.new):
                yield click.style(line.removesuffix("\n"), fg=_PATCH_COLOURS.get(line[0]))


_PATCH_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _say_applied(project: ProjectReport, repaired: Repaired, given: dict[str, Any]) -> None:
    """Say what was written in a project, before anything goes wrong in the next one."""
    from qscache_lint.reports.paths import shown_in

    if given["quiet"]:
        return
    for repair in repaired.applied:
        _say(f"{repair.name}: {shown_in(repair.message, project.root, Path.cwd())}")
    _say_changed("Changed", project, repaired, given)


def _say_changed(verb: str, project: ProjectReport, repaired: Repaired, given: dict[str, Any]) -> None:
    if repaired.changes and not given["quiet"]:
        _say(f"{verb} {_files(len(repaired.changes))} below {project.root}.")


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _say_waiting(results: Sequence[tuple[ProjectReport, Repaired]], given: dict[str, Any]) -> None:
    from qscache_lint.reports.paths import shown, shown_in

    if given["quiet"]:
        return
    waiting = sum(len(repaired.waiting) for _, repaired in results)
    if waiting:
        plural = "es wait" if waiting > 1 else " waits"
        files = sum(len({path for each in repaired.waiting for path in each.paths}) for _, repaired in results)
        _say(f"{waiting} unsafe fix{plural}, in {_files(files)}: see with --unsafe-fixes --diff.")
    for project, repaired in results:
        for repair in repaired.refused:
            where = shown(project.root, repair.target.path, Path.cwd())
            _say(f"{where}: {shown_in(repair.message, project.root, Path.cwd())}")
