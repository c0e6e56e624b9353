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
from qscache_lint.source.files import read_regular


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
    finally:
        for temporary, _, _ in prepared:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _current(target: Path) -> bytes | None:
    try:
        return read_regular(target)
    except OSError:
        return None


def _prepare(target: Path, change: Change) -> Path:
    """The new contents in a temporary file of the same directory, with the mode and owner of the old one."""
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(change.after)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(target, temporary)
        _keep_owner(target, temporary)
    except OSError as error:
        if temporary is not None:
            temporary.unlink()
        raise _unwritable(change, error) from None
    return temporary


def _unwritable(change: Change, error: OSError) -> UsageError:
    return UsageError(f"{change.path}: cannot be written: {error.strerror or error}; nothing was changed")


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
            moved.append((target, change))
            temporary.replace(target)
    except BaseException as error:  # an interrupt too must not leave half of a repair
        for target, change in moved:
            _prepare(target, Change(change.path, change.after, change.before)).replace(target)
        if isinstance(error, OSError):
            raise _unwritable(moved[-1][1], error) from None
        raise
