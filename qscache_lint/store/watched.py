"""A tree that knows what it has read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qscache_lint.meter import Meter
from qscache_lint.source.tree import SourceTree
from qscache_lint.store.entries import digest


class WatchedTree(SourceTree):
    """The files of a project, and what stands for the content that each had when it was first read."""

    def __init__(
        self, root: Path, files: tuple[str, ...], overlay: Mapping[str, bytes] | None = None, meter: Meter | None = None
    ) -> None:
        super().__init__(root, files, overlay)
        self._meter = meter or Meter()
        self._digests: dict[str, bytes] = {}

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
