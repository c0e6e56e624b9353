"""A tree that knows what it has read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.manifest import UNREADABLE, Manifest, State, look_at
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.related_files import RelatedFiles
from qscache_lint.source.tree import SourceTree


class HashedTree(SourceTree):
    """The files of a project, and what stands for the content that each had when it was first read."""

    def __init__(
        self,
        root: Path,
        files: tuple[str, ...],
        overlay: Mapping[str, bytes] | None = None,
        statistics: RunStatistics | None = None,
        related_files: RelatedFiles | None = None,
    ) -> None:
        super().__init__(root, files, overlay, related_files)
        self._statistics = statistics or RunStatistics()
        self._digests: dict[str, bytes] = {}
        self._counted: set[str] = set()
        self._states: dict[str, State] = {}

    @classmethod
    def like(cls, tree: SourceTree, statistics: RunStatistics) -> HashedTree:
        """The same tree, of which nothing has been read."""
        return cls(tree.root, tree.files, tree.overlay, statistics, tree.related_files)

    def part(self, files: Sequence[str], without: Collection[str]) -> HashedTree:
        """Some of the files, as a tree without some directories; what is known of files here is known there, too."""
        inside = {path: self.overlay[path] for path in self.overlay.keys() & set(files)}
        part = HashedTree(self.root, tuple(files), inside, self._statistics, RelatedFiles(self.root, without))
        part._digests, part._counted, part._states = self._digests, self._counted, self._states
        return part

    def read(self, path: str) -> bytes:
        source = super().read(path)
        if path not in self._counted:
            self._counted.add(path)
            self._statistics.count("read")
            self._digests.setdefault(path, digest(source))
        return source

    def edit(self, files: Mapping[str, bytes]) -> None:
        super().edit(files)
        self._digests.update((path, digest(source)) for path, source in files.items())

    def look(self, paths: Sequence[str]) -> Manifest:
        """What the file system said of files below the root when they were first looked at."""
        unknown = [path for path in paths if path not in self._states]
        self._states.update(zip(unknown, look_at(self.root, unknown, self.overlay).states, strict=True))
        return Manifest(tuple(paths), tuple([self._states[path] for path in paths]))

    def digest(self, path: str) -> bytes:
        """What stands for the content of a file; the same for all that cannot be read."""
        if path not in self._digests:
            try:
                self.read(path)
            except OSError:
                self._digests[path] = UNREADABLE
        return self._digests[path]

    def learn(self, digests: Iterable[tuple[str, bytes]]) -> None:
        """Take over what stands for the content of files that have not been read."""
        for path, known in digests:
            self._digests.setdefault(path, known)


@dataclass(frozen=True)
class TreeInputs:
    """Some files of a tree, and others below its root, as what a value follows from (see `kept.Inputs`)."""

    tree: HashedTree
    paths: tuple[str, ...]

    def look(self) -> Manifest:
        return self.tree.look(self.paths)

    def read(self, path: str) -> bytes:
        return self.tree.read(path)

    def digest(self, path: str) -> bytes:
        return self.tree.digest(path)

    def learn(self, manifest: Manifest) -> None:
        self.tree.learn(zip(manifest.paths, manifest.digests, strict=True))

    @property
    def is_on_disk(self) -> bool:
        return not self.tree.overlay and look_at(self.tree.root, self.paths) == self.look()
