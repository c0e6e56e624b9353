"""Writing a recording."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Sized
from pathlib import Path

from qscache_lint.witness.records import Recording, encode

_BEGINNING = b'{"tool":'
"""Of every recording, as `encode` writes it."""


def written(recording: Recording, file: Path) -> str:
    """Write the recording of some tests. Returns the line that says what is in the file, or why nothing is."""
    try:
        write(recording, file)
    except OSError as error:
        return f"qscache-lint: nothing recorded: {file}: {error.strerror}"
    stores, uses = _counted(recording.stores, "store"), _counted(recording.uses, "use")
    return f"qscache-lint: {stores} of QuerySets and {uses} recorded in {file}"


def _counted(records: Sized, name: str) -> str:
    return f"{len(records)} {name}" if len(records) == 1 else f"{len(records)} {name}s"


def write(recording: Recording, file: Path) -> None:
    """Write a file so that a reader sees the old one or the new one. Raises OSError.

    Where a link stands, what it leads to is written; a device or a pipe gets the bytes, and stays. A file that is
    there is only written over if it is a recording.
    """
    content = encode(recording)
    if _is_regular(file):
        _replace(Path(os.path.realpath(file)), content)
    else:
        with file.open("wb") as stream:
            stream.write(content)


def _is_regular(file: Path) -> bool:
    """Whether a path leads to a regular file, or to none yet."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except FileNotFoundError:
        return True


def _replace(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and not _is_recording(target):
        raise FileExistsError(errno.EEXIST, "not overwritten: it exists and is no recording", str(target))
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("xb") as stream:
            stream.write(content)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _is_recording(target: Path) -> bool:
    with target.open("rb") as stream:
        return stream.read(len(_BEGINNING)) in (b"", _BEGINNING)
