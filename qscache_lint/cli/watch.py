"""`check --watch`: the report again whenever something has changed, by projects that stay open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qscache_lint.cli import adoption, options
from qscache_lint.cli.extras import extra
from qscache_lint.cli.publish import publish, say
from qscache_lint.errors import UsageError

if TYPE_CHECKING:
    from qscache_lint.api import Means, Report
    from qscache_lint.cli.outputs import Output

_ONCE = ("stdin_filename", "repositories", "write_baseline", "prune_baseline", "add_noqa", "show_unknown", "witness")
"""The options of what is done once."""

_PAUSE = 100
"""Milliseconds without a change after which the report is made again."""

_LOOK = 500
"""Milliseconds after which the disk is looked at once without one: for what has changed before it was watched."""


def watch(paths: Sequence[Path], given: dict[str, Any], outputs: Sequence[Output], means: Means) -> None:
    """Report until the user interrupts. Raises UsageError."""
    with extra("watch"):
        from watchfiles import DefaultFilter
        from watchfiles import watch as changes_in

    _refuse_once(given, outputs)
    watched = _Watched(paths, given, means)
    ours = DefaultFilter(ignore_dirs=[*DefaultFilter.ignore_dirs, ".qscache_lint_cache"])
    try:
        before = watched.show(given, outputs)
        seen = changes_in(
            *watched.roots, watch_filter=ours, debounce=_PAUSE, rust_timeout=_LOOK, yield_on_timeout=True
        )
        for number, changes in enumerate(seen):
            if changes or not number:
                watched.refresh()
                before = watched.show(given, outputs, before)
    except KeyboardInterrupt:
        say("")


def _refuse_once(given: dict[str, Any], outputs: Sequence[Output]) -> None:
    """Raises UsageError for options that make no sense again and again."""
    for name in _ONCE:
        if given[name] not in (None, False, ()):
            raise UsageError(f"--watch cannot be combined with --{name.replace('_', '-')}")
    if any(output.file is not None for output in outputs):
        raise UsageError("--watch cannot be combined with reports in files")


class _Watched:
    """The projects that paths belong to, and what is shown of them."""

    def __init__(self, paths: Sequence[Path], given: dict[str, Any], means: Means) -> None:
        from qscache_lint.api import listings
        from qscache_lint.serving.living import LivingProject

        settings = options.options_of(given)
        self._projects = [
            (LivingProject(asked.root, settings, means), (*listed.named, *listed.directories))
            for asked, listed in listings(paths, settings)
        ]

    @property
    def roots(self) -> Iterator[Path]:
        return (project.root for project, _ in self._projects)

    def refresh(self) -> None:
        """Follow what has changed."""
        for project, _ in self._projects:
            project.refresh()

    def show(self, given: dict[str, Any], outputs: Sequence[Output], before: Report | None = None) -> Report:
        """Show the report, where it is not the same as before."""
        from qscache_lint.api import Report

        notes = dict.fromkeys(note for project, _ in self._projects for note in project.notes)
        projects = tuple(project.report(for_fixes=True).narrowed(asked) for project, asked in self._projects)
        report = adoption.narrowed(Report(projects, tuple(notes)), given)
        if before is None or [*_shown(before)] != [*_shown(report)]:
            click.clear()
            publish(report, given, outputs)
            say("Watching for changes; press Ctrl+C to stop.")
        for project, _ in self._projects:
            project.prepare()
        return report


def _shown(report: Report) -> Iterator[object]:
    """What is shown of a report: the findings and the texts around them."""
    yield report.notes
    for project in report.projects:
        yield from ((finding, project.around[finding]) for finding in project.findings)
