"""Where reports go: `--output-format FORMAT` and `FORMAT:FILE`, several times, and `--output-file`; or the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from qscache_lint.errors import UsageError
from qscache_lint.formats import DEFAULT, FORMATS, Wanted, WrongFormat, is_report

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from qscache_lint.api import Requested
    from qscache_lint.reports.output import OutputFile


class Output(NamedTuple):
    """A report that is to be printed, or to be written to a file that is open."""

    name: str
    file: OutputFile | None = None


if TYPE_CHECKING:
    _WantedType = click.ParamType[Wanted, str]
else:
    _WantedType = click.ParamType  # before click 8.5 it takes no parameters


class FormatType(_WantedType):
    """A format, or a format and a file with a colon between them."""

    name = "FORMAT[:FILE]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Wanted:
        if isinstance(value, Wanted):
            return value
        try:
            return Wanted.parse(str(value))
        except WrongFormat as wrong:
            self.fail(str(wrong), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def wanted(given: dict[str, Any], requested: Sequence[Requested] = ()) -> tuple[Wanted, ...]:
    """The reports that options ask for, else the settings of the projects. Raises UsageError where two would go to the
    same place."""
    asked: Sequence[Wanted] = given["output_format"] or _of_settings(requested) or (Wanted(DEFAULT),)
    file: Path | None = given["output_file"]
    if file is not None and all(each.path is not None for each in asked):
        raise UsageError("--output-file: every --output-format already names a file")
    reports = tuple(Wanted(each.name, file) if each.path is None else each for each in asked)
    taken: set[Path | None] = set()
    for each in reports:
        if each.path in taken:
            place = "standard output" if each.path is None else str(each.path)
            raise UsageError(f"--output-format: two reports go to {place}: write one to a file with {each.name}:FILE")
        taken.add(each.path)
    return reports


def _of_settings(requested: Sequence[Requested]) -> tuple[Wanted, ...]:
    """What the settings of the projects ask for, if any. Raises UsageError where they ask for different reports."""
    asked = {reports: each.root for each in requested if (reports := _reports_of(each))}
    if len(asked) > 1:
        roots = " and ".join(map(str, [*asked.values()][:2]))
        raise UsageError(f"{roots}: the settings ask for different reports: choose with --output-format")
    return next(iter(asked), ())


def _reports_of(project: Requested) -> tuple[Wanted, ...]:
    """The reports that the settings of a project ask for; their files are in the project, since it is only data."""
    reports = [
        each if each.path is None else Wanted(each.name, project.root / each.path) for each in project.settings.reports
    ]
    inside = project.root.resolve()
    for each in reports:
        if each.path is not None and not each.path.resolve().is_relative_to(inside):
            raise UsageError(f"{project.root}: output-format: {each.path} is outside of the project")
    return tuple(reports)


@contextmanager
def opened(given: dict[str, Any], requested: Sequence[Requested] = ()) -> Iterator[tuple[Output, ...]]:
    """The reports, files opened: before any work is done, and before `fix` writes anything."""
    with ExitStack() as stack:
        yield tuple(Output(each.name, _opened(each.path, stack)) for each in wanted(given, requested))


def _opened(path: Path | None, stack: ExitStack) -> OutputFile | None:
    if path is None:
        return None
    from qscache_lint.reports.output import OutputFile

    return stack.enter_context(OutputFile.open(path, "a report of qscache-lint", is_report))
