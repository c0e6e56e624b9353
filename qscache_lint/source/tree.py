"""The files of one project, as bytes. A file may be overlaid by text that is not on disk yet (stdin, a planned fix)."""

from __future__ import annotations

import errno
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path


def read_regular(path: Path) -> bytes:
    """The bytes of a regular file. Raises OSError for anything else: a named pipe would wait for ever."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.read_bytes()


class SourceTree:
    """Reads files by their path relative to `root`; what `overlay` names is taken from there."""

    def __init__(self, root: Path, files: tuple[str, ...], overlay: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        self.overlay = dict(overlay or {})
        self.files = tuple(sorted({*files, *self.overlay}))
        self._known = frozenset(self.files)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError when it cannot be read."""
        overlaid = self.overlay.get(path)
        if overlaid is not None:
            return overlaid
        return read_regular(self.root / path)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    @cached_property
    def _directories(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self.files:
            parent = path.rpartition("/")[0]
            while parent and parent not in found:
                found.add(parent)
                parent = parent.rpartition("/")[0]
        return frozenset(found)

    def has_directory(self, path: str) -> bool:
        """Whether files of the project stand below `path`; "" is the root."""
        return path == "" or path in self._directories

    def with_overlay(self, overlay: Mapping[str, bytes]) -> SourceTree:
        """The same tree with other contents for some files."""
        return SourceTree(self.root, self.files, {**self.overlay, **overlay})
