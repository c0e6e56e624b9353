"""Whether files are still as they were: by what the file system says of them, and where that differs by their content.

A file that was written less than two seconds before it was looked at may have been written again since without any
difference that the file system shows. Nothing is kept of its state, so that the next run looks at its content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

State: TypeAlias = tuple[int, int, int, int]
"""Size, modification, change of the inode (in nanoseconds), and the inode's number."""

_UNKNOWN: State = (-1, -1, -1, -1)
_ABSENT: State = (-2, -2, -2, -2)
UNREADABLE = b"unreadable"
"""The digest of a file that cannot be read."""
_SETTLED = 2_000_000_000


class Signature(msgspec.Struct, frozen=True, array_like=True):
    """The files of a project at one moment: three columns of the same length."""

    paths: tuple[str, ...]
    states: tuple[State, ...]
    digests: tuple[bytes, ...]


    def is_of(self, now: Signature, digest_now: Callable[[str], bytes]) -> bool:
        """Whether the files are still these, each with the same content. `now` needs no digests."""
        return now.paths == self.paths and next(self.changed(now, digest_now), None) is None

    def changed(self, now: Signature, digest_now: Callable[[str], bytes]) -> Iterator[str]:
        """Those of the same files that have another content now. `now` needs no digests."""
        if now.states == self.states and _UNKNOWN not in now.states:
            return
        for path, before, state, known in zip(self.paths, self.states, now.states, self.digests, strict=True):
            if (before != state or state == _UNKNOWN) and digest_now(path) != known:
                yield path

    def seen_as(self, now: Signature) -> Signature:
        """The same contents, which look otherwise to the file system now."""
        return Signature(self.paths, now.states, self.digests)


def look_at(root: Path, paths: Sequence[str], overlay: Container[str] = ()) -> Signature:
    """What the file system says of files, and nothing of their content; of overlaid files it knows nothing."""
    base = f"{root}{os.sep}"
    states = [_UNKNOWN if path in overlay else _state(base + path) for path in paths]
    return Signature(tuple(paths), tuple(states), ())


def _state(path: str) -> State:
    try:
        found = os.stat(path)  # noqa: PTH116 (a Path for each of many files takes as long as the call itself)
    except OSError:
        return _ABSENT
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def settled(signature: Signature, now: int) -> Signature:
    """A signature without the states that tell nothing: those too young, and those of files that could not be read.

    Whether a file can be read depends on who asks, which changes nothing about the file.
    """
    limit = now - _SETTLED
    states = zip(signature.states, signature.digests, strict=True)
    return msgspec.structs.replace(
        signature,
        states=tuple(
            [
                _UNKNOWN if digest == UNREADABLE or max(state[1], state[2]) > limit else state
                for state, digest in states
            ]
        ),
    )
