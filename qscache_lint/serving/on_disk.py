"""What a project has on disk at one moment, by which a later look tells what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time_ns

from qscache_lint import limits
from qscache_lint.component.run import django_of
from qscache_lint.disk_cache.manifest import State, look_at
from qscache_lint.listing import files_of
from qscache_lint.run_result import DjangoVersion
from qscache_lint.settings import Settings
from qscache_lint.source.files import read_regular


@dataclass(frozen=True)
class OnDisk:
    """The Python files of a project, each with what the file system said of it, and the Django that is pinned.

    None stands for a file that is too young for that to tell anything: it may be written again without a difference.
    """

    root: Path
    states: Mapping[str, State | None]
    django: DjangoVersion
    notes: tuple[str, ...] = ()
    """The directories that cannot be listed, in words."""

    @classmethod
    def look(cls, root: Path, settings: Settings) -> OnDisk:
        """Look at the disk. Raises UsageError where no project is, see `source.discover.project_files`."""
        unlisted: list[OSError] = []
        young = time_ns() - limits.SETTLED_NANOSECONDS
        manifest = look_at(root, files_of(root, settings, unlisted.append))
        states = {
            path: None if max(state[1], state[2]) > young else state
            for path, state in zip(manifest.paths, manifest.states, strict=True)
        }
        notes = tuple(f"{each.filename}: not analysed: cannot be listed: {each.strerror}" for each in unlisted)
        return cls(root, states, django_of(root, settings), notes)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self.states)

    def differing(self, before: OnDisk) -> Iterator[str]:
        """The files that may have other bytes than at an earlier look, are new, or have gone."""
        for path in {**self.states, **before.states}:
            state = self.states.get(path)
            if state is None or state != before.states.get(path):
                yield path

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None of one that is not there. Raises OSError when it cannot be read."""
        return read_regular(f"{self.root}/{path}") if path in self.states else None
