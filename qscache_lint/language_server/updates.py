"""Keeps open projects up with an editor: one thread analyses, while the server goes on to answer.

What changes while an analysis runs is put together, and done next; an edit waits for a pause in the typing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from qscache_lint.serving.changes import Changes
from qscache_lint.source.text import encoded

if TYPE_CHECKING:
    from lsprotocol import types

    from qscache_lint.language_server.diagnostics import Shown
    from qscache_lint.serving.open_projects import OpenProjects

PAUSE = 0.15
"""Seconds without an edit after which it is analysed: most people type faster than that within a word."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Update:
    """All that is found by now, by file, and what the user should know; `followed` are buffers that have changed.

    `versions` are those of all buffers, of the texts that were analysed.
    """

    diagnostics: Mapping[Path, list[types.Diagnostic]]
    notes: tuple[str, ...]
    followed: tuple[Path, ...]
    versions: Mapping[Path, int]


class Updates:
    """The analysis of all that an editor has open. To be used in the thread of the event loop."""

    def __init__(
        self,
        open_projects: Callable[[], OpenProjects],
        publish: Callable[[Update], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        """`open_projects` is called in the thread of the analysis, before its first work.

        `publish` is given what is found after each change, `fail` what has kept that from being found.
        """
        self._open_projects = open_projects
        self._publish, self._fail = publish, fail
        self._worker = ThreadPoolExecutor(1, "analysis")
        self._projects: OpenProjects | None = None
        self._pending: Changes | None = None
        self._versions: dict[Path, int] = {}
        self._encoding = "utf-16"
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, encoding: str) -> None:
        """Show places in the units of an encoding from now on."""
        self._encoding = encoding

    # -- what changes

    def edit(self, path: Path, text: str, version: int) -> None:
        """A file has another text in the editor."""
        self._changes.buffers[path] = encoded(text)
        self._versions[path] = version
        self._soon()

    def close(self, path: Path) -> None:
        """A file is closed in the editor."""
        self._changes.buffers[path] = None
        self._versions.pop(path, None)
        self._soon()

    def look_at_disk(self) -> None:
        """Something may have changed on disk."""
        self._changes.disk = True
        self._soon()

    def have(self, folders: tuple[Path, ...]) -> None:
        """These are the folders that the editor shows."""
        self._changes.folders = folders
        self._soon()

    @property
    def _changes(self) -> Changes:
        self._pending = self._pending or Changes()
        return self._pending

    # -- what follows

    async def settle(self) -> None:
        """Wait until all that has changed is analysed and published, or has failed. The waiting may be cancelled."""
        self._start()
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    async def ask(self, path: Path, question: Callable[[Shown, str], Result]) -> Result | None:
        """The answer to a question about a file; None where the file is in no project.

        It is asked in the thread of the analysis, with a report of which fixes may be asked.
        """
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._ask, path, question)

    def _ask(self, path: Path, question: Callable[[Shown, str], Result]) -> Result | None:
        from qscache_lint.language_server.diagnostics import Shown

        report = None if self._projects is None else self._projects.report_on(path, for_fixes=True)
        if report is None:
            return None
        return question(Shown(report, self._encoding), path.relative_to(report.root).as_posix())

    def _soon(self) -> None:
        """Begin after a pause, which each further change prolongs."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(PAUSE, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._pending and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._update())
            self._task.add_done_callback(self._done)

    async def _update(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending:
            changes, self._pending, versions = self._pending, None, dict(self._versions)
            self._publish(await loop.run_in_executor(self._worker, self._follow, changes, versions))
        self._worker.submit(self._prepare)

    def _done(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    # -- in the thread of the analysis

    def _follow(self, changes: Changes, versions: Mapping[Path, int]) -> Update:
        from qscache_lint.language_server.diagnostics import Shown

        self._projects = self._projects or self._open_projects()
        self._projects.apply(changes)
        found: dict[Path, list[types.Diagnostic]] = {}
        for report in self._projects.reports():
            found.update(Shown(report, self._encoding).diagnostics())
        followed = tuple(path for path, source in changes.buffers.items() if source is not None)
        return Update(found, self._projects.notes, followed, versions)

    def _prepare(self) -> None:
        if self._projects is not None:
            self._projects.prepare()
