"""Files of a project as bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qscache_lint.source.tree import SourceTree


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    assert SourceTree(tmp_path, ("a.py",)).read("a.py") == b"x = 1\n"


def test_an_overlay_stands_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    assert SourceTree(tmp_path, ("a.py",), {"a.py": b"x = 2\n"}).read("a.py") == b"x = 2\n"


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    with pytest.raises(OSError, match="not a regular file"):
        SourceTree(tmp_path, ("a.py",)).read("a.py")


def test_a_dangling_link_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("nowhere.py")
    with pytest.raises(FileNotFoundError):
        SourceTree(tmp_path, ("a.py",)).read("a.py")
