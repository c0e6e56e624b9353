"""Writing replaces all files of a repair, or none, and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from qscache_lint.errors import UsageError
from qscache_lint.fixing.model import Change
from qscache_lint.fixing.write import write_changes

CHANGES = (
    Change("a.py", b"a = 1\n", b"a = 2\n"),
    Change("sub/b.py", b"b = 1\r\n", b"b = 2\r\n"),
    Change("c.py", b"c = '\xe9'\n", b"c = '\xe8'\n"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for change in CHANGES:
        (tmp_path / change.path).write_bytes(change.before)
    return tmp_path


def _contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _before() -> Mapping[str, bytes]:
    return {change.path: change.before for change in CHANGES}


def _after() -> Mapping[str, bytes]:
    return {change.path: change.after for change in CHANGES}


def _fail_at(number: int, error: BaseException) -> Callable[[Path, Path], Path]:
    """A `Path.replace` whose call `number` fails once."""
    calls = 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == number:
            raise error
        os.rename(self, target)  # noqa: PTH104
        return Path(target)

    return replace


def test_no_changes_write_nothing(project: Path) -> None:
    write_changes(project, ())
    assert _contents(project) == _before()


def test_all_files_are_replaced_and_no_temporary_file_stays(project: Path) -> None:
    write_changes(project, CHANGES)
    assert _contents(project) == _after()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_when_one_file_cannot_be_moved_all_are_as_they_were(
    project: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", str(project / CHANGES[number - 1].path))
    monkeypatch.setattr(Path, "replace", _fail_at(number, refused))
    with pytest.raises(UsageError, match=r"cannot be written: Permission denied; nothing was changed"):
        write_changes(project, CHANGES)
    assert _contents(project) == _before()


def test_an_interrupt_between_two_files_leaves_all_as_they_were(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no OSError: the files that were moved have to be put back all the same."""
    monkeypatch.setattr(Path, "replace", _fail_at(2, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_changes(project, CHANGES)
    assert _contents(project) == _before()


def test_a_full_disk_is_one_clear_line_that_names_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def fsync(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(UsageError) as caught:
        write_changes(project, CHANGES)
    assert _contents(project) == _before()
    assert "No space left on device" in str(caught.value)
    assert "b.py" in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [pytest.param("a.py", id="the-first-file"), pytest.param("c.py", id="the-last-file")],
)
@pytest.mark.parametrize("gone", [pytest.param(False, id="changed"), pytest.param(True, id="deleted")])
def test_a_file_that_changed_since_it_was_read_is_refused(project: Path, path: str, gone: bool) -> None:
    if gone:
        (project / path).unlink()
    else:
        (project / path).write_bytes(b"edited = True\n")
    expected = _contents(project)
    with pytest.raises(UsageError, match=rf"^{path}: changed while it was being repaired; nothing was written$"):
        write_changes(project, CHANGES)
    assert _contents(project) == expected


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_the_mode_is_kept(project: Path, mode: int) -> None:
    (project / "a.py").chmod(mode)
    write_changes(project, CHANGES)
    assert stat.S_IMODE((project / "a.py").stat().st_mode) == mode


def test_a_symbolic_link_stays_one_and_its_target_is_changed(project: Path) -> None:
    real = project / "elsewhere.py"
    (project / "a.py").rename(real)
    (project / "a.py").symlink_to("elsewhere.py")
    write_changes(project, CHANGES)
    assert (project / "a.py").is_symlink()
    assert real.read_bytes() == b"a = 2\n"
