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
    from qscache_lint.api import Hidden, ProjectReport, Report, Requested
    from qscache_lint.baseline import Baseline, Known

_FILE = click.Path(path_type=Path, readable=False)

OF_FIXES = (
    click.option("--baseline", type=_FILE, help="Hide the findings recorded in this file."),
    click.option("--no-baseline", is_flag=True, help="Ignore the baseline that the settings name."),
)
OF_CHECKS = (
    *OF_FIXES,
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


def of_fixes(command: options.Command) -> options.Command:
    """The options of `fix`."""
    return options.with_options(OF_FIXES, command)


def with_optional_reason(arguments: Sequence[str]) -> list[str]:
    """The arguments of a command where `--add-noqa` alone has no reason: what follows it is a path."""
    return ["--add-noqa=" if each == "--add-noqa" else each for each in arguments]


def refuse_contradictions(given: dict[str, Any]) -> None:
    """Raises UsageError for options that do not go together."""
    if given["no_baseline"] and given["baseline"] is not None:
        raise UsageError("--no-baseline cannot be combined with --baseline")
    if given["write_baseline"] is not None and given["add_noqa"] is not None:
        raise UsageError("--write-baseline cannot be combined with --add-noqa")
    if given["add_noqa"] and not given["add_noqa"].isprintable():
        raise UsageError("--add-noqa: the reason must be a single line of text")


def refuse_nothing_to_prune(requested: Sequence[Requested], given: dict[str, Any]) -> None:
    """Raises UsageError where there is no baseline that could be pruned."""
    if given["prune_baseline"] and not any(each.settings.baseline for each in requested):
        raise UsageError("--prune-baseline requires a baseline: --baseline FILE, or the setting")


def narrowed(report: Report, given: dict[str, Any]) -> Report:
    """A report with what has to do with changed lines only; it is said what the baseline hides, and what in it is out
    of date, or the baseline is pruned."""
    for baseline, several in _baselines(report):
        report = _told(report, baseline, several, given)
    if given.get("since") is not None:
        from qscache_lint.changed_lines import since

        report = since(report, given["since"])
    return report


def _baselines(report: Report) -> Iterator[tuple[Baseline, Sequence[Hidden]]]:
    """Each baseline with what it hides in the projects that have it."""
    found: dict[Path, list[Hidden]] = {}
    for project in report.projects:
        if project.hidden is not None:
            found.setdefault(project.hidden.baseline.path, []).append(project.hidden)
    for several in found.values():
        yield several[0].baseline, several


def _told(report: Report, baseline: Baseline, several: Sequence[Hidden], given: dict[str, Any]) -> Report:
    """Say what a baseline hides; the report with what in it is out of date, unless that is removed."""
    name = _named(baseline.path)
    count = sum(hidden.count for hidden in several)
    if count and not given["quiet"]:
        say(f"{_findings(count)} hidden by {name}.")
    stale = {key: number for hidden in several for key, number in hidden.stale.items()}
    if not stale:
        return report
    if not given.get("prune_baseline"):
        return replace(report, notes=(*report.notes, _out_of_date(name, stale)))
    _write(baseline.without(stale))
    if not given["quiet"]:
        say(f"{_entries(stale)} removed from {name}.")
    return report


def _named(path: Path) -> Path:
    """A path as seen from the current directory, where it is below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def write_baseline(report: Report, given: dict[str, Any]) -> None:
    """Make a baseline of a report."""
    from qscache_lint.baseline import Baseline, Found

    projects = (Found(project.root, project.findings, project.around) for project in report.projects)
    baseline = Baseline.of(given["write_baseline"], projects)
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
    from qscache_lint.baseline import is_baseline
    from qscache_lint.reports.output import OutputFile

    with OutputFile.open(baseline.path, "a baseline", is_baseline) as output:
        output.write(baseline.content)


def _out_of_date(name: Path, stale: Known) -> str:
    named = [f"{key.code} in {key.path}" for key in sorted(stale)]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return (
        f"{name}: {_entries(stale, 'stale ')}: {', '.join(named[:_SHOWN])}{more}; "
        "remove with --prune-baseline"
    )


def _findings(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def _entries(stale: Known, kind: str = "") -> str:
    count = sum(stale.values())
    return f"{count} {kind}entr{'y' if count == 1 else 'ies'}"
