"""The files of one project, as bytes. A file may be overlaid by text that is not on disk yet (stdin, a planned fix)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from qscache_lint import limits
from qscache_lint.source.files import hides_content, read_regular
from qscache_lint.source.related_files import RelatedFiles


def read_mentions(path: Path, at_most: int = sys.maxsize) -> bytes | None:
    """The bytes of a file that may mention a name; None of one that cannot be read, and so may mention any.

    There are no bytes in one that is longer, nor where no file is, as behind a link that leads nowhere.
    """
    try:
        return b"" if path.stat().st_size > at_most else read_regular(path)
    except OSError as error:
        return None if hides_content(error) else b""


class SourceTree:
    """Reads files by their path relative to `root`; what `overlay` names is taken from there.

    A file that has been read is not looked at again as long as there is room for it. Its `related_files` are all that
    stands below the root, if nothing else is said.
    """

    def __init__(
        self,
        root: Path,
        files: tuple[str, ...],
        overlay: Mapping[str, bytes] | None = None,
        related_files: RelatedFiles | None = None,
    ) -> None:
        self.root = root
        self.overlay = dict(overlay or {})
        self.related_files = related_files or RelatedFiles(root)
        self._kept = dict(self.overlay)
        self._room = limits.SOURCE_IN_MEMORY
        self.files = tuple(sorted({*files, *self.overlay}))
        self._known = frozenset(self.files)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError when it cannot be read."""
        known = self._kept.get(path)
        if known is not None:
            return known
        source = read_regular(f"{self.root}/{path}")
        if len(source) <= self._room:
            self._room -= len(source)
            self._kept[path] = source
        return source

    def has(self, path: str, source: bytes | None) -> bool:
        """Whether a file is known to have these bytes, or not to be there (None). What is not kept is not known."""
        return path not in self if source is None else self._kept.get(path) == source

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
        return SourceTree(self.root, self.files, {**self.overlay, **overlay}, self.related_files)

    def with_files(self, files: Mapping[str, bytes | None]) -> SourceTree:
        """The same tree with other contents for some files, and without those that are None."""
        overlay = {**self.overlay, **files}
        staying = tuple(path for path in self.files if overlay.get(path, b"") is not None)
        contents = {path: source for path, source in overlay.items() if source is not None}
        return SourceTree(self.root, staying, contents, self.related_files)

    def edit(self, files: Mapping[str, bytes]) -> None:
        """Have some files be these bytes from now on, whatever is on disk."""
        self.overlay.update(files)
        self._kept.update(files)

    def forget(self) -> None:
        """Let go of the bytes that are kept."""
        self._kept = dict(self.overlay)
        self._room = limits.SOURCE_IN_MEMORY
