"""Writing: the one place that changes files. All files of a run are replaced, or none is, whatever ends the process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qscache_lint.errors import UsageError
from qscache_lint.fixing.journal import NAME as JOURNAL
from qscache_lint.fixing.journal import Entry, Journal, digest
from qscache_lint.fixing.model import Change
from qscache_lint.fixing.places import resolved
from qscache_lint.fixing.signals import held_back
from qscache_lint.source.files import read_regular


@dataclass(frozen=True, slots=True)
class _Placed:
    """A change, and the file that it changes."""

    change: Change
    target: Path
    entry: Entry


def write_changes(root: Path, changes: Sequence[Change]) -> None:
    """Replace every changed file below `root`, keeping mode and symbolic links.

    New contents are first written beside all files; only then is each one moved into place. A journal (see there) makes
    that one step, which a later run finishes or undoes after a kill; a signal that ends the process takes effect when
    all is done or undone. Raises UsageError when a file has changed since it was read, lies outside of `root`, or
    cannot be written; in each case every file is as it was.
    """
    if not changes:
        return
    root = Path(os.path.realpath(root))
    placed = _placed(root, changes)
    _refuse_changed(placed)
    with held_back() as stop_if_asked, closing(_begin(root, placed)) as journal:
        with _or(journal, journal.clear):
            for each in placed:
                stop_if_asked()
                with _naming(each):
                    journal.prepare(each.entry, each.change.after)
            _refuse_changed(placed)
            stop_if_asked()
            with _naming(placed[-1]):
                journal.ready()
        with _or(journal, journal.undo):
            for each in placed:
                with _naming(each):
                    journal.move(each.entry)
        _finish(journal)


def _placed(root: Path, changes: Sequence[Change]) -> list[_Placed]:
    """Where each file is. Raises UsageError for one outside of the root, and for two that are the same."""
    found: dict[Path, _Placed] = {}
    for change in changes:
        target = resolved(root, change.path)
        if not target.is_relative_to(root) or target in found:
            raise UsageError(f"{change.path}: is a link to {target}; nothing was changed")
        name = os.fsencode(target.relative_to(root))
        found[target] = _Placed(change, target, Entry(name, digest(change.before), digest(change.after)))
    return list(found.values())


def _refuse_changed(placed: Sequence[_Placed]) -> None:
    for each in placed:
        try:
            is_same = read_regular(each.target) == each.change.before
        except OSError:
            is_same = False
        if not is_same:
            raise UsageError(f"{each.change.path}: changed while it was being repaired; nothing was written")


def _begin(root: Path, placed: Sequence[_Placed]) -> Journal:
    try:
        return Journal.begin(root, secrets.token_hex(4), [each.entry for each in placed])
    except OSError as error:
        raise _unwritable(str(root / JOURNAL), error) from None


@contextmanager
def _naming(each: _Placed) -> Iterator[None]:
    """What the system refuses is told of the file at hand."""
    try:
        yield
    except OSError as error:
        raise _unwritable(each.change.path, error) from None


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed")


@contextmanager
def _or(journal: Journal, go_back: Callable[[], object]) -> Iterator[None]:
    """Whatever goes wrong, every file is as it was afterwards."""
    try:
        yield
    except BaseException as cause:
        try:
            go_back()
        except OSError as error:
            raise UsageError(
                f"{cause}; {journal.path}: cannot be undone: {error.strerror or error}; run fix again to undo it"
            ) from None
        raise


def _finish(journal: Journal) -> None:
    try:
        journal.clear()
    except OSError as error:
        raise UsageError(
            f"{journal.path}: all files are written, but temporary files cannot be removed: "
            f"{error.strerror or error}; run fix again to remove them"
        ) from None
