"""The entries of one project: the facts of files, the findings of a run, the fixes for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from qscache_lint.disk_cache.entries import Damaged, clock_of, digest, read_entry, write_entry
from qscache_lint.disk_cache.place import drop_components, drop_other_tools, drop_unused, first_link, mark, tool_digest
from qscache_lint.disk_cache.signature import Signature, settled
from qscache_lint.run_result import RunResult
from qscache_lint.values import Fix

if TYPE_CHECKING:
    from qscache_lint.facts.reading import Reading
    from qscache_lint.project.read_set import ReadSet
    from qscache_lint.source.scout import Memos

Value = TypeVar("Value")

_FACTS = "facts"


class KeptFixes(msgspec.Struct, frozen=True, array_like=True):
    """Fixes for the findings of a run, by their number, while the templates are the same."""

    keep_cached_name: bool
    templates: Signature
    fixes: tuple[tuple[int, Fix], ...]


class KeptRun(msgspec.Struct, frozen=True, array_like=True):
    """What was found in files that looked like this, and the name of what was asked of them (`DiskCache.questions`)."""

    signature: Signature
    result: RunResult
    asked: str
    fixes: tuple[KeptFixes, ...] = ()


class KeptPartition(msgspec.Struct, frozen=True, array_like=True):
    """How files that looked like this fall into components.

    `mentions` stands for what each file names, in the order of the signature; `consulted` are the files whose code
    decided what a name means.
    """

    signature: Signature
    mentions: tuple[bytes, ...]
    consulted: tuple[str, ...]
    components: tuple[tuple[str, ...], ...]


class DiskCache:
    """Keeps what was found in one project below `directory`; `project` tells the projects in it apart.

    Nothing is read or written by way of a symbolic link below `above`, which is the directory around, if nothing else
    is said: whoever has laid out the project may have put it there.
    """

    def __init__(self, directory: Path, project: str = "", above: Path | None = None) -> None:
        self._top = directory
        self._above = above if above is not None and directory.is_relative_to(above) else directory.parent
        self._project = project
        self._home = directory / tool_digest() / project
        self._used: set[str] = set()
        self._written = False
        self._usable: bool | None = None
        self._ways: dict[Path, bool] = {}
        self.note = ""
        """What to tell the user at the end; empty when there is nothing to tell."""

    @property
    def lock_file(self) -> Path | None:
        """Where processes wait that would do the same work; None when the directory is not where its path says."""
        return self._home.with_name(f"{self._home.name}.lock") if self._leads_there(self._home) else None

    @property
    def is_usable(self) -> bool:
        """Whether anything could be written so far."""
        return self._usable is not False

    # -- facts

    def facts(self, source: bytes) -> Reading | None:
        """The facts of a file with this content; None when they are not known."""
        from qscache_lint.facts.encoding import Encodable

        kept = self._read(self._facts_path(source), Encodable)
        return None if kept is None else kept.reading

    def keep_facts(self, source: bytes, reading: Reading) -> None:
        from qscache_lint.facts.encoding import Encodable

        self._write(self._facts_path(source), Encodable.of(reading))

    def _facts_path(self, source: bytes) -> Path:
        name = digest(source).hex()[:40]
        self._used.add(name)
        return self._home / _FACTS / name[:2] / name

    # -- what the scout has said

    def scouted(self) -> dict[bytes, Memos]:
        """The answers that the last run had from the scout."""
        return self._read(self._scouted_path, dict[bytes, tuple[int, ...] | None]) or {}

    def keep_scouted(self, answers: dict[bytes, Memos]) -> None:
        self._write(self._scouted_path, answers)

    @property
    def _scouted_path(self) -> Path:
        self._used.add("scouted")
        return self._home / "scouted"

    # -- components

    def partition(self) -> KeptPartition | None:
        """How the project fell into components when somebody last looked."""
        return self._read(self._home / "components", KeptPartition)

    def keep_partition(self, kept: KeptPartition) -> None:
        """Keep how the project falls into components; what others have left that are no more goes away."""
        self._write(self._home / "components", kept)
        if self._leads_there(self._home):
            drop_components(self._home, set(map(_component, kept.components)))

    def of_component(self, project_roots: Sequence[str]) -> DiskCache:
        """The disk cache of one component."""
        return DiskCache(self._top, f"{self._project}/{_component(project_roots)}".strip("/"), self._above)

    # -- runs

    def run(self, key: str) -> KeptRun | None:
        """What the last run with this key has found; None when there was none."""
        return self._read(self._run_path(key), KeptRun)

    def keep_run(self, key: str, kept: KeptRun) -> None:
        self._write(self._run_path(key), kept)

    def questions(self, name: str) -> ReadSet | None:
        """What a run has asked of files that it did not read in full; None when nobody knows."""
        from qscache_lint.project.read_set import ReadSet

        return self._read(self._home / name, ReadSet) if name else None

    def keep_read_set(self, questions: ReadSet) -> str:
        """Keep questions by their content; returns the name by which a run refers to them."""
        try:
            content = msgspec.msgpack.encode(questions, order="deterministic")
        except UnicodeEncodeError:
            return ""
        name = f"asked-{digest(content).hex()[:24]}"
        self._used.add(name)
        self._write(self._home / name, questions)
        return name

    def _run_path(self, key: str) -> Path:
        self._used.add(f"run-{key}")
        return self._home / f"run-{key}"

    def settled(self, signature: Signature) -> Signature:
        """A signature that can be kept: without what is too young to tell anything."""
        now = clock_of(self._home) if self._leads_there(self._home) else None
        return signature if now is None else settled(signature, now)

    # -- entries

    def _read(self, path: Path, kind: type[Value]) -> Value | None:
        if not self._leads_there(path.parent):
            return None
        try:
            return read_entry(path, kind, self._key(path))
        except Damaged:
            self.note = self.note or f"the cache in {self._top} was damaged; it is made anew"
            return None

    def _write(self, path: Path, value: object) -> None:
        if not self._leads_there(path.parent):
            return
        if self._usable is None:
            self._usable = mark(self._top)
        if self._usable:
            self._usable = write_entry(path, value, self._key(path))
            self._written = True

    def _key(self, path: Path) -> str:
        """What an entry is about: tool, project, kind, and the content or settings, as its path has them."""
        return path.relative_to(self._top).as_posix()

    def _leads_there(self, directory: Path) -> bool:
        """Whether a directory of the disk cache is where its path says. Once it is not, nothing is kept any more."""
        if directory not in self._ways:
            reason = self._barred(directory)
            self._ways[directory] = not reason
            if reason:
                self.note = f"the cache in {self._top} is not used: {reason}"
        return self._ways[directory]

    def _barred(self, directory: Path) -> str:
        """Why a directory of the disk cache is not where its path says; "" when it is, or is to be made."""
        try:
            link = first_link(directory, self._above)
        except OSError as error:
            return f"{error.filename}: {error.strerror}"
        return "" if link is None else f"{link} is a symbolic link"

    def tidy(self) -> None:
        """Remove what nobody will ask for again. A run without an analysis does not know what the next one asks for."""
        if not self._written or "scouted" not in self._used or not self._leads_there(self._home):
            return
        now = clock_of(self._home)
        if now is not None:
            drop_unused(self._home, self._used, now)
            drop_other_tools(self._top, tool_digest())


def _component(project_roots: Sequence[str]) -> str:
    return f"component-{digest(chr(0).join(project_roots).encode(errors='surrogateescape')).hex()[:24]}"
