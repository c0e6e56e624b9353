"""Opening the files of an analysed project: plain files only, and never waiting for another process.

A named pipe has no end, a device may do something when it is opened, and a link may stand in for either.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from qscache_lint import limits

READING = os.O_RDONLY
_WITHOUT_EFFECT = (
    getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)
NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
"""Refuse a symbolic link."""


_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.ENXIO})
"""What the system says, or we do, where nothing stands, or something that is no regular file."""


def hides_content(error: OSError) -> bool:
    """Whether an error of reading a file leaves open what is in it: it may be there, and hold anything."""
    return error.errno not in _NO_FILE


def open_regular(path: Path | str, flags: int = READING) -> int:
    """Open a regular file; gives its descriptor. Raises OSError for anything else.

    What is there is asked twice: before it is opened, as opening some devices is an act, and afterwards, as it may have
    been replaced.
    """
    try:
        _refuse_others(os.stat(path).st_mode, path)  # noqa: PTH116 (takes longer on a Path than reading a file)
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
    descriptor = os.open(path, flags | _WITHOUT_EFFECT, 0o666)
    try:
        _refuse_others(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path | str, flags: int = READING, most: int = limits.FILE_BYTES) -> bytes:
    """The bytes of a regular file. Raises OSError for anything else, and for one that has more than so many."""
    with os.fdopen(open_regular(path, flags), "rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        content: bytes | None = file.read()
    if content is None:
        raise OSError(errno.EAGAIN, "reading would block", str(path))
    return content


def _refuse_others(mode: int, path: Path | str) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
