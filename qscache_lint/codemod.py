"""The repairs as a libcst codemod.

    python -m libcst.tool codemod -x qscache_lint.codemod.RepairCachedQuerySets --no-format PATH ...

libcst's tool changes one file at a time, in several processes, while a repair spans files and has to see the project as
it was. So the repairs are planned once, when the command line is read, and each file is then given its new text. A file
that has changed since is skipped. Give the tool the whole project: files that it is not given stay as they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from qscache_lint.errors import UsageError
from qscache_lint.printable import printable


@dataclass(frozen=True)
class PlannedRepairs:
    """The files to change, by absolute path: text before and after."""

    files: Mapping[str, tuple[bytes, bytes]]


def plan_project(directory: str) -> PlannedRepairs:
    """Plan every repair of the project below `directory`, unsafe ones included."""
    from qscache_lint import api

    try:
        report = api.check([Path(directory)])
    except UsageError as error:
        raise argparse.ArgumentTypeError(printable(str(error))) from None
    files: dict[str, tuple[bytes, bytes]] = {}
    for project in report.projects:
        for change in api.repair(project, unsafe=True).changes:
            files[str((project.root / change.path).resolve())] = (change.before, change.after)
    return PlannedRepairs(files)


class RepairCachedQuerySets(CodemodCommand):
    """Splits or drops caches whose QuerySets are refined, over all files of a project."""

    DESCRIPTION = "Repair cached QuerySets that callers refine: split the function, or drop a cache that saves nothing."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """`--project` is turned into the plan here, once, before any file is changed."""
        arg_parser.add_argument(
            "--project",
            type=plan_project,
            default=".",
            metavar="DIRECTORY",
            help="The project to repair (default: the current directory).",
        )

    def __init__(self, context: CodemodContext, project: PlannedRepairs) -> None:
        super().__init__(context)
        self._plan = project

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """The file as planned. Raises SkipFile when it is not as it was when the repairs were planned."""
        filename = self.context.filename
        planned = None if filename is None else self._plan.files.get(str(Path(filename).resolve()))
        if planned is None:
            return tree
        before, after = planned
        if tree.bytes == cst.parse_module(after).bytes:
            return tree
        if tree.bytes != cst.parse_module(before).bytes:
            raise SkipFile("it has changed since the repairs were planned")
        return cst.parse_module(after)
