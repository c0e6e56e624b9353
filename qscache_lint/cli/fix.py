"""The command `fix`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qscache_lint.cli import adoption, options
from qscache_lint.cli.outputs import opened
from qscache_lint.cli.publish import deliver, say, say_beside, say_faults
from qscache_lint.errors import UsageError
from qscache_lint.formats import DEFAULT, Wanted

if TYPE_CHECKING:
    from qscache_lint.api import ProjectReport
    from qscache_lint.fixing.run import Repaired


@click.command("fix")
@options.of_reports
@adoption.of_fixes
@click.option(
    "--unsafe-fixes", is_flag=True, help="Also apply fixes that may change behaviour; their messages say how."
)
@click.option("--diff", "show_diff", is_flag=True, help="Print the changes as a diff instead of writing them.")
@click.option("--check", "only_check", is_flag=True, help="Report what would be fixed without writing it.")
@click.option(
    "--keep-cached-name", is_flag=True, default=None, help="Keep the name of the cached function when it is split."
)
def command(paths: Sequence[Path], unsafe_fixes: bool, show_diff: bool, only_check: bool, **given: Any) -> None:
    """Apply safe fixes.

    Without PATHS, the current directory is fixed.
    """
    from qscache_lint import api

    if show_diff and not given["output_format"]:
        given["output_format"] = (Wanted(DEFAULT),)  # whatever the settings say: it is the patch that is asked for
    requested = api.requested(paths or [Path()], options.options_of(given))
    with opened(given, requested) as outputs, options.means_of(given) as means:
        _recover(paths or [Path()], only_look=show_diff or only_check)
        report = adoption.narrowed(api.check_requested(requested, means=means), given)
        if report.lacks_engine:
            raise UsageError(f"typed engine unavailable: {report.lacks_engine}")
        results = [(project, api.plan_fixes(project, unsafe=unsafe_fixes)) for project in report.projects]
        if show_diff or only_check:
            changed = sum(len(repaired.changes) for _, repaired in results)
            planned = tuple(api.ended(project, repaired) for project, repaired in results)
            as_patch = show_diff and any(output.name == DEFAULT for output in outputs)
            would = replace(report, projects=planned, would_change=changed)
            _say_outside(results, paths, given)
            untold = deliver(would, given, outputs, [*_diff(results)] if as_patch else None)
            say_beside(would, _unmended(results), given)
            for project, repaired in results if as_patch else ():
                _say_changed("Would change", project, repaired, given)
            _say_waiting(results, given)
            if say_faults(would, untold):
                sys.exit(2)
            sys.exit(1 if changed and not given["exit_zero"] else 0)
        _say_outside(results, paths, given)
        left = tuple(api.after(project, repaired) for project, repaired in results)
        remaining = replace(report, projects=left)
        # files may be full: nothing is repaired then
        untold = deliver(remaining, given, [output for output in outputs if output.file is not None])
        for project, repaired in results:
            api.write(project, repaired)
            _say_applied(project, repaired, given)
        untold += deliver(remaining, given, [output for output in outputs if output.file is None])
        say_beside(remaining, _unmended(results), given)
        _say_waiting(results, given)
        if say_faults(report, untold):
            sys.exit(2)
    sys.exit(1 if remaining.count and not given["exit_zero"] else 0)


def _unmended(results: Sequence[tuple[ProjectReport, Repaired]]) -> list[ProjectReport]:
    """What no repair ends, as it was reported before."""
    from qscache_lint import api

    return [api.left(project, repaired) for project, repaired in results]


def _recover(paths: Sequence[Path], *, only_look: bool) -> None:
    """Finish or undo what a killed `fix` has begun, before anything is read."""
    from qscache_lint import api

    if not only_look:
        for note in api.recover(paths):
            say(f"qscache-lint: warning: {note}")
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


def _say_outside(
    results: Sequence[tuple[ProjectReport, Repaired]], paths: Sequence[Path], given: dict[str, Any]
) -> None:
    """Say which files a repair changes beside those that were asked for, before it does."""
    from qscache_lint.reports.paths import shown
    from qscache_lint.source.discover import absolute

    asked_for = [absolute(path) for path in paths or [Path()]]
    for project, repaired in () if given["quiet"] else results:
        for change in repaired.changes:
            file = project.root / change.path
            if not any(file == path or path in file.parents for path in asked_for):
                say(f"Fixes also change {shown(project.root, change.path, Path.cwd())}.")


def _say_applied(project: ProjectReport, repaired: Repaired, given: dict[str, Any]) -> None:
    """Say what was written in a project, before anything goes wrong in the next one."""
    from qscache_lint.reports.obstacles import briefly

    if given["quiet"]:
        return
    for repair in repaired.applied:
        say(f"{repair.name}: {briefly(repair.summary, repair.reasons, project.root, Path.cwd())}")
    _say_changed("Changed", project, repaired, given)


def _say_changed(verb: str, project: ProjectReport, repaired: Repaired, given: dict[str, Any]) -> None:
    if repaired.changes and not given["quiet"]:
        say(f"{verb} {_files(len(repaired.changes))} in {project.root}.")


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _say_waiting(results: Sequence[tuple[ProjectReport, Repaired]], given: dict[str, Any]) -> None:
    from qscache_lint.reports.obstacles import briefly
    from qscache_lint.reports.paths import shown

    if given["quiet"]:
        return
    waiting = sum(len(repaired.waiting) for _, repaired in results)
    if waiting:
        fixes, them = ("fixes", "them") if waiting > 1 else ("fix", "it")
        files = sum(len({path for each in repaired.waiting for path in each.paths}) for _, repaired in results)
        say(f"{waiting} unsafe {fixes} available; preview {them} with --unsafe-fixes --diff ({_files(files)}).")
    for project, repaired in results:
        for repair in repaired.refused:
            where = shown(project.root, repair.target.path, Path.cwd())
            say(f"{where}: {briefly(repair.summary, repair.reasons, project.root, Path.cwd())}")
