"""Manifests: what files looked like, by what the file system says of them, and where that differs by their content.

A file that was written less than two seconds before it was looked at may have been written again since without any
difference that the file system shows. Its state is not kept, so that the next run looks at its content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from qscache_lint import limits

State: TypeAlias = tuple[int, int, int, int]
"""Size, modification, change of the inode (in nanoseconds), and the inode's number."""

_UNKNOWN: State = (-1, -1, -1, -1)
_ABSENT: State = (-2, -2, -2, -2)
UNREADABLE = b"unreadable"
"""The digest of a file that cannot be read."""


class Manifest(msgspec.Struct, frozen=True, array_like=True):
    """Files at one moment: three columns of the same length. One that was only looked at has no digests."""

    paths: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    digests: tuple[bytes, ...] = ()

    def changed(self, now: Manifest, digest_now: Callable[[str], bytes]) -> Iterator[str]:
        """Those of the same files that have another content now. `now` needs no digests."""
        if now.states == self.states and _UNKNOWN not in now.states:
            return
        for path, before, state, known in zip(self.paths, self.states, now.states, self.digests, strict=True):
            if (before != state or state == _UNKNOWN) and digest_now(path) != known:
                yield path


def look_at(root: Path, paths: Sequence[str], overlay: Container[str] = ()) -> Manifest:
    """What the file system says of files, and nothing of their content; of overlaid files it says nothing."""
    base = f"{root}{os.sep}"
    return Manifest(tuple(paths), tuple([_UNKNOWN if path in overlay else _state(base + path) for path in paths]))


def _state(path: str) -> State:
    try:
        found = os.stat(path)  # noqa: PTH116 (a Path for each of many files takes as long as the call itself)
    except OSError:
        return _ABSENT
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def settled(manifest: Manifest, now: int) -> Manifest:
    """A manifest without the states that say nothing: those too young, and those of files that could not be read.

    Whether a file can be read depends on the user, which changes nothing about the file.
    """
    limit = now - limits.SETTLED_NANOSECONDS
    states = zip(manifest.states, manifest.digests, strict=True)
    return msgspec.structs.replace(
        manifest,
        states=tuple(
            [_UNKNOWN if digest == UNREADABLE or max(state[1], state[2]) > limit else state for state, digest in states]
        ),
    )
