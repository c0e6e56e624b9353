"""A tree that knows what it has read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.signature import UNREADABLE, Signature, State, look_at
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
        self._states: dict[str, State] = {}

    @classmethod
    def like(cls, tree: SourceTree, statistics: RunStatistics) -> HashedTree:
        """The same tree, of which nothing has been read."""
        return cls(tree.root, tree.files, tree.overlay, statistics, tree.related_files)

    def part(self, files: Sequence[str], without: Collection[str]) -> HashedTree:
        """Some of the files, as a tree without some directories; what is known of files here is known there, too."""
        inside = {path: self.overlay[path] for path in self.overlay.keys() & set(files)}
        part = HashedTree(self.root, tuple(files), inside, self._statistics, RelatedFiles(self.root, without))
        part._digests, part._states = self._digests, self._states
        return part

    def read(self, path: str) -> bytes:
        source = super().read(path)
        if path not in self._digests:
            self._statistics.count("read")
            self._digests[path] = digest(source)
        return source

    def look(self, paths: Sequence[str]) -> Signature:
        """What the file system said of files below the root when somebody asked first."""
        unknown = [path for path in paths if path not in self._states]
        self._states.update(zip(unknown, look_at(self.root, unknown, self.overlay).states, strict=True))
        return Signature(tuple(paths), tuple([self._states[path] for path in paths]), ())

    def digest(self, path: str) -> bytes:
        """What stands for the content of a file; the same for all that cannot be read."""
        if path not in self._digests:
            try:
                self.read(path)
            except OSError:
                self._digests[path] = UNREADABLE
        return self._digests[path]
