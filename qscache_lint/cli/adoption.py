"""The options for a project that has many findings already: baselines, comments that silence, changed lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qscache_lint.cli import options
from qscache_lint.cli.publish import say
from qscache_lint.errors import UsageError

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.baseline import Baseline, Compared, Known
    from qscache_lint.fixing.run import Repaired

_FILE = click.Path(path_type=Path, readable=False)

BASELINE = click.option("--baseline", type=_FILE, help="Hide the findings recorded in this file.")
OF_CHECKS = (
    BASELINE,
    click.option("--write-baseline", type=_FILE, help="Record the findings in this file instead of reporting them."),
    click.option("--prune-baseline", is_flag=True, help="Remove stale entries from the baseline."),
    click.option(
        "--add-noqa",
        metavar="[=REASON]",
        help="Silence reported findings with noqa comments, followed by REASON if given.",
    ),
    click.option("--since", metavar="REV", help="Report only findings related to lines changed since a git revision."),
)
_SHOWN = 3
"""Entries of a baseline that a message names."""


def of_checks(command: options.Command) -> options.Command:
    """The options of `check`."""
    return options.with_options(OF_CHECKS, command)


def with_optional_reason(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command where `--add-noqa` alone has no reason: what follows it is a path."""
    return ["--add-noqa=" if each == "--add-noqa" else each for each in arguments]


def refuse_contradictions(given: dict[str, Any]) -> None:
    """Raises UsageError for options that do not go together."""
    if given["prune_baseline"] and given["baseline"] is None:
        raise UsageError("--prune-baseline requires --baseline FILE")
    if given["write_baseline"] is not None and given["add_noqa"] is not None:
        raise UsageError("--write-baseline cannot be combined with --add-noqa")
    if given["add_noqa"] and not given["add_noqa"].isprintable():
        raise UsageError("--add-noqa: the reason must be a single line of text")


def narrowed(report: Report, given: dict[str, Any]) -> Report:
    """A report without what the baseline knows, and with what has to do with changed lines only."""
    if given["baseline"] is not None:
        report = compared(report, given)
    if given.get("since") is not None:
        from qscache_lint.changed_lines import since

        report = since(report, given["since"])
    return report


def compared(report: Report, given: dict[str, Any]) -> Report:
    """A report without what the baseline knows. The baseline is pruned, or it is said what in it is out of date."""
    from qscache_lint.baseline import Baseline

    baseline = Baseline.read(given["baseline"])
    found = baseline.compare(report)
    if found.hidden and not given["quiet"]:
        say(f"{_findings(found.hidden)} hidden by {baseline.path}.")
    if not found.stale:
        return found.report
    if given.get("prune_baseline"):
        _write(baseline.without(found.stale))
        if not given["quiet"]:
            say(f"{_entries(found.stale)} removed from {baseline.path}.")
        return found.report
    return replace(found.report, notes=(*found.report.notes, _out_of_date(baseline, found)))


def after(project: ProjectReport, repaired: Repaired, given: dict[str, Any]) -> ProjectReport:
    """The report of a project once its repairs are written, without what the baseline knows."""
    from qscache_lint import api

    remaining = api.after(project, repaired)
    if given["baseline"] is None or not repaired.changes:
        return remaining
    from qscache_lint.baseline import Baseline

    return Baseline.read(given["baseline"]).compare(api.Report((remaining,))).report.projects[0]


def write_baseline(report: Report, given: dict[str, Any]) -> None:
    """Make a baseline of a report."""
    from qscache_lint.baseline import Baseline

    baseline = Baseline.of(given["write_baseline"], report)
    _write(baseline)
    if not given["quiet"]:
        say(f"{_findings(report.count)} written to {baseline.path}.")


def add_noqa(report: Report, given: dict[str, Any]) -> Report:
    """Silence what is reported, file by file; the report of what no comment can silence."""
    from qscache_lint import api

    silenced = [(project, api.silence(project, given["add_noqa"])) for project in report.projects]
    for project, each in silenced:
        api.write(project, each)
    left = tuple(replace(project, findings=each.left) for project, each in silenced)
    remaining = replace(report, projects=left, notes=(*report.notes, *_not_silenced(left)))
    if not given["quiet"]:
        files = sum(len(each.changes) for _, each in silenced)
        say(f"{_findings(report.count - remaining.count)} silenced in {files} file{'' if files == 1 else 's'}.")
    return remaining


def _not_silenced(projects: Iterable[ProjectReport]) -> Iterator[str]:
    """What no comment can silence, one line each."""
    for project in projects:
        for each in project.findings:
            place = f"{each.path}:{each.span.start.row}"
            yield f"{place}: {each.code} stays: no comment can silence it and leave the program as it is"


def _write(baseline: Baseline) -> None:
    from qscache_lint.reports.output import OutputFile

    with OutputFile.open(baseline.path) as output:
        output.write(baseline.content)


def _out_of_date(baseline: Baseline, found: Compared) -> str:
    named = [f"{key.code} in {key.path}" for key in sorted(found.stale)]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return (
        f"{baseline.path}: {_entries(found.stale, 'stale ')}: {', '.join(named[:_SHOWN])}{more}; "
        "remove with --prune-baseline"
    )


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def _entries(stale: Known, kind: str = "") -> str:
    count = sum(stale.values())
    return f"{count} {kind}entr{'y' if count == 1 else 'ies'}"
