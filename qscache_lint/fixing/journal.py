"""The journal of a write: it makes a set of renames one step, which can be finished or undone after a kill.

Before anything else a file in the project's root says which files are to be replaced (the *plan*). Then the new
contents and a second name for the old ones are put beside each file, then the journal is marked *ready*, then the files
are renamed, then what stood beside them and at last the journal go away. A journal that is found later says how far an
earlier run came: without the mark no file has been replaced, with it all of them can be.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from qscache_lint.errors import UsageError
from qscache_lint.fixing.places import is_repairable
from qscache_lint.source.files import read_regular

NAME = ".qscache_lint_fix"

_MAGIC = b'{"qscache-lint fix":1,'
_READY = b"ready\n"
_UNDO = b"undo\n"
_TOKEN = re.compile(r"[0-9a-f]{8}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FRESH, _FORMER = "tmp", "old"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Entry(msgspec.Struct, frozen=True):
    """One file to be replaced: where it is, links resolved, relative to the root; the digests of both contents."""

    name: bytes
    before: str
    after: str

    @property
    def path(self) -> str:
        return os.fsdecode(self.name)  # any bytes may be the name of a file


class _Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int = msgspec.field(name="qscache-lint fix")
    token: str
    files: tuple[Entry, ...]


def _beside(target: Path, token: str, suffix: str) -> Path:
    """Where something stands that belongs to a file, until a write is done."""
    return target.with_name(f".{target.name}.{token}.{suffix}")


def digest(content: bytes) -> str:
    """What stands for the content of a file."""
    return sha256(content).hexdigest()


@dataclass(frozen=True)
class Journal:
    """A journal that this process holds: `root` has its links resolved."""

    root: Path
    plan: _Plan
    descriptor: int

    @staticmethod
    def begin(root: Path, token: str, entries: Sequence[Entry]) -> Journal:
        """Write the plan. Raises OSError when that is not possible, UsageError when another run has a journal."""
        plan = _Plan(1, token, tuple(entries))
        path = root / NAME
        try:
            descriptor = os.open(path, _NEW_FILE | os.O_APPEND, 0o600)
        except FileExistsError:
            raise UsageError(f"{path}: another fix is running or was interrupted: run fix again") from None
        journal = Journal(root, plan, descriptor)
        try:
            _lock(descriptor, path)
            if not os.path.samestat(os.fstat(descriptor), path.stat()):
                raise UsageError(f"{path}: another fix is running")
            journal._append(msgspec.json.encode(plan) + b"\n")
            _sync_directory(root)
        except BaseException:
            with closing(journal):
                journal.remove()
            raise
        return journal

    def close(self) -> None:
        """Let go of the journal, removed or not."""
        os.close(self.descriptor)

    # -- the files

    @property
    def path(self) -> Path:
        return self.root / NAME

    def target(self, entry: Entry) -> Path:
        return self.root / entry.path

    def fresh(self, entry: Entry) -> Path:
        """Where the new content stands until it is moved into place."""
        return _beside(self.target(entry), self.plan.token, _FRESH)

    def former(self, entry: Entry) -> Path:
        """Where the old content stands until all is done."""
        return _beside(self.target(entry), self.plan.token, _FORMER)

    # -- steps of a write

    def prepare(self, entry: Entry, content: bytes) -> None:
        """Put the new content, with the mode and owner of the old, and the old one beside a file."""
        target, fresh = self.target(entry), self.fresh(entry)
        _write_new(fresh, content, target)
        try:
            os.link(target, self.former(entry))
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _write_new(self.former(entry), read_regular(target), target)

    def ready(self) -> None:
        """From here on the write can be finished, even after a power cut."""
        self._sync()
        self._append(_READY)

    def move(self, entry: Entry) -> None:
        """Give a file its new content."""
        os.replace(self.fresh(entry), self.target(entry))  # noqa: PTH105 (one name for what is done to the disk)

    def undo(self) -> tuple[str, ...]:
        """Put back what was replaced. Returns the files that have changed since, which stay as they are."""
        with suppress(OSError):  # a journal that cannot be finished is undone, whatever it says
            self._append(_UNDO)
        changed = []
        for entry in self.plan.files:
            now = _digest_of(self.target(entry))
            if now == entry.after and _digest_of(self.former(entry)) == entry.before:
                os.replace(self.former(entry), self.target(entry))  # noqa: PTH105
            elif now != entry.before:
                changed.append(entry.path)
        self.clear()
        return tuple(changed)

    def clear(self) -> None:
        """Remove what stands beside the files, and the journal last."""
        self._sync()
        for entry in self.plan.files:
            for path in (self.fresh(entry), self.former(entry)):
                with suppress(FileNotFoundError):
                    os.unlink(path)  # noqa: PTH108
        self.remove()

    def remove(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.path)  # noqa: PTH108

    def can_be_finished(self) -> bool:
        """Whether each file has its new content, or has the old one and the new one stands beside it."""
        return all(
            now == entry.after or (now == entry.before and _digest_of(self.fresh(entry)) == entry.after)
            for entry in self.plan.files
            for now in (_digest_of(self.target(entry)),)
        )

    def _sync(self) -> None:
        for directory in sorted({self.target(entry).parent for entry in self.plan.files}):
            _sync_directory(directory)

    def _append(self, line: bytes) -> None:
        while line:
            line = line[os.write(self.descriptor, line) :]
        os.fsync(self.descriptor)


_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})
"""What file systems say that have no hard links, or no more of them for a file."""


def _write_new(path: Path, content: bytes, like: Path) -> None:
    """Write a new file with the mode and owner of another one."""
    descriptor = os.open(path, _NEW_FILE, 0o600)
    try:
        left = content
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    shutil.copymode(like, path)
    status = like.stat()
    if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.getuid(), os.getgid()):
        with suppress(PermissionError):
            os.chown(path, status.st_uid, status.st_gid)


def _digest_of(path: Path) -> str:
    try:
        return digest(read_regular(path))
    except OSError:
        return ""


def _sync_directory(directory: Path) -> None:
    """Make renames in a directory last, where the system can do that for directories."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    """Hold a journal. Raises UsageError when a process that is alive does."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{path}: another fix is running") from None
    except (ImportError, OSError):  # no locks here: only two runs at once would need one
        return


# -- what an earlier run has left


def is_left_below(root: Path) -> bool:
    """Whether an earlier run has left its journal."""
    return os.path.lexists(root / NAME)


def recover(root: Path) -> str:
    """Finish or undo what an interrupted run has begun below `root`; says what was done, "" when there was nothing.

    Raises UsageError when another run is at work, or what lies there is no journal, or files cannot be written.
    """
    root = Path(os.path.realpath(root))
    if not is_left_below(root):
        return ""
    path = root / NAME
    try:
        return _recovered(root, path)
    except OSError as error:
        raise UsageError(f"{path}: an interrupted fix cannot be finished: {error.strerror or error}") from None


def _recovered(root: Path, path: Path) -> str:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise UsageError(f"{path}: not the journal of a fix; remove it")
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
    try:
        _lock(descriptor, path)
        content = read_regular(path)
        head, newline, marks = content.partition(b"\n")
        plan = _plan(root, path, head) if newline else _torn(path, head)
    except BaseException:
        os.close(descriptor)
        raise
    with closing(Journal(root, plan, descriptor)) as journal:
        return _completed(journal, marks)


def _completed(journal: Journal, marks: bytes) -> str:
    files = journal.plan.files
    if _READY not in marks.splitlines(keepends=True):
        journal.clear()
        return "removed the leftovers of an interrupted fix, which had changed no file"
    if marks == _READY and journal.can_be_finished():
        for entry in files:
            if _digest_of(journal.target(entry)) != entry.after:
                journal.move(entry)
        journal.clear()
        return f"finished an interrupted fix, in {_files(len(files))}"
    changed = journal.undo()
    left = f"; left alone because they were edited since: {', '.join(changed)}" if changed else ""
    return f"undid an interrupted fix, in {_files(len(files) - len(changed))}{left}"


def _plan(root: Path, path: Path, head: bytes) -> _Plan:
    """The plan, if it is one of ours and stays below the root."""
    try:
        plan = msgspec.json.decode(head, type=_Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError(f"{path}: not the journal of a fix; remove it") from None
    is_plan = plan.version == 1 and _TOKEN.fullmatch(plan.token) and _names_each_once(plan)
    if not is_plan or not all(_is_ours(root, plan, entry) for entry in plan.files):
        raise UsageError(f"{path}: not the journal of a fix below {root}; remove it")
    return plan


def _names_each_once(plan: _Plan) -> bool:
    return len({entry.name for entry in plan.files}) == len(plan.files)


def _is_ours(root: Path, plan: _Plan, entry: Entry) -> bool:
    """Whether a fix below the root may have written an entry, and nothing else has come to stand in its way."""
    if not is_repairable(entry.path) or not all(map(_DIGEST.fullmatch, (entry.before, entry.after))):
        return False
    target = root / entry.path
    around = (target, _beside(target, plan.token, _FRESH), _beside(target, plan.token, _FORMER))
    return Path(os.path.realpath(target)) == target and all(map(_is_free_or_regular, around))


def _is_free_or_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def _torn(path: Path, head: bytes) -> _Plan:
    """No plan: the run was killed while it wrote it, before it wrote anything else."""
    if not _MAGIC.startswith(head[: len(_MAGIC)]):
        raise UsageError(f"{path}: not the journal of a fix; remove it")
    return _Plan(1, "", ())


def _files(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"
