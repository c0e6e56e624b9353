"""Plain files are opened, and nothing else is waited for."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from qscache_lint.errors import UsageError
from qscache_lint.fleet import read_list
from qscache_lint.serving.lock import alone
from qscache_lint.settings_table import load_settings
from qscache_lint.source.discover import has_table
from qscache_lint.source.django_pin import pinned_django
from qscache_lint.source.files import NO_LINK, READING, read_regular
from qscache_lint.source.tree import read_mentions


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _link_to_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("other"))
    path.symlink_to("other")


NO_FILES: list[tuple[str, Callable[[Path], None]]] = [
    ("pipe", os.mkfifo),
    ("socket", _socket),
    ("device", _link("/dev/zero")),
    ("terminal", _link("/dev/tty")),
    ("directory", Path.mkdir),
    ("nowhere", _link("gone")),
    ("itself", _link("itself")),
    ("link-to-a-pipe", _link_to_a_pipe),
]

each_no_file = pytest.mark.parametrize("put", [pytest.param(put, id=name) for name, put in NO_FILES])


def test_a_file_is_read_by_its_name_and_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file") == read_regular(tmp_path / "link") == b"text"


def test_a_link_may_be_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError, match="link"):
        read_regular(tmp_path / "link", READING | NO_LINK)


@each_no_file
def test_what_is_no_file_is_not_read(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "itself")
    with pytest.raises(OSError, match="itself"):
        read_regular(tmp_path / "itself")
    assert read_mentions(tmp_path / "itself") == b""


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"text")
    os.mkfifo(tmp_path / "pipe")
    found, opened = os.stat(tmp_path / "file"), os.open  # noqa: PTH116
    monkeypatch.setattr(os, "stat", lambda path: found)
    monkeypatch.setattr(os, "open", lambda path, *given: opened(tmp_path / "pipe", *given))
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "file")


@each_no_file
def test_configuration_is_a_file(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "pyproject.toml")
    (tmp_path / "requirements").mkdir()
    for name in ("requirements.txt", "setup.cfg", "requirements/base.txt", "uv.lock"):
        os.mkfifo(tmp_path / name)
    assert not has_table(tmp_path / "pyproject.toml")
    assert pinned_django(tmp_path, [(5, 2)]) is None
    for load in (lambda path: load_settings(path, {}), read_list):
        with pytest.raises(UsageError, match=r"pyproject\.toml: cannot be read: "):
            load(tmp_path / "pyproject.toml")


@each_no_file
def test_a_lock_that_is_no_file_stops_no_process(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "itself")
    before = sorted(path.name for path in tmp_path.iterdir())
    with alone(tmp_path / "itself"):
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_list_of_directories_may_have_names_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"caf\xe9\nplain\n")
    assert read_list(tmp_path / "list") == (Path("caf\udce9"), Path("plain"))
    (tmp_path / "list").write_bytes(b"a\0b\n")
    with pytest.raises(UsageError, match="not a list of directories"):
        read_list(tmp_path / "list")
