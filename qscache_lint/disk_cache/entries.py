"""One entry is one file: a checksum, then the value as MessagePack. Files are replaced as a whole or not at all.

The checksum is that of the entry's key and its value: what was written for one key is damaged as the entry of another.
"""

from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from qscache_lint import limits
from qscache_lint.source.files import NO_LINK, READING, read_regular

Value = TypeVar("Value")

_MAGIC = b"qscache2"
_IS_NO_FILE = frozenset({errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.EMLINK, errno.EFBIG})
"""What the system says, or we do, where a pipe, a device, a directory or a link stands for a file, or one too large."""

_ENCODER = msgspec.msgpack.Encoder()


class Damaged(Exception):
    """An entry is not what was written."""


def digest(content: bytes) -> bytes:
    """What stands for some content."""
    return sha256(content).digest()


def read_entry(path: Path, kind: type[Value], key: str) -> Value | None:
    """The value of the entry for a key; None when there is none that can be read. Raises Damaged."""
    try:
        content = read_regular(path, READING | NO_LINK, limits.ENTRY_BYTES)
    except OSError as error:
        if error.errno in _IS_NO_FILE:
            raise Damaged(path) from None
        return None
    checksum, payload = content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
    if not content.startswith(_MAGIC) or _checksum(key, payload) != checksum:
        raise Damaged(path)
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except (ValueError, RecursionError):
        raise Damaged(path) from None


def write_entry(path: Path, value: object, key: str) -> bool:
    """Keep a value for a key. Says whether that was possible.

    A process that reads meanwhile sees the old entry or the new one. A value without a form (a name that is no text, a
    number beyond 64 bits) is left out.
    """
    try:
        payload = _ENCODER.encode(value)
    except (UnicodeEncodeError, OverflowError):
        return True
    return replace_file(path, _MAGIC + _checksum(key, payload) + payload)


def _checksum(key: str, payload: bytes) -> bytes:
    return digest(os.fsencode(key) + b"\0" + payload)


def replace_file(path: Path, content: bytes) -> bool:
    """Write a file by way of a temporary one beside it. Says whether that was possible."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        _remove(Path(temporary))
        return False
    return True


_TEMPORARY = ".new-"


def clock_of(directory: Path) -> int | None:
    """The time by the file system's own clock, in nanoseconds; None when nothing can be written there."""
    import tempfile

    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None


def is_temporary(path: Path) -> bool:
    """Whether a file is one that was to replace another; its writer may have been killed."""
    return path.name.startswith(_TEMPORARY)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        return
