"""The repairs as a libcst codemod.

    python -m libcst.tool codemod -x qscache_lint.codemod.RepairCachedQuerySets --unsafe-fixes PATH ...

libcst's tool changes one file at a time, in several processes, while a repair spans files and has to see the project as
it was. So the repairs are planned once, when the command line has been read, for the projects that the paths belong to;
the tool is then given the files that change, all of them and no others, each with its new text. No formatter runs: the
files are what `qscache-lint fix` writes, and a formatter that fails on one of them would leave half of a repair.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from qscache_lint.errors import UsageError
from qscache_lint.printable import printable

_GENERATED = f"@gen{''}erated".encode()
"""What libcst's tool takes for the mark of a generated file, which it skips."""


@dataclass(frozen=True)
class PlannedRepairs:
    """The files to change, by absolute path: text before and after. What `notes` say is for the user."""

    files: Mapping[str, tuple[bytes, bytes]]
    notes: tuple[str, ...] = ()


def plan(paths: Sequence[str], *, unsafe: bool) -> PlannedRepairs:
    """Plan the repairs of what is found below `paths`. Raises UsageError."""
    from qscache_lint import api
    from qscache_lint.run import Purpose
    from qscache_lint.serving.environment import means

    given = [Path(path) for path in paths]
    if api.is_unfinished(given):
        raise UsageError("a fix was interrupted while writing: run qscache-lint fix to finish or undo it")
    files: dict[str, tuple[bytes, bytes]] = {}
    notes: list[str] = []
    for project in api.check_paths(given, means=means(Purpose.EVERYTHING)).projects:
        repaired = api.plan_fixes(project, unsafe=unsafe)
        for change in repaired.changes:
            files[str((project.root / change.path).resolve())] = (change.before, change.after)
        notes += (f"{repair.name}: {repair.message}" for repair in repaired.applied)
        notes += (f"not without --unsafe-fixes: {repair.name}: {repair.message}" for repair in repaired.waiting)
        notes += (f"{project.root / repair.target.path}: {repair.message}" for repair in repaired.refused)
    return PlannedRepairs(files, tuple(notes))


class RepairCachedQuerySets(CodemodCommand):
    """Splits or drops caches whose QuerySets are refined, over all files of a project."""

    DESCRIPTION = "Repair cached QuerySets that callers refine: split the function, or drop a cache that saves nothing."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """Add our option, and plan as soon as the command line has been read: the tool has no other place for that."""
        arg_parser.add_argument(
            "--unsafe-fixes",
            action="store_true",
            help="Also apply fixes that may change behaviour; their messages say how.",
        )
        planning = partial(_parse_and_plan, arg_parser, arg_parser.parse_args)
        arg_parser.parse_args = planning  # type: ignore[assignment,method-assign]

    def __init__(self, context: CodemodContext, plan: PlannedRepairs) -> None:
        super().__init__(context)
        self._plan = plan

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The file as planned. Raises SkipFile when it is not as it was when the repairs were planned."""
        filename = self.context.filename
        planned = None if filename is None else self._plan.files.get(str(Path(filename).resolve()))
        if planned is None:
            raise SkipFile("nothing to repair")
        before, after = planned
        if tree.bytes != cst.parse_module(before).bytes:
            raise SkipFile("it has changed since the repairs were planned")
        return cst.parse_module(after)


def _parse_and_plan(parser: argparse.ArgumentParser, parse: Any, *arguments: Any, **named: Any) -> argparse.Namespace:
    """What the parser reads from the command line, with the plan, and with the files that it changes for paths."""
    parsed: argparse.Namespace = parse(*arguments, **named)
    if "-" in parsed.path:
        parser.error("repairs span files: name a path instead of standard input")
    try:
        parsed.plan = plan(parsed.path, unsafe=parsed.unsafe_fixes)
    except UsageError as error:
        parser.error(printable(str(error)))
    generated = [name for name, (before, _) in parsed.plan.files.items() if _GENERATED in before]
    if generated and not parsed.include_generated:
        parser.error(f"{generated[0]} is marked as generated: use --include-generated to change it")
    for note in parsed.plan.notes:
        click.echo(printable(note), err=True)
    if not parsed.plan.files:
        parser.exit(0, "Nothing changed.\n")
    parsed.path, parsed.no_format = list(parsed.plan.files), True
    del parsed.unsafe_fixes
    return parsed
