"""A tree that knows what it has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qscache_lint.meter import Meter
from qscache_lint.source.surroundings import Surroundings
from qscache_lint.source.tree import SourceTree
from qscache_lint.store.entries import digest


class WatchedTree(SourceTree):
    """The files of a project, and what stands for the content that each had when it was first read."""

    def __init__(
        self,
        root: Path,
        files: tuple[str, ...],
        overlay: Mapping[str, bytes] | None = None,
        meter: Meter | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        super().__init__(root, files, overlay, surroundings)
        self._meter = meter or Meter()
        self._digests: dict[str, bytes] = {}

    @classmethod
    def like(cls, tree: SourceTree, meter: Meter) -> WatchedTree:
        """The same tree, of which nothing has been read."""
        return cls(tree.root, tree.files, tree.overlay, meter, tree.surroundings)

    def part(self, files: Sequence[str], left_out: Sequence[str]) -> WatchedTree:
        """Some of the files, as a tree; what is known of contents is known there, too.

        `left_out` has patterns (see `discover`) of what does not stand around them.
        """
        inside = {path: self.overlay[path] for path in self.overlay.keys() & set(files)}
        part = WatchedTree(self.root, tuple(files), inside, self._meter, Surroundings(self.root, left_out))
        part._digests = self._digests
        return part

    def read(self, path: str) -> bytes:
        source = super().read(path)
        if path not in self._digests:
            self._meter.count("read")
            self._digests[path] = digest(source)
        return source

    def digest(self, path: str) -> bytes:
        """What stands for the content of a file; the same for all that cannot be read."""
        if path not in self._digests:
            try:
                self.read(path)
            except OSError:
                self._digests[path] = b"unreadable"
        return self._digests[path]
