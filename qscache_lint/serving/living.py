"""A project that stays open in a process that lives, such as an editor's: after edits, findings without a new run."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from pathlib import Path

from qscache_lint.api import Means, Options, ProjectReport, chosen
from qscache_lint.api.hiding import baseline_of, without_known
from qscache_lint.component.run import ComponentRun
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.errors import UsageError
from qscache_lint.facts.reading import DirectReader
from qscache_lint.listing import leaves_out
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.components import PartitionReadSet, part
from qscache_lint.project.project_roots import project_roots_of
from qscache_lint.project.workspace import Workspace
from qscache_lint.run import ComponentResult, Run, components_of
from qscache_lint.serving.on_disk import OnDisk
from qscache_lint.settings import Settings
from qscache_lint.source.discover import is_python
from qscache_lint.source.text import without_source_warnings
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Finding


class LivingProject:
    """The findings of one project, as its files are edited in memory, and change on disk.

    Files are named by their paths relative to the root. Not for use by several threads at once.
    """

    def __init__(self, root: Path, options: Options | None = None, means: Means | None = None) -> None:
        """Look at the project at `root`, which is analysed when it is asked for. Raises UsageError, see `reload`."""
        self.root = root
        self._options = options or Options()
        self._means = means or Means()
        self._edited: dict[str, bytes | None] = {}
        self.problem = ""
        """Why the settings on disk are not those that are used; empty while they are."""
        self.reload()

    def reload(self) -> None:
        """Begin anew with the settings and with what is on disk. Files that have been edited keep their contents.

        Raises UsageError when the settings are wrong.
        """
        self._begin(self._options.settings_for(self.root))

    def _begin(self, settings: Settings) -> None:
        self._baseline = baseline_of(self.root, settings)
        self._settings = settings
        self._on_disk = OnDisk.look(self.root, settings)
        self._tree = self._tree_on(self._on_disk)
        self._project_roots = project_roots_of(self.root, self._tree.files)
        self._partition: PartitionReadSet | None = None
        tree = HashedTree.like(self._tree, self._means.statistics)
        cache = self._means.disk_cache_for(self.root, settings)
        parts = components_of(tree, cache, self._means.statistics)
        self._components = [_Component(part, settings, self._means, kept_in) for part, kept_in in parts]

    def _tree_on(self, on_disk: OnDisk) -> SourceTree:
        """The files that are on disk, with those that are edited as they are in memory."""
        edited = {path: source for path, source in self._edited.items() if self._takes(path, source, on_disk)}
        return SourceTree(self.root, on_disk.files).with_files(edited)

    def _takes(self, path: str, source: bytes | None, on_disk: OnDisk) -> bool:
        """Whether an edited file is one of the project: it is on disk as such, or may come to be it, or goes."""
        if source is None or path in on_disk.states:
            return True
        is_absent = not (self.root / path).exists()
        return is_absent and is_python(path) and not leaves_out(self.root, path, self._settings)

    @property
    def findings(self) -> list[Finding]:
        """What the settings show of all files, in the order of reports."""
        return list(self.report().findings)

    def report(self, *, for_fixes: bool = False) -> ProjectReport:
        """The report of the project as it is now; one of which fixes will be asked has to be made for these."""
        run = Run(tuple(component.part(exact=for_fixes) for component in self._components))
        findings = chosen(run.result.found, self._settings)
        tree = self._tree
        report = ProjectReport(self.root, self._settings, tree, tuple(findings), run, len(tree.files))
        return report if self._baseline is None else without_known(report, self._baseline)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know besides the findings."""
        run = self.report().run
        misspelt = self._options.misspelt_table(self.root)
        notes = (self.problem, misspelt, run.limits_note, *run.engine_notes, *self._on_disk.notes)
        return tuple(note for note in notes if note)

    def prepare(self) -> None:
        """Do now what the first edit would have to wait for, and keep in the cache what later processes need.

        Python's collector, where it is off, looks from now on at what comes to be: the rest will stay.
        """
        for component in self._components:
            component.open()
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    # -- what changes

    def edit(self, files: Mapping[str, bytes | None]) -> list[Finding]:
        """The findings after some files have got other bytes, are new, or have gone (None), whatever is on disk.

        They are those of a new run. Requirements, templates and settings are looked at by `refresh`.
        """
        self._edited.update(files)
        self._change({path: each for path, each in files.items() if self._takes(path, each, self._on_disk)})
        return self.findings

    def refresh(self, given_back: Iterable[str] = ()) -> None:
        """Look at the disk again. Of edited files, those that are `given_back` are again what is on disk."""
        for path in given_back:
            self._edited.pop(path, None)
        settings = self._settings_now()
        now = OnDisk.look(self.root, settings)
        is_another = settings != self._settings or now.django != self._on_disk.django
        if is_another or not self._is_open:
            self._begin(settings)
            return
        differing = sorted({*now.differing(self._on_disk), *given_back})
        self._on_disk = now
        try:
            changes = {path: self._content(path) for path in differing}
        except OSError:
            self._begin(settings)
            return
        for component in self._components:
            component.look_again()
        self._change(changes)

    def _content(self, path: str) -> bytes | None:
        """The bytes that a file ought to have; None where it is none of the project. Raises OSError."""
        edited = self._edited.get(path, b"")
        if path not in self._edited:
            return self._on_disk.read(path)
        return edited if self._takes(path, edited, self._on_disk) else None

    def _settings_now(self) -> Settings:
        """The settings on disk, or while they are wrong those of before."""
        try:
            settings = self._options.settings_for(self.root)
        except UsageError as error:
            self.problem = "; ".join(error.messages)
            return self._settings
        self.problem = ""
        return settings

    def _change(self, files: Mapping[str, bytes | None]) -> None:
        """Have the analysis follow what has changed, which may be nothing."""
        changes = {path: source for path, source in files.items() if not self._has(path, source)}
        self._pin({path: source for path, source in files.items() if path in self._edited and path not in changes})
        if not changes:
            return
        if not self._stays_parted(changes) or any(each.hides(changes) for each in self._components):
            self._begin(self._settings)
            return
        self._tree = self._tree.with_files(changes)
        for component in self._components:
            inside = {path: source for path, source in changes.items() if component in self._having(path)}
            if inside:
                component.edit(inside)

    def _has(self, path: str, source: bytes | None) -> bool:
        """Whether a file is known to have these bytes, or not to be there (None)."""
        return any(each.tree.has(path, source) for each in self._having(path))

    def _pin(self, files: Mapping[str, bytes | None]) -> None:
        """Have files that are edited to the bytes on disk keep these, whatever becomes of them there."""
        for path, source in files.items():
            if source is not None:
                self._tree.edit({path: source})
                for component in self._having(path):
                    component.pin(path, source)

    def _having(self, path: str) -> list[_Component]:
        """The component that a file is in, or would be."""
        one = len(self._components) == 1
        return self._components if one else [each for each in self._components if path in each.tree]

    def _stays_parted(self, changes: Mapping[str, bytes | None]) -> bool:
        """Whether the same project roots belong together after a change."""
        if project_roots_of(self.root, self._tree.with_files(changes).files) != self._project_roots:
            return False
        if len(self._project_roots) == 1:
            return True
        fresh = {path: source for path, source in changes.items() if source is not None and path in self._tree}
        if len(fresh) < len(changes):
            return False
        if self._partition is None:
            self._partition, _ = part(self._tree, self._project_roots)
        return self._partition.holds(fresh, fresh.__getitem__)

    @property
    def _is_open(self) -> bool:
        return all(component.is_open for component in self._components)


class _Component:
    """A component, and what was found in it as it is now. Until something changes it is as a run of the command."""

    def __init__(self, tree: HashedTree, settings: Settings, means: Means, cache: DiskCache | None) -> None:
        self._settings = settings
        reader = means.reader or DirectReader(means.statistics)
        self._run = ComponentRun(tree, settings, reader, means.statistics, cache)
        self._cache = cache
        self._workspace: Workspace | None = None
        self._analysis: Analysis | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is analysed in memory."""
        return self._workspace is not None

    @property
    def tree(self) -> SourceTree:
        """The files as they are in the analysis."""
        return self._run.tree if self._workspace is None else self._workspace.analysis.evaluator.project.tree

    def hides(self, paths: Iterable[str]) -> bool:
        """Whether one of some files is there and cannot be read: what that does to the findings is not told apart."""
        return not self.open().analysis.evaluator.project.hidden.isdisjoint(paths)

    def part(self, *, exact: bool) -> ComponentResult:
        """What was found by all rules; when it is `exact`, fixes can be planned, each when it is asked for."""
        if exact:
            self._renew(self.open().make_exact())
        return ComponentResult(self._run.result(with_fixes=False), self._run)

    def open(self) -> Workspace:
        """Analyse it in memory, and keep what was found for later processes."""
        if self._workspace is None:
            self._workspace = self._run.workspace()
            self._run.result(with_fixes=False)
            self._run.keep_answers()
            if self._cache is not None:
                self._cache.tidy()
        return self._workspace

    def edit(self, files: Mapping[str, bytes | None]) -> None:
        """Give files other bytes."""
        workspace = self.open()
        with without_source_warnings():
            self._renew(workspace.edit(files))

    def pin(self, path: str, source: bytes) -> None:
        """Have a file of the analysis keep the bytes that it has, whatever becomes of it on disk."""
        if self._workspace is not None:
            for tree in (self.tree, self._run.tree):
                tree.edit({path: source})

    def look_again(self) -> None:
        """Look again at what stands around the modules."""
        workspace = self.open()
        with without_source_warnings():
            self._renew(workspace.look_again())

    def _renew(self, analysis: Analysis) -> None:
        """Let what was found be that of another analysis."""
        if analysis is not self._analysis:
            self._analysis = analysis
            self._run = ComponentRun.of(analysis, self._settings)
