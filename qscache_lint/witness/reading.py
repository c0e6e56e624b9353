"""Reading the files of the witness: what is in them is data from elsewhere, and is looked at before it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from qscache_lint.errors import UsageError
from qscache_lint.source.files import read_regular
from qscache_lint.witness.merging import NUMBERS, merged
from qscache_lint.witness.records import VERSION, RecordedPlace, RecordedStore, RecordedUse, Recording, decode

_MOST = 2**53
"""A larger number is no count: JSON's numbers are exact up to here."""


class _Head(msgspec.Struct):
    version: int


def read_recordings(paths: Sequence[Path]) -> Recording:
    """What the recordings in some files come to together. Raises UsageError when one cannot be read, or is none."""
    return merged([_read(path) for path in paths])


def _read(path: Path) -> Recording:
    try:
        content = read_regular(path)
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such recording; make one with pytest --qscache-witness FILE") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        return _decoded(content)
    except RecursionError:
        raise UsageError(f"{path}: not a recording of the witness: nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"{path}: not a recording of the witness: {error}") from None


def _decoded(content: bytes) -> Recording:
    """Raises ValueError for what is no recording that makes sense."""
    version = msgspec.json.decode(content, type=_Head).version
    if version != VERSION:
        raise ValueError(f"version {version} is not supported, only {VERSION}")
    recording = decode(content)
    wrong = next(_wrong(recording), None)
    if wrong is not None:
        raise ValueError(wrong)
    return recording


def _wrong(recording: Recording) -> Iterator[str]:
    """What cannot be in a recording, a sentence each."""
    known = {store.id for store in recording.stores}
    if len(known) < len(recording.stores):
        yield "two stores have the same id"
    missing = (use.store for use in recording.uses if use.store not in known)
    yield from (f"a use names store {each!r:.40}, which is not there" for each in missing)
    if not _is_count(recording.processes):
        yield f"processes: {recording.processes!r:.40} is no count"
    records: tuple[RecordedStore | RecordedUse, ...] = (*recording.stores, *recording.uses)
    for record in records:
        yield from _wrong_numbers(record)
        yield from (problem for place in _places(record) for problem in _wrong_place(place))
    for path, functions in (recording.executed or {}).items():
        yield from _wrong_path(path)
        yield from (f"{path}: row {each.row!r:.40}" for each in functions if not 1 <= each.row < _MOST)
    yield from (problem for path in recording.files for problem in _wrong_path(path))


def _wrong_numbers(record: RecordedStore | RecordedUse) -> Iterator[str]:
    numbers = ((name, getattr(record, name)) for name in NUMBERS if hasattr(record, name))
    yield from (f"{name}: {number!r:.40} is no count" for name, number in numbers if not _is_count(number))


def _is_count(number: float) -> bool:
    return 0 <= number <= _MOST


def _places(record: RecordedStore | RecordedUse) -> Iterator[RecordedPlace]:
    yield from record.via
    if record.place is not None:
        yield record.place
    if isinstance(record, RecordedStore) and record.function is not None:
        yield record.function


def _wrong_place(place: RecordedPlace) -> Iterator[str]:
    yield from _wrong_path(place.path)
    if not 1 <= place.row <= place.end_row < _MOST:
        yield f"{place.path}: rows {place.row!r:.40} to {place.end_row!r:.40}"
    if place.column is not None and not 1 <= place.column < _MOST:
        yield f"{place.path}: column {place.column!r:.40}"


def _wrong_path(path: str) -> Iterator[str]:
    """A path leads down from the root of the recording."""
    if not path or path.startswith("/") or ".." in PurePosixPath(path).parts:
        yield f"{path!r:.200} is no path below the root of the recording"
