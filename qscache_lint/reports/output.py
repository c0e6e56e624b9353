"""The file that a report goes into."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qscache_lint.errors import UsageError
from qscache_lint.source.files import read_regular

_WITHOUT_WAITING = (
    os.O_WRONLY
    | os.O_CREAT
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


@dataclass(frozen=True)
class OutputFile:
    """A file that is open for a report: a plain one, a terminal or its like, or a pipe with a reader.

    A plain one is written beside its place, `target`, and takes it when it is whole.
    """

    path: Path
    descriptor: int
    target: Path | None = None
    fresh: Path | None = None

    @staticmethod
    @contextmanager
    def open(path: Path, kind: str, is_one: Callable[[bytes], bool]) -> Iterator[OutputFile]:
        """Open a file, whose content stays until it is written. Raises UsageError when that is not possible.

        One that is there is only written over if it is one of this `kind`, as its content tells.
        """
        try:
            is_plain = _is_plain(path)
            if is_plain and path.exists() and not is_one(read_regular(path)):
                raise UsageError(f"{path}: not overwritten: it exists and is not {kind}")
            output = _beside(path) if is_plain else OutputFile(path, _open(path))
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            yield output
        finally:
            os.close(output.descriptor)
            if output.fresh is not None:
                output.fresh.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        """Make the file hold `content`. Raises UsageError when that is not possible."""
        try:
            while content:
                content = content[os.write(self.descriptor, content) :]
            if self.fresh is not None and self.target is not None:
                self.fresh.replace(self.target)
        except BrokenPipeError:
            raise  # the reader has closed the pipe
        except OSError as error:
            raise _unwritable(self.path, error) from None


def _is_plain(path: Path) -> bool:
    """Whether a path leads to a regular file, or to none yet. Raises OSError where that cannot be told."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


def _beside(path: Path) -> OutputFile:
    """A new file beside the one that a path leads to, with the permissions of that. Raises OSError."""
    target = Path(os.path.realpath(path))
    is_there = target.exists()
    if is_there and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    fresh = target.with_name(f".{target.name[:_NAME]}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, _WITHOUT_WAITING | os.O_EXCL, 0o666)
    if is_there:
        fresh.chmod(stat.S_IMODE(target.stat().st_mode))
    return OutputFile(path, descriptor, target, fresh)


_NAME = 60
"""Characters of a name that the one beside it begins with: names have a limit."""


def _open(path: Path) -> int:
    """Open what is no plain file for writing, without waiting for a reader. Raises OSError for a disk and its like."""
    if path.exists() and stat.S_ISBLK(path.stat().st_mode):
        raise OSError("a block device")
    descriptor = os.open(path, _WITHOUT_WAITING, 0o666)
    if hasattr(os, "set_blocking"):
        os.set_blocking(descriptor, True)
    return descriptor


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written: {error.strerror or error}")
