"""The projects of some folders, open for many questions: what editors have in unsaved buffers, and what is on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from qscache_lint.api import Means, Options, ProjectReport
from qscache_lint.errors import UsageError
from qscache_lint.serving.changes import Changes
from qscache_lint.serving.living import LivingProject
from qscache_lint.source.discover import checkout_of, has_table


class OpenProjects:
    """Answers about all projects of the folders. Nothing outside of these is read. Not for several threads at once."""

    def __init__(self, options: Options | None = None, means: Means | None = None) -> None:
        self._options = options or Options()
        self._means = means or Means()
        self._folders: tuple[Path, ...] = ()
        self._buffers: dict[Path, bytes] = {}
        self._open: dict[Path, LivingProject] = {}
        self.problems: dict[Path, str] = {}
        """What keeps a folder from being checked."""

    def apply(self, changes: Changes) -> None:
        """Have the projects follow some changes."""
        closed = [path for path, source in changes.buffers.items() if source is None and path in self._buffers]
        fresh = {path: source for path, source in changes.buffers.items() if source is not None}
        for path in closed:
            del self._buffers[path]
        self._buffers.update(fresh)
        if changes.folders is not None:
            self._folders = tuple(sorted(set(changes.folders)))
        known = tuple(self._open.items())
        self._open_folders(again=changes.disk)
        for folder, project in known:
            if folder in self._open:
                with self._whole(folder):
                    self._follow(project, fresh, closed, disk=changes.disk)

    def reports(self, *, for_fixes: bool = False) -> Iterator[ProjectReport]:
        """The report of each project that can be checked."""
        for folder, project in tuple(self._open.items()):
            with self._whole(folder):
                report = project.report(for_fixes=for_fixes)
            yield report

    def report_on(self, path: Path, *, for_fixes: bool = False) -> ProjectReport | None:
        """The report of the project that a file is in, if it is in one."""
        folder = _around(path, self._open)
        if folder is None:
            return None
        with self._whole(folder):
            return self._open[folder].report(for_fixes=for_fixes)

    def prepare(self) -> None:
        """Do now what the first edit would have to wait for."""
        for folder, project in tuple(self._open.items()):
            with self._whole(folder):
                project.prepare()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know besides the findings, one line each."""
        notes = [f"{folder}: {problem}" for folder, problem in self.problems.items()]
        for folder, project in self._open.items():
            checkout = None if has_table(folder / "pyproject.toml") else checkout_of(folder)
            if checkout not in (None, folder):
                notes.append(f"{folder}: the rest of {checkout} is not read: open that to see the uses in it")
            faults = (f"{fault.path}: {fault.what}" for fault in project.report().run.faults)
            notes += (f"{folder}: {note}" for note in (*project.notes, *faults))
        return tuple(notes)

    def _open_folders(self, *, again: bool) -> None:
        """Open the projects of new folders, and let go of those of others; `again`: those that could not be opened."""
        outermost = [each for each in self._folders if _around(each, set(self._folders) - {each}) is None]
        for folder in self._open.keys() - set(outermost):
            del self._open[folder]
        self.problems = {} if again else {each: why for each, why in self.problems.items() if each in outermost}
        for folder in outermost:
            if folder not in self._open and folder not in self.problems:
                self._open_one(folder)

    def _open_one(self, folder: Path) -> None:
        try:
            project = LivingProject(folder, self._options, self._means)
        except UsageError as error:
            self.problems[folder] = "; ".join(error.messages)
            return
        self._open[folder] = project
        with self._whole(folder):
            self._follow(project, self._buffers, (), disk=False)

    def _follow(
        self, project: LivingProject, buffers: Mapping[Path, bytes], closed: Sequence[Path], *, disk: bool
    ) -> None:
        given_back = [*_below(project.root, closed)]
        if disk or given_back:
            project.refresh(given_back)
        inside = _below(project.root, buffers)
        if inside:
            project.edit({name: buffers[path] for name, path in inside.items()})

    @contextmanager
    def _whole(self, folder: Path) -> Iterator[None]:
        """Let go of a project that an error has left half done: it is opened again when something changes."""
        is_done = False
        try:
            yield
            is_done = True
        finally:
            if not is_done:
                self._open.pop(folder, None)


def _around(path: Path, folders: Iterable[Path]) -> Path | None:
    """The one of some folders that a path is below."""
    return next((each for each in folders if path != each and path.is_relative_to(each)), None)


def _below(root: Path, paths: Iterable[Path]) -> dict[str, Path]:
    """The paths that are below a root, by their names relative to it."""
    return {path.relative_to(root).as_posix(): path for path in paths if path.is_relative_to(root)}
