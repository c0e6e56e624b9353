"""Writing replaces all files of a repair, or none, and leaves nothing behind, whatever ends it."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from qscache_lint.errors import UsageError
from qscache_lint.fixing import journal
from qscache_lint.fixing.journal import NAME, recover
from qscache_lint.fixing.model import Change
from qscache_lint.fixing.write import write_changes

CHANGES = (
    Change("a.py", b"a = 1\n", b"a = 2\n"),
    Change("sub/b.py", b"b = 1\r\n", b"b = 2\r\n"),
    Change("c.py", b"c = '\xe9'\n", b"c = '\xe8'\n"),
)

STEPS = ("open", "write", "fsync", "link", "replace", "unlink", "close")
"""All that writing does to the disk goes through these functions of `os`."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for change in CHANGES:
        (tmp_path / change.path).write_bytes(change.before)
        (tmp_path / change.path).chmod(0o640)
    return tmp_path


def _contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _before() -> Mapping[str, bytes]:
    return {change.path: change.before for change in CHANGES}


def _after() -> Mapping[str, bytes]:
    return {change.path: change.after for change in CHANGES}


def _modes(root: Path) -> set[int]:
    return {stat.S_IMODE((root / change.path).stat().st_mode) for change in CHANGES}


class Faults:
    """Does something at one call of the functions that writing goes through, before or after the call itself."""

    def __init__(
        self, number: int, fault: Callable[[], None], *, late: bool = False, steps: tuple[str, ...] = STEPS
    ) -> None:
        self.calls = 0
        self._steps = steps
        self._number = number
        self._fault = fault
        self._late = late

    def install(self, patch: pytest.MonkeyPatch) -> None:
        for name in self._steps:
            patch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            is_due = self.calls == self._number
            if is_due and not self._late:
                self._fault()
            try:
                return function(*arguments, **named)
            finally:
                if is_due and self._late:
                    self._fault()

        return call




def _raising(code: int) -> Callable[[], None]:
    def fault() -> NoReturn:
        raise OSError(code, os.strerror(code))

    return fault


def _in_a_child(work: Callable[[], None]) -> int:
    """Run something in a forked process; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 (the child must not come back into the tests)
            os._exit(99)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _killed_at(root: Path, number: int, *, late: bool) -> bool:
    """Write in a process that is gone at one call; whether it came as far as that."""

    def work() -> None:
        Faults(number, lambda: os._exit(9), late=late).install(pytest.MonkeyPatch())
        write_changes(root, CHANGES)

    status = _in_a_child(work)
    assert status in (0, 9)
    return status == 9


def test_no_changes_write_nothing(project: Path) -> None:
    write_changes(project, ())
    assert _contents(project) == _before()


def test_all_files_are_replaced_and_nothing_else_stays(project: Path) -> None:
    write_changes(project, CHANGES)
    assert _contents(project) == _after()
    assert recover(project) == ""


@pytest.mark.parametrize("late", [False, True], ids=["before-the-call", "after-the-call"])
def test_after_a_kill_at_any_step_the_next_run_makes_all_files_new_or_old(tmp_path: Path, late: bool) -> None:
    results: dict[str, set[str]] = {}
    for number in range(1, 1000):
        root = tmp_path / str(number)
        (root / "sub").mkdir(parents=True)
        for change in CHANGES:
            (root / change.path).write_bytes(change.before)
            (root / change.path).chmod(0o640)
        if not _killed_at(root, number, late=late):
            break
        said = recover(root)
        result = "old" if _contents(root) == _before() else "new"
        assert _contents(root) in (_before(), _after()), (number, said)
        assert _modes(root) == {0o640}
        results.setdefault(said, set()).add(result)
        assert recover(root) == ""
    assert number > 40
    assert results == {
        "": {"old", "new"},
        "removed the leftovers of an interrupted fix, which had changed no file": {"old"},
        "finished an interrupted fix, in 3 files": {"new"},
    }


def test_a_kill_while_the_next_run_recovers_is_recovered_too(tmp_path: Path) -> None:
    """The first kill comes between the renames, the second at each step of what follows it."""
    for number in range(1, 1000):
        root = tmp_path / str(number)
        (root / "sub").mkdir(parents=True)
        for change in CHANGES:
            (root / change.path).write_bytes(change.before)
        _killed_in_the_middle(root)

        def work(number: int = number, root: Path = root) -> None:
            Faults(number, lambda: os._exit(9)).install(pytest.MonkeyPatch())
            recover(root)

        status = _in_a_child(work)
        recover(root)
        assert _contents(root) == _after()
        if status == 0:
            break
    assert number > 10


def _killed_in_the_middle(root: Path) -> None:
    """Leave a tree in which one file of three has been replaced."""

    def work() -> None:
        replace, calls = os.replace, []

        def first_only(*arguments: Any) -> None:
            calls.append(arguments)
            if len(calls) == 2:
                os._exit(9)
            replace(*arguments)

        pytest.MonkeyPatch().setattr(os, "replace", first_only)
        write_changes(root, CHANGES)

    assert _in_a_child(work) == 9
    assert (root / "a.py").read_bytes() == b"a = 2\n"
    assert (root / "c.py").read_bytes() == b"c = '\xe9'\n"


def test_what_cannot_be_finished_is_undone_and_edits_stay(project: Path) -> None:
    _killed_in_the_middle(project)
    (project / "c.py").write_bytes(b"edited = True\n")
    assert recover(project) == (
        "undid an interrupted fix, in 2 files; left alone because they were edited since: c.py"
    )
    assert _contents(project) == {**_before(), "c.py": b"edited = True\n"}
    assert stat.S_IMODE((project / "a.py").stat().st_mode) == 0o640


@pytest.mark.parametrize("late", [False, True], ids=["before-the-call", "after-the-call"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_an_error_at_any_step_is_one_line_and_all_files_are_new_or_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, late: bool
) -> None:
    """A full disk, a directory that cannot be written; what an error leaves open is no concern of the disk."""
    steps = ("write", "fsync", "link", "replace", "unlink") if late else STEPS[:-1]
    for number in range(1, 1000):
        root = tmp_path / str(number)
        (root / "sub").mkdir(parents=True)
        for change in CHANGES:
            (root / change.path).write_bytes(change.before)
        faults = Faults(number, _raising(code), late=late, steps=steps)
        said = ""
        with monkeypatch.context() as patch:
            faults.install(patch)
            try:
                write_changes(root, CHANGES)
            except UsageError as error:
                said = str(error)
        if faults.calls < number:
            break
        assert "\n" not in said
        if "run fix again" in said:
            recover(root)
            assert _contents(root) in (_before(), _after())
        else:
            assert _contents(root) == (_before() if said else _after()), said
        assert recover(root) == ""
    assert number > 25


def test_a_full_disk_names_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def full(descriptor: int, content: bytes) -> int:
        if content == CHANGES[1].after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UsageError) as caught:
        write_changes(project, CHANGES)
    assert str(caught.value) == "sub/b.py: cannot be written: No space left on device; nothing was changed"
    assert _contents(project) == _before()


def test_a_short_write_is_no_end(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:3]))
    write_changes(project, CHANGES)
    assert _contents(project) == _after()


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_without_hard_links_the_old_contents_are_copied(
    project: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refused(*arguments: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refused)
    _killed_in_the_middle(project)
    (project / "c.py").write_bytes(b"edited = True\n")
    recover(project)
    assert _contents(project) == {**_before(), "c.py": b"edited = True\n"}
    assert stat.S_IMODE((project / "a.py").stat().st_mode) == 0o640


# -- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_step_takes_effect_when_all_files_are_new_or_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    class Ended(BaseException):
        pass

    def handler(*arguments: object) -> NoReturn:
        raise Ended

    former = signal.signal(number, handler)
    seen = set()
    try:
        for step in range(1, 1000):
            root = tmp_path / str(step)
            (root / "sub").mkdir(parents=True)
            for change in CHANGES:
                (root / change.path).write_bytes(change.before)
            faults = Faults(step, lambda: signal.raise_signal(number))
            with monkeypatch.context() as patch:
                faults.install(patch)
                try:
                    write_changes(root, CHANGES)
                    is_ended = False
                except Ended:
                    is_ended = True
            assert _contents(root) in (_before(), _after())
            assert is_ended == (faults.calls >= step)
            seen.add(_contents(root) == _after())
            if not is_ended:
                break
        assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, former)
    assert seen == {False, True}


def test_a_signal_that_is_only_noted_still_stops_the_write(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that uses the interface may have a handler of its own, which comes back."""
    noted: list[int] = []
    former = signal.signal(signal.SIGTERM, lambda number, frame: noted.append(number))
    try:
        Faults(12, lambda: signal.raise_signal(signal.SIGTERM)).install(monkeypatch)
        with pytest.raises(UsageError, match=r"^stopped by SIGTERM; nothing was changed$"):
            write_changes(project, CHANGES)
    finally:
        signal.signal(signal.SIGTERM, former)
    assert noted == [signal.SIGTERM]
    assert _contents(project) == _before()


def test_a_signal_that_is_ignored_stays_ignored(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As under nohup."""
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        Faults(12, lambda: signal.raise_signal(signal.SIGHUP)).install(monkeypatch)
        write_changes(project, CHANGES)
    finally:
        signal.signal(signal.SIGHUP, former)
    assert _contents(project) == _after()


# -- what lies there is data


def _planted(*names: bytes, before: str = "0" * 64) -> bytes:
    """A journal of a fix that is to be finished."""
    files = [{"name": b64encode(name).decode(), "before": before, "after": "0" * 64} for name in names]
    return json.dumps({"qscache-lint fix": 1, "token": "00000000", "files": files}).encode() + b"\nready\n"


def test_a_run_beside_another_one_is_refused(project: Path) -> None:
    held = journal.Journal.begin(project, "00000000", ())
    with pytest.raises(UsageError, match="another fix is running"):
        recover(project)
    with pytest.raises(UsageError, match="another fix is running"):
        write_changes(project, CHANGES)
    held.clear()
    held.close()
    assert _contents(project) == _before()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a list of my own\n", id="text"),
        pytest.param(b"no line", id="torn-text"),
        pytest.param(b'{"qscache-lint fix":2,"token":"00000000","files":[]}\nready\n', id="version"),
        pytest.param(b'{"qscache-lint fix":1,"token":"../../ab","files":[]}\nready\n', id="token"),
        pytest.param(
            b'{"qscache-lint fix":1,"token":"00000000","files":[{"name":"Li4vYS5weQ==","before":"","after":""}]}\n',
            id="above-the-root",
        ),
        pytest.param(_planted(b"/tmp/x.py"), id="absolute"),
        pytest.param(_planted(b"sub/../a.py"), id="dots"),
        pytest.param(_planted(b"sub//b.py"), id="not-plain"),
        pytest.param(_planted(b""), id="no-name"),
        pytest.param(_planted(b"a\0.py"), id="null"),
        pytest.param(_planted(b".git/hooks/pre-commit"), id="no-python"),
        pytest.param(_planted(b".git/hooks/x.py"), id="no-part-of-the-project"),
        pytest.param(_planted(b"sub"), id="directory"),
        pytest.param(_planted(b"a.py", b"c.py", b"a.py"), id="twice"),
        pytest.param(_planted(b"a.py", before=""), id="no-digest"),
        pytest.param(b'{"qscache-lint fix":1,"token":' + b"[" * 100_000 + b"\n", id="deep"),
    ],
)
def test_a_file_of_that_name_which_is_no_journal_is_left_alone(project: Path, content: bytes) -> None:
    (project / NAME).write_bytes(content)
    with pytest.raises(UsageError, match=r"not the journal of a fix"):
        recover(project)
    assert _contents(project) == {**_before(), NAME: content}


def test_a_journal_writes_and_deletes_nothing_outside(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    names = ("x.py", ".x.py.00000000.tmp", ".x.py.00000000.old")
    for name in names:
        (elsewhere / name).write_bytes(name.encode())
    (project / "out").symlink_to(elsewhere)
    (project / "link.py").symlink_to(elsewhere / "x.py")
    for target in (os.fsencode(elsewhere / "x.py"), b"out/x.py", b"link.py"):
        (project / NAME).write_bytes(_planted(target))
        with pytest.raises(UsageError, match=r"not the journal of a fix"):
            recover(project)
    assert _contents(elsewhere) == {name: name.encode() for name in names}


@pytest.mark.parametrize("suffix", ["tmp", "old"])
@pytest.mark.parametrize("kind", ["link", "pipe", "directory"])
def test_what_stands_beside_a_file_is_a_plain_one(project: Path, suffix: str, kind: str) -> None:
    beside = project / f".a.py.00000000.{suffix}"
    if kind == "link":
        beside.symlink_to(project / "c.py")
    elif kind == "pipe":
        os.mkfifo(beside)
    else:
        beside.mkdir()
    (project / NAME).write_bytes(_planted(b"a.py"))
    with pytest.raises(UsageError, match=r"not the journal of a fix"):
        recover(project)
    assert beside.is_symlink() or beside.exists()
    assert (project / "a.py").read_bytes() == CHANGES[0].before


def test_a_journal_that_is_a_link_is_not_followed(project: Path) -> None:
    _killed_in_the_middle(project)
    elsewhere = project.parent / "journal"
    (project / NAME).rename(elsewhere)
    (project / NAME).symlink_to(elsewhere)
    with pytest.raises(UsageError, match=r"not the journal of a fix"):
        recover(project)


# -- what is refused, what is kept


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


def test_a_file_that_changes_while_others_are_prepared_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def slow(source: Path, name: Path) -> None:
        link(source, name)
        (project / "sub/b.py").write_bytes(b"edited = True\n")

    monkeypatch.setattr(os, "link", slow)
    with pytest.raises(UsageError, match=r"^sub/b.py: changed while it was being repaired; nothing was written$"):
        write_changes(project, CHANGES)
    assert _contents(project) == {**_before(), "sub/b.py": b"edited = True\n"}


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


def test_a_link_out_of_the_project_is_refused(tmp_path: Path, project: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.py"
    (project / "a.py").rename(outside)
    (project / "a.py").symlink_to(outside)
    with pytest.raises(UsageError, match=r"^a.py: is a link to .*; nothing was changed$"):
        write_changes(project, CHANGES)
    assert outside.read_bytes() == b"a = 1\n"
    assert _contents(project) == _before()


def test_a_root_that_is_a_link_is_no_way_out(project: Path, tmp_path: Path) -> None:
    link = tmp_path.parent / f"{tmp_path.name}-link"
    link.symlink_to(project)
    write_changes(link, CHANGES)
    assert _contents(project) == _after()


def test_a_name_that_is_no_text_can_be_written(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (tmp_path / name).write_bytes(b"a = 1\n")
    write_changes(tmp_path, [Change(name, b"a = 1\n", b"a = 2\n")])
    assert _contents(tmp_path) == {name: b"a = 2\n"}
