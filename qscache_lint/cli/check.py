"""The command `check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from qscache_lint.cli import adoption, options
from qscache_lint.cli.outputs import Output, opened
from qscache_lint.cli.publish import publish, say, say_faults
from qscache_lint.errors import UsageError
from qscache_lint.formats import FORMATS

if TYPE_CHECKING:
    from qscache_lint.api import Report
    from qscache_lint.run import Purpose
    from qscache_lint.run_statistics import RunStatistics
    from qscache_lint.witness.records import Recording


class _Check(click.Command):
    """A command with an option whose value may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, adoption.with_optional_reason(args))


@click.command("check", cls=_Check)
@options.of_reports
@adoption.of_checks
@click.option("--show-settings", is_flag=True, help="Print the settings of the project and exit.")
@click.option("--show-files", is_flag=True, help="Print the files that would be checked and exit.")
@click.option("--watch", is_flag=True, help="Report again whenever files change, until interrupted.")
@click.option("--show-unknown", is_flag=True, help="Count the values that could not be resolved, by reason.")
@click.option(
    "--witness",
    multiple=True,
    type=click.Path(path_type=Path, readable=False),
    help="Confirm and order findings by what this recording of a run has of them. May be repeated.",
)
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="Read this file from standard input.")
@click.option(
    "--repositories",
    metavar="LIST",
    type=click.Path(path_type=Path),
    help="Check the directories listed in this file, one per line, each as a project of its own.",
)
def command(
    paths: Sequence[Path],
    stdin_filename: Path | None,
    repositories: Path | None,
    watch: bool,
    show_unknown: bool,
    **given: Any,
) -> None:
    """Report cached QuerySets and their costly uses.

    Without PATHS, the current directory is checked.
    """
    from qscache_lint import api

    if given["show_settings"] or given["show_files"]:
        from qscache_lint.cli.showing import show

        show(paths or [Path()], given)
        return
    options.refuse_unused_scheduler(given)
    adoption.refuse_contradictions(given)
    if watch:
        once = {"stdin_filename": stdin_filename, "repositories": repositories, "show_unknown": show_unknown}
        _watch(paths or [Path()], {**given, **once})
        return
    if repositories is not None:
        _refuse_beside_repositories(paths, stdin_filename, given, show_unknown=show_unknown)
        _check_repositories(repositories, given)
    overlay = {}
    if stdin_filename is not None:
        paths = [stdin_filename]
        overlay = {stdin_filename.absolute(): _standard_input()}
    recording = _recording(given)
    requested = api.requested(paths or [Path()], options.options_of(given), overlay)
    adoption.refuse_nothing_to_prune(requested, given)
    with opened(given, requested) as outputs, options.means_of(given) as means:
        wanted = replace(means, purpose=_purpose(given, outputs))
        report = api.check_requested(requested, overlay, means=wanted)
        if given["write_baseline"] is not None:
            adoption.write_baseline(report, given)
            sys.exit(2 if say_faults(report) else 0)
        report = adoption.narrowed(report, given)
        if given["add_noqa"] is not None:
            report = adoption.add_noqa(report, given)
        if recording is not None:
            report = api.with_witness(report, recording)
        if given["quiet"]:
            report = report.findings_only
        faults = publish(report, given, outputs)
        if show_unknown:
            _print_unresolved(report)
        if given["verbose"] and given["statistics"]:
            _print_counts(means.statistics)
    if faults or report.lacks_engine:
        sys.exit(2)
    sys.exit(1 if report.count and not given["exit_zero"] else 0)


def _recording(given: dict[str, Any]) -> Recording | None:
    """What the witness has recorded, if anything. Raises UsageError when it cannot be read."""
    if not given["witness"]:
        return None
    from qscache_lint.witness.reading import read_recordings

    return read_recordings(given["witness"])


def _watch(paths: Sequence[Path], given: dict[str, Any]) -> None:
    from qscache_lint import api
    from qscache_lint.cli.watch import watch

    requested = api.requested(paths, options.options_of(given))
    with opened(given, requested) as outputs, options.means_of(given) as means:
        watch(paths, given, outputs, means)


def _refuse_beside_repositories(
    paths: Sequence[Path], stdin_filename: Path | None, given: dict[str, Any], *, show_unknown: bool
) -> None:
    """Raises UsageError for what is about one project, or one file."""
    if paths or stdin_filename is not None or show_unknown:
        raise UsageError("--repositories cannot be combined with paths, --stdin-filename or --show-unknown")
    for name in ("baseline", "write_baseline", "add_noqa", "since", "witness"):
        if given[name] not in (None, ()):
            raise UsageError(f"--repositories cannot be combined with --{name.replace('_', '-')}")


def _check_repositories(named_in: Path, given: dict[str, Any]) -> NoReturn:
    """Report on many projects, and exit."""
    from qscache_lint.fleet import Repository, check_repositories, read_list

    with opened(given) as outputs, options.means_of(given) as means:
        settings, purpose = options.options_of(given), _purpose(given, outputs)
        repositories = [
            Repository(directory, settings, means.cached, means.cache_dir, purpose) for directory in read_list(named_in)
        ]
        with ExitStack() as stack:
            report = check_repositories(repositories, options.worker_pool(given, stack), means.statistics)
        faults = publish(report, given, outputs)
    for error in report.errors:
        say(f"qscache-lint: error: {error}")
    if report.errors or faults or report.lacks_engine:
        sys.exit(2)
    sys.exit(1 if report.count and not given["exit_zero"] else 0)


def _standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise UsageError(f"standard input cannot be read: {error.strerror or error}") from None


_NO_FILES = ("answers", "bytes", "questions", "runs")
"""How counts begin that are not of files."""
_ALWAYS_COUNTED = ("parsed by ast", "parsed by libcst", "bytes parsed by libcst")


def _print_counts(statistics: RunStatistics) -> None:
    """Say on standard error what was done, and how long each part took."""
    for phase, seconds in statistics.seconds.items():
        say(f"{seconds:8.3f} s {phase}")
    for name, count in sorted({**dict.fromkeys(_ALWAYS_COUNTED, 0), **statistics.counts}.items()):
        say(f"{count:8} {name if name.startswith(_NO_FILES) else f'files {name}'}")


def _print_unresolved(report: Report) -> None:
    """Say on standard error what stayed unresolved, the most frequent reasons first."""
    for project in report.projects:
        found = project.unresolved
        say(f"{project.root}: {found.counted.total()} values unresolved in {found.files} files")
        for reason, count in sorted(found.counted.items(), key=lambda item: (-item[1], item[0])):
            say(f"{count:6} {reason}")


def _purpose(given: dict[str, Any], outputs: Sequence[Output]) -> Purpose:
    """What a report shows. Statistics count why there are no fixes."""
    from qscache_lint.run import Purpose

    needs_fixes = given["statistics"] or any(FORMATS[output.name].shows_fixes for output in outputs)
    return Purpose.FIXES if needs_fixes else Purpose.FINDINGS
