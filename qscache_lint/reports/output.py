"""The file that a report goes into."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qscache_lint.errors import UsageError

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
    """A file that is open for a report: a plain one, a terminal or its like, or a pipe with a reader."""

    path: Path
    descriptor: int

    @staticmethod
    @contextmanager
    def open(path: Path) -> Iterator[OutputFile]:
        """Open a file, whose content stays until it is written. Raises UsageError when that is not possible."""
        try:
            descriptor = _open(path)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            yield OutputFile(path, descriptor)
        finally:
            os.close(descriptor)

    def write(self, content: bytes) -> None:
        """Make the file hold `content`. Raises UsageError when that is not possible."""
        try:
            if stat.S_ISREG(os.fstat(self.descriptor).st_mode):
                os.ftruncate(self.descriptor, 0)
            while content:
                content = content[os.write(self.descriptor, content) :]
        except BrokenPipeError:
            raise  # the reader has closed the pipe
        except OSError as error:
            raise _unwritable(self.path, error) from None


def _open(path: Path) -> int:
    """Open a file for writing, without waiting for a reader. Raises OSError for a disk and its like."""
    if path.exists() and stat.S_ISBLK(path.stat().st_mode):
        raise OSError("a block device")
    descriptor = os.open(path, _WITHOUT_WAITING, 0o666)
    if hasattr(os, "set_blocking"):
        os.set_blocking(descriptor, True)
    return descriptor


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written: {error.strerror or error}")
