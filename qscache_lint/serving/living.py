"""A project that stays open in a process that lives, such as an editor's: after edits, findings without a new run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from qscache_lint.api import Options, chosen
from qscache_lint.component_run import ComponentRun
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.facts.reading import DirectReader
from qscache_lint.listing import files_of
from qscache_lint.project.project_roots import project_roots_of
from qscache_lint.run import components_of
from qscache_lint.run_result import ReportedFinding
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings
from qscache_lint.source.text import without_source_warnings
from qscache_lint.values import Finding


class LivingProject:
    """The findings of one project, as its files are edited in memory.

    Files are named by their paths relative to the root. Not for use by several threads at once.
    """

    def __init__(self, root: Path, options: Options | None = None) -> None:
        """Analyse the project at `root`. Raises UsageError when its settings are wrong."""
        self._root = root
        self._options = options or Options()
        self._edited: dict[str, bytes | None] = {}
        self.reload()

    def reload(self) -> None:
        """Look again at the settings and at what is on disk. Files that have been edited keep their contents."""
        self._settings = self._options.settings_for(self._root)
        on_disk = files_of(self._root, self._settings, lambda error: None)
        files = tuple(path for path in on_disk if self._edited.get(path, b"") is not None)
        overlay = {path: source for path, source in self._edited.items() if source is not None}
        tree = HashedTree(self._root, files, overlay)
        self._is_one_project = len(project_roots_of(self._root, tree.files)) == 1
        self._components = [_Component(part, self._settings) for part, _ in components_of(tree, None, RunStatistics())]

    @property
    def findings(self) -> list[Finding]:
        """What the settings show of all files, in the order of reports."""
        return chosen(chain.from_iterable(component.found() for component in self._components), self._settings)

    def edit(self, files: Mapping[str, bytes | None]) -> list[Finding]:
        """The findings after some files have got other bytes, are new, or have gone (None).

        They are those of a new run. Requirements and settings are looked at by `reload`.
        """
        self._edited.update(files)
        if self._is_one_project:
            self._components[0].edit(files)
        else:
            self.reload()  # which projects belong together may be different now
        return self.findings


class _Component:
    def __init__(self, tree: HashedTree, settings: Settings) -> None:
        statistics = RunStatistics()
        self._settings = settings
        self._workspace = ComponentRun(tree, settings, DirectReader(statistics), statistics).workspace()

    def edit(self, files: Mapping[str, bytes | None]) -> None:
        with without_source_warnings():
            self._workspace.edit(files)

    def found(self) -> tuple[ReportedFinding, ...]:
        """The findings of all rules."""
        return ComponentRun.of(self._workspace.analysis, self._settings).result(with_fixes=False).found
