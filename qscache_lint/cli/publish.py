"""What commands print: a report on standard output or in a file, and lines on standard error."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qscache_lint.errors import Fault, isolated
from qscache_lint.formats import DEFAULT, FORMATS
from qscache_lint.printable import printable
from qscache_lint.reports import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qscache_lint.api import ProjectReport, Report
    from qscache_lint.cli.outputs import Output


def say(line: str) -> None:
    """One line on standard error, whatever names are in it."""
    click.echo(printable(line), err=True)


def warn(note: str) -> None:
    """What the user should know, on standard error."""
    say(f"qscache-lint: warning: {note}")


def publish(report: Report, given: dict[str, Any], outputs: Iterable[Output]) -> int:
    """Print a report and what goes with it; see `deliver` and `say_beside`.

    Returns how many mistakes of ours were told.
    """
    untold = deliver(report, given, outputs)
    say_beside(report, report.projects, given)
    return say_faults(report, untold)


def say_faults(report: Report, others: Sequence[Fault] = ()) -> int:
    """Say on standard error which mistakes of ours have cost something, one line each; returns how many."""
    from qscache_lint.reports.paths import shown

    faults = [*report.faults, *((Path.cwd(), fault) for fault in others)]
    for root, fault in faults:
        where = f"{shown(root, fault.path, Path.cwd())}: " if fault.path else ""
        say(f"qscache-lint: error: {where}{fault.what}")
    return len(faults)


def deliver(
    report: Report, given: dict[str, Any], outputs: Iterable[Output], patch: Sequence[str] | None = None
) -> list[Fault]:
    """Print the report, or write it to files; a patch instead of the text for people, if there is one.

    Returns the faults of formats that could not be made.
    """
    faults = []
    for output in outputs:
        is_patch = patch is not None and output.name == DEFAULT
        rendering = partial(_lines, report, given, output)
        lines = patch if patch is not None and is_patch else isolated(rendering, f"making the report {output.name!r}")
        if isinstance(lines, Fault):
            faults.append(lines)
        elif output.file is not None:
            output.file.write("".join(f"{click.unstyle(line)}\n" for line in lines).encode())
        else:
            for line in lines:
                click.echo(line)
    return faults


def say_beside(report: Report, unmended: Sequence[ProjectReport], given: dict[str, Any]) -> None:
    """Say on standard error what goes with a report; `unmended` are the findings whose reasons count."""
    if given["statistics"]:
        _print_statistics(report, unmended)
    for note in (*report.warnings, *(() if given["quiet"] else report.notes)):
        warn(note)
    if given["verbose"]:
        for project in report.projects:
            count = len(project.run.result.read)
            files = f"{project.run.result.files} files, {count} read in full"
            say(f"{project.root}: {files}; {project.django}")
            if project.run.cache_note:
                say(f"{project.root}: {project.run.cache_note}")


def _lines(report: Report, given: dict[str, Any], output: Output) -> Sequence[str]:
    """The lines of a report. Text is as wide as the terminal, and of a fixed width where there is none."""
    if FORMATS[output.name].wraps and given["quiet"] and not report.count:
        return ()
    width = None if output.file is not None else terminal_width()
    return [*render(output.name, report, Path.cwd(), width, warn)]


def terminal_width() -> int | None:
    """The columns of the terminal, or what COLUMNS says; None where there is none.

    `shutil` has this, too, but loads compressors.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or None if sys.__stdout__ else None
    except (OSError, ValueError):
        return None


def _print_statistics(report: Report, unmended: Sequence[ProjectReport]) -> None:
    """Say how many findings there are by rule, cached value and confidence, and by what is in the way of fixes."""
    from qscache_lint.reports.obstacles import counted as counted_reasons
    from qscache_lint.reports.obstacles import ordered
    from qscache_lint.reports.totals import totals

    for count, what in totals(report, Path.cwd()):
        say(f"{count:6} {what}")
    for number, what, kind in ordered(counted_reasons(unmended)):
        say(f"{number:6} {what}: {kind}")
