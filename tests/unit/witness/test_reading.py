"""A recording is read, or refused in one line that names the file and what is wrong with it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qscache_lint import limits
from qscache_lint.errors import UsageError
from qscache_lint.witness.reading import read_recordings
from qscache_lint.witness.records import Executed, RecordedStore, RecordedUse, encode
from tests.unit.witness.recordings import at, recording

WHOLE = recording(
    (RecordedStore(1, "pickled", "django cache", at("a.py", 3), at("a.py", 1), (at("b.py", 5),), times=2, rows=20),),
    (RecordedUse(1, "refined", "filter", at("b.py", 5), times=3),),
    {"a.py": "0" * 16},
    {"a.py": (Executed(1, "f"),)},
)


def _read(directory: Path, content: bytes) -> str:
    """What is said of a file with some content."""
    path = directory / "w.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_recordings([path])
    (message,) = refused.value.messages
    return message.removeprefix(f"{path}: not a recording of the witness: ")


def _changed(*keys: str | int, value: object) -> bytes:
    """The recording with another value at one place."""
    document: Any = json.loads(encode(WHOLE))
    inner = document
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return json.dumps(document).encode()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_bytes(encode(WHOLE))
    assert read_recordings([path]) == WHOLE


def test_several_files_are_read_as_one(tmp_path: Path) -> None:
    paths = [tmp_path / "1", tmp_path / "2"]
    for path in paths:
        path.write_bytes(encode(WHOLE))
    together = read_recordings(paths)
    assert ([store.times for store in together.stores], [use.times for use in together.uses]) == ([4], [6])


def test_fields_of_a_later_version_of_the_tool_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_bytes(_changed("threads", value=8))
    assert read_recordings([path]) == WHOLE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Input data was truncated"),
        (b"{no json", "JSON is malformed: object keys must be strings (byte 1)"),
        (b"\xff\xfe", "JSON is malformed: invalid character (byte 0)"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "Object missing required field `version`"),
        (b'{"version": 2, "else": 1}', "version 2 is not supported, only 1"),
        (b'{"version": "1"}', "Expected `int`, got `str` - at `$.version`"),
        (b'{"version": 1, "a": ' + b"[" * 100_000, "nested too deeply"),
        (_changed("stores", 0, "lifetime", value="x"), "Invalid enum value 'x' - at `$.stores[0].lifetime`"),
        (_changed("stores", 0, "times", value="2"), "Expected `int`, got `str` - at `$.stores[0].times`"),
        (_changed("stores", 0, "times", value=-1), "times: -1 is no count"),
        (_changed("stores", 0, "bytes", value=10**30), "bytes: 1000000000000000000000000000000 is no count"),
        (_changed("uses", 0, "store", value=9), "a use names store 9, which is not there"),
        (_changed("uses", 0, "place", "row", value=0), "b.py: rows 0 to 5"),
        (_changed("uses", 0, "place", "end_row", value=4), "b.py: rows 5 to 4"),
        (_changed("uses", 0, "place", "column", value=0), "b.py: column 0"),
        (_changed("stores", 0, "via", 0, "path", value="../b"), "'../b' is no path below the root of the recording"),
        (_changed("stores", 0, "place", "path", value="/etc/x"), "'/etc/x' is no path below the root of the recording"),
        (_changed("files", value={"a/../../b": ""}), "'a/../../b' is no path below the root of the recording"),
        (_changed("executed", value={"": []}), "'' is no path below the root of the recording"),
        (_changed("executed", "a.py", 0, "row", value=0), "a.py: row 0"),
        (_changed("processes", value=-1), "processes: -1 is no count"),
        (_changed("stores", value=[json.loads(encode(WHOLE))["stores"][0]] * 2), "two stores have the same id"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(content: bytes, told: str, tmp_path: Path) -> None:
    assert _read(tmp_path, content) == told


def test_numbers_of_thousands_of_digits_are_refused_in_a_short_line(tmp_path: Path) -> None:
    content = encode(WHOLE).replace(b'"times":2', b'"times":' + b"9" * 10_000)
    assert len(_read(tmp_path, content)) < 200


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such recording; make one with pytest --qscache-witness FILE"):
        read_recordings([tmp_path / "w.json"])


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_recordings([path])


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.touch()
    os.truncate(path, limits.FILE_BYTES + 1)
    with pytest.raises(UsageError, match="cannot be read: File too large"):
        read_recordings([path])
