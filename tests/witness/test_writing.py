"""A recording is written whole, and onto nothing else than recordings, devices and pipes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from qscache_lint.witness.records import encode
from qscache_lint.witness.runtime.writing import write
from tests.unit.witness.recordings import recording

CONTENT = encode(recording())


@pytest.mark.parametrize("before", [None, b"", encode(recording(files={"a.py": "1"}))], ids=["new", "empty", "older"])
def test_a_file_is_replaced(tmp_path: Path, before: bytes | None) -> None:
    file = tmp_path / "seen.json"
    if before is not None:
        file.write_bytes(before)
    write(recording(), file)
    assert file.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to("seen.json")
    for _ in range(2):
        write(recording(), link)
        assert link.is_symlink()
        assert (tmp_path / "seen.json").read_bytes() == CONTENT


def test_a_pipe_gets_the_bytes_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(recording(), pipe)
        assert os.read(reader, 1_000_000) == CONTENT
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_another_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "models.py"
    file.write_text("import os\n", encoding="utf-8")
    with pytest.raises(FileExistsError, match="is no recording"):
        write(recording(), file)
    assert file.read_text(encoding="utf-8") == "import os\n"
    assert list(tmp_path.iterdir()) == [file]
