"""A lock between processes. The system drops it when its holder dies; where there is no such lock, none waits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qscache_lint.source.files import NO_LINK, open_regular


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process is inside for this path."""
    try:
        import fcntl

        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(open_regular(path, os.O_WRONLY | os.O_CREAT | NO_LINK), "wb")
    except (ImportError, OSError):
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
