"""Writing: the one place that changes files. All files of a run are replaced, or none is."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qscache_lint.errors import UsageError
from qscache_lint.fixing.model import Change


def write_changes(root: Path, changes: Sequence[Change]) -> None:
    """Replace every changed file below `root`, keeping mode and symbolic links.

    New contents are first written beside all files; only then is each one moved into place. Raises UsageError when a
    file has changed since it was read, or cannot be written; in both cases every file is as it was.
    """
    targets = [(Path(os.path.realpath(root / change.path)), change) for change in changes]
    for target, change in targets:
        if _current(target) != change.before:
            raise UsageError(f"{change.path}: changed while it was being repaired; nothing was written")
    prepared: list[tuple[Path, Path, Change]] = []
    try:
        for target, change in targets:
            prepared.append((_prepare(target, change), target, change))
        _move(prepared)
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}; nothing was changed") from None
    finally:
        for temporary, _, _ in prepared:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _current(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except OSError:
        return None


def _prepare(target: Path, change: Change) -> Path:
    """The new contents in a temporary file of the same directory, with the mode and owner of the old one."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(change.after)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(target, temporary)
        _keep_owner(target, temporary)
    except OSError:
        temporary.unlink()
        raise
    return temporary


def _keep_owner(target: Path, temporary: Path) -> None:
    status = target.stat()
    if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
        with suppress(PermissionError):
            os.chown(temporary, status.st_uid, status.st_gid)


def _move(prepared: Sequence[tuple[Path, Path, Change]]) -> None:
    """Move all into place; when one cannot be moved, put back those that were."""
    moved: list[tuple[Path, Change]] = []
    try:
        for temporary, target, change in prepared:
            temporary.replace(target)
            moved.append((target, change))
    except OSError:
        for target, change in moved:
            _prepare(target, Change(change.path, change.after, change.before)).replace(target)
        raise
