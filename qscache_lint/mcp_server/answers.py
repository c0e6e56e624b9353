"""What an agent can ask about the project in one folder, and the answers as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import click

from qscache_lint.api import ProjectReport, Report, plan_fixes, reveal_in
from qscache_lint.errors import UsageError
from qscache_lint.printable import printable
from qscache_lint.serving.changes import Changes
from qscache_lint.serving.open_projects import OpenProjects
from qscache_lint.source.discover import absolute
from qscache_lint.values import Finding

_WIDTH = 100


@dataclass(frozen=True)
class Found:
    """One finding: where it is, what it is, and what to do about it."""

    path: str
    row: int
    column: int
    code: str
    name: str
    message: str
    confidence: str
    suggestion: str


@dataclass(frozen=True)
class Checked:
    """What was found below the paths that were asked for, and what the user should know besides."""

    findings: list[Found]
    files: int
    notes: list[str]


@dataclass(frozen=True)
class Preview:
    """What fixes would change, as a patch; what each of them does; and why others are not made."""

    patch: str
    fixes: list[str]
    left: list[str]


class Answers:
    """Answers about the project in a folder as it is on disk. May be asked by several threads."""

    def __init__(self, projects: OpenProjects, folder: Path) -> None:
        self._projects, self._folder = projects, absolute(folder)
        self._changes = Changes(folders=(self._folder,))
        self._lock = Lock()

    def check(self, paths: Sequence[str] = ()) -> Checked:
        """What is found below some paths. Raises UsageError for one that is outside of the folder."""
        with self._lock:
            project = self._report(paths, for_fixes=True)
            findings = [_found(project, each) for each in project.findings]
            return Checked(findings, project.checked, list(self._projects.notes))

    def explain_rule(self, code: str) -> str:
        """The documents of the rules that a code, a prefix or a name means. Raises UsageError where there are none."""
        from qscache_lint.rules import RULES, rules_named

        if found := rules_named(code):
            return "\n".join(rule.page for rule in found)
        raise UsageError(f"{code}: no such rule: they are {', '.join(rule.code for rule in RULES)}")

    def explain_place(self, path: str, row: int) -> str:
        """Why something is found in a row, step by step; where nothing is, what the analysis takes its values for."""
        with self._lock:
            project = self._report([path], for_fixes=True)
            there = tuple(each for each in project.findings if each.span.start.row == row)
            lines = self._why(replace(project, findings=there)) if there else self._values(project, path, row)
            return "".join(f"{click.unstyle(line)}\n" for line in lines)

    def preview(self, paths: Sequence[str] = (), *, unsafe: bool = False) -> Preview:
        """What fixes of the findings below some paths would change. Nothing is written."""
        from qscache_lint.reports.patch import patch

        with self._lock:
            project = self._report(paths, for_fixes=True)
            planned = plan_fixes(project, unsafe=unsafe)
        patches = (patch(change.path, change.old, change.new) for change in planned.changes)
        left = [f"{each.name}: {each.message}" for each in (*planned.waiting, *planned.refused)]
        text = "".join(line if line.endswith("\n") else f"{line}\n" for lines in patches for line in lines)
        return Preview(text, [f"{each.name}: {each.message}" for each in planned.applied], left)

    def _report(self, paths: Sequence[str], *, for_fixes: bool = False) -> ProjectReport:
        """The report of what is found below some paths, as the files are now."""
        asked = tuple(self._inside(path) for path in paths) or (".",)
        changes, self._changes = self._changes, Changes(disk=True)
        self._projects.apply(changes)
        self._projects.prepare()
        for project in self._projects.reports(for_fixes=for_fixes):
            return project.narrowed(asked)
        raise UsageError("; ".join(self._projects.problems.values()))

    def _inside(self, path: str) -> str:
        """A path relative to the folder. Raises UsageError for one that is not there, or leads outside of it."""
        if not path or "\0" in path:
            raise UsageError(f"{printable(path) or 'an empty path'}: no such file or directory")
        found = absolute(self._folder / path)
        if not found.is_relative_to(self._folder):
            raise UsageError(f"{path}: is outside of {self._folder}")
        if not found.exists():
            raise UsageError(f"{path}: no such file or directory")
        if not found.resolve().is_relative_to(self._folder.resolve()):
            raise UsageError(f"{path}: leads outside of {self._folder}")
        return found.relative_to(self._folder).as_posix()

    def _why(self, project: ProjectReport) -> Iterator[str]:
        from qscache_lint.reports import render

        return render("full", Report((project,)), self._folder, _WIDTH)

    def _values(self, project: ProjectReport, path: str, row: int) -> Iterator[str]:
        from qscache_lint.reports.revelation import as_text

        revelation = reveal_in(project, self._inside(path), row)
        yield "Nothing is reported here. The values in this row:"
        yield from as_text(revelation, self._folder, _WIDTH)


def _found(project: ProjectReport, finding: Finding) -> Found:
    start = finding.span.start
    return Found(
        finding.path,
        start.row,
        start.column,
        finding.code,
        finding.name,
        finding.message,
        finding.confidence.value,
        project.help_for(finding),
    )
