"""The entries of one project: each is a value under a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from qscache_lint.disk_cache.entries import Damaged, clock_of, digest, read_entry, write_entry
from qscache_lint.disk_cache.manifest import Manifest, settled
from qscache_lint.disk_cache.place import drop_components, drop_other_tools, drop_unused, first_link, mark, tool_digest

Value = TypeVar("Value")


class DiskCache:
    """Keeps what was found in one project below `directory`; `project` tells the projects in it apart.

    Nothing is read or written by way of a symbolic link below `above`, which is the directory around, if nothing else
    is said: the project itself may have brought it along.
    """

    def __init__(self, directory: Path, project: str = "", above: Path | None = None) -> None:
        self._top = directory
        self._above = above if above is not None and directory.is_relative_to(above) else directory.parent
        self._project = project
        self._home = directory / tool_digest() / project
        self._used: set[str] = set()
        self._written = False
        self._usable: bool | None = None
        self._ways: dict[Path, bool] = {}
        self.has_used_all = False
        """Whether the run has analysed the project from the beginning, and knows what a later one asks for."""
        self.note = ""
        """What to tell the user at the end; empty when there is nothing to tell."""

    @property
    def lock_file(self) -> Path | None:
        """Where processes wait that would do the same work; None when the directory is not where its path says."""
        return self._home.with_name(f"{self._home.name}.lock") if self._leads_there(self._home) else None

    @property
    def is_usable(self) -> bool:
        """Whether anything could be written so far."""
        return self._usable is not False

    def directory_for(self, tool: str) -> Path | None:
        """A directory in which another tool may keep what it likes; None when it cannot be written."""
        directory = self._top / tool / self._project
        if not self._leads_there(directory) or not mark(self._top):
            return None
        return directory

    # -- components

    def of_component(self, project_roots: Sequence[str]) -> DiskCache:
        """The cache of one component."""
        return DiskCache(self._top, f"{self._project}/{_component(project_roots)}".strip("/"), self._above)

    def drop_other_components(self, components: Iterable[Sequence[str]]) -> None:
        """Remove what is kept of components that are no more."""
        if self._leads_there(self._home):
            drop_components(self._home, set(map(_component, components)))

    # -- entries

    def read(self, key: str, kind: type[Value]) -> Value | None:
        """The value of an entry; None when there is none that can be read."""
        path = self._path(key)
        if not self._leads_there(path.parent):
            return None
        try:
            return read_entry(path, kind, self._about(path))
        except Damaged:
            self._note_damage()
            return None

    def decoded(self, encoded: msgspec.Raw, kind: type[Value]) -> Value | None:
        """A part of an entry; None when it is of another type."""
        try:
            return msgspec.msgpack.decode(encoded, type=kind)
        except (ValueError, RecursionError):
            self._note_damage()
            return None

    def write(self, key: str, value: object) -> None:
        """Keep a value."""
        path = self._path(key)
        if not self._leads_there(path.parent):
            return
        if self._usable is None:
            self._usable = mark(self._top)
        if self._usable:
            self._usable = write_entry(path, value, self._about(path))
            self._written = True

    def settled(self, manifest: Manifest) -> Manifest:
        """A manifest that can be kept: without what is too young to say anything."""
        now = clock_of(self._home) if manifest.paths and self._leads_there(self._home) else None
        return manifest if now is None else settled(manifest, now)

    def _path(self, key: str) -> Path:
        path = self._home / key
        self._used.add(path.name)
        return path

    def _about(self, path: Path) -> str:
        """What an entry is about: tool, project, kind, and the content or settings, as its path has them."""
        return path.relative_to(self._top).as_posix()

    def _note_damage(self) -> None:
        self.note = self.note or f"the cache in {self._top} was damaged; it is made anew"

    def _leads_there(self, directory: Path) -> bool:
        """Whether a directory of the cache is where its path says. Once it is not, nothing is kept any more."""
        if directory not in self._ways:
            reason = self._barred(directory)
            self._ways[directory] = not reason
            if reason:
                self.note = f"the cache in {self._top} is not used: {reason}"
        return self._ways[directory]

    def _barred(self, directory: Path) -> str:
        """Why a directory of the cache is not where its path says; "" when it is, or is to be made."""
        try:
            link = first_link(directory, self._above)
        except OSError as error:
            return f"{error.filename}: {error.strerror}"
        return "" if link is None else f"{link} is a symbolic link"

    def tidy(self) -> None:
        """Remove what no later run will need."""
        if not self._written or not self.has_used_all or not self._leads_there(self._home):
            return
        now = clock_of(self._home)
        if now is not None:
            drop_unused(self._home, self._used, now)
            drop_other_tools(self._top, tool_digest())


def _component(project_roots: Sequence[str]) -> str:
    return f"component-{digest(chr(0).join(project_roots).encode(errors='surrogateescape')).hex()[:24]}"
