"""Where reports go: `--output-format FORMAT` and `FORMAT:FILE`, several times, and `--output-file`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from qscache_lint.errors import UsageError
from qscache_lint.reports import FORMATS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from qscache_lint.reports.output import OutputFile

DEFAULT = next(iter(FORMATS))


class Wanted(NamedTuple):
    """A report in one format; `path` is the file that it goes into, None for standard output."""

    name: str
    path: Path | None = None


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
        name, colon, path = str(value).partition(":")
        if name not in FORMATS:
            self.fail(f"{name!r} is not one of {', '.join(map(repr, FORMATS))}.", param, ctx)
        if colon and not path:
            self.fail(f"{value!r} names no file after the colon.", param, ctx)
        return Wanted(name, Path(path) if path else None)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def wanted(given: dict[str, Any]) -> tuple[Wanted, ...]:
    """The reports that options ask for. Raises UsageError where two would go to the same place."""
    asked: Sequence[Wanted] = given["output_format"] or (Wanted(DEFAULT),)
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


@contextmanager
def opened(given: dict[str, Any]) -> Iterator[tuple[Output, ...]]:
    """The reports, files opened: before any work is done, and before `fix` writes anything."""
    with ExitStack() as stack:
        yield tuple(Output(each.name, _opened(each.path, stack)) for each in wanted(given))


def _opened(path: Path | None, stack: ExitStack) -> OutputFile | None:
    if path is None:
        return None
    from qscache_lint.reports.output import OutputFile

    return stack.enter_context(OutputFile.open(path))
