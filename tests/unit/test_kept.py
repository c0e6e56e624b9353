"""What is kept holds while nothing that it rests on has changed, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.kept import CacheEntry, Everything, load_or_compute
from qscache_lint.disk_cache.manifest import Manifest, State
from tests.drawing import some

_OLD, _YOUNG = 1, 2**62
"""Times of the last change that a manifest trusts, and does not."""


class Heads(msgspec.Struct, frozen=True, array_like=True):
    """The read set of a value that rests on some files in full, and on the first byte of all others."""

    in_full: tuple[str, ...]
    heads: dict[str, bytes]

    def holds(self, changed: Collection[str], read: Callable[[str], bytes]) -> bool:
        return not any(path in self.in_full or read(path)[:1] != self.heads[path] for path in changed)


class Files:
    """Files in memory, as inputs. Each edit gives a state that no file has had."""

    def __init__(self, contents: dict[str, bytes], age: int = _OLD) -> None:
        self.contents = contents
        self.age = age
        self.changes_meanwhile = False
        self.read_for_digests: list[str] = []
        self._edits = 0
        self._states = {path: self._fresh() for path in contents}

    def write(self, path: str, content: bytes) -> None:
        self.contents[path] = content
        self._states[path] = self._fresh()

    def remove(self, path: str) -> None:
        del self.contents[path], self._states[path]

    def _fresh(self) -> State:
        self._edits += 1
        return (0, self.age, self.age, self._edits)

    def look(self) -> Manifest:
        paths = tuple(sorted(self.contents))
        return Manifest(paths, tuple(self._states[path] for path in paths))

    def read(self, path: str) -> bytes:
        return self.contents[path]

    def digest(self, path: str) -> bytes:
        self.read_for_digests.append(path)
        return self.contents[path]

    def learn(self, manifest: Manifest) -> None:
        assert manifest.digests == tuple(self.contents[path] for path in manifest.paths)

    @property
    def is_on_disk(self) -> bool:
        return not self.changes_meanwhile


class Work:
    """Computes a value from files, and counts how often."""

    def __init__(self, cache: DiskCache, files: Files, in_full: Collection[str]) -> None:
        self.cache = cache
        self.files = files
        self.times = 0
        self._in_full = in_full

    def value(self) -> dict[str, bytes]:
        """What the files come to: those that are read in full, and the first byte of the others."""
        contents = self.files.contents
        return {path: source if path in self._in_full else source[:1] for path, source in contents.items()}

    def run(self) -> dict[str, bytes]:
        """The value, kept or computed."""
        entry = CacheEntry(self.cache, "value", dict[str, bytes], self.files, lambda: Heads)
        return load_or_compute(entry, self._compute)

    def _compute(self) -> tuple[Heads, dict[str, bytes]]:
        self.times += 1
        heads = {path: source[:1] for path, source in self.files.contents.items()}
        return Heads(tuple(sorted(self._in_full)), heads), self.value()


NAMES = st.sampled_from("abcdef")
CONTENTS = st.sampled_from([b"", b"x", b"xy", b"xz", b"y", b"yz"])
EDITS = st.one_of(
    st.tuples(st.just("write"), NAMES, CONTENTS),
    st.tuples(st.just("touch"), NAMES, st.just(b"")),
    st.tuples(st.just("remove"), NAMES, st.just(b"")),
)


def _edit(files: Files, kind: str, path: str, content: bytes) -> None:
    if kind == "write":
        files.write(path, content)
    elif path in files.contents and kind == "touch":
        files.write(path, files.contents[path])
    elif path in files.contents:
        files.remove(path)


@given(
    contents=st.dictionaries(NAMES, CONTENTS),
    in_full=st.sets(NAMES),
    runs=st.lists(st.tuples(st.lists(EDITS, max_size=3), st.sampled_from([_OLD, _YOUNG]), st.booleans()), max_size=8),
)
@settings(max_examples=some(300), derandomize=True, database=None, deadline=None)
def test_a_value_is_computed_anew_if_and_only_if_what_it_rests_on_has_changed(
    contents: dict[str, bytes], in_full: set[str], runs: list[tuple[list[tuple[str, str, bytes]], int, bool]]
) -> None:
    """A run in which a file changes meanwhile keeps nothing: what was kept before holds or does not as ever."""
    with TemporaryDirectory() as directory:
        files = Files(contents)
        work = Work(DiskCache(Path(directory)), files, in_full)
        kept = None
        for edits, age, changes_meanwhile in [([], _OLD, False), *runs]:
            files.age, files.changes_meanwhile = age, changes_meanwhile
            for edit in edits:
                _edit(files, *edit)
            before = work.times
            assert work.run() == work.value()
            assert work.times - before == int(kept != work.value())
            if not changes_meanwhile:
                kept = work.value()


def test_files_that_look_as_before_are_not_read(tmp_path: Path) -> None:
    files = Files({"a": b"x", "b": b"x"})
    work = Work(DiskCache(tmp_path), files, {"a"})
    work.run()
    files.read_for_digests.clear()
    work.run()
    assert files.read_for_digests == []
    files.write("b", b"xy")
    work.run()
    assert set(files.read_for_digests) == {"b"}
    files.read_for_digests.clear()
    work.run()
    assert (work.times, files.read_for_digests) == (1, []), "what the edited file looks like was kept"


def test_what_follows_from_its_key_alone_holds_for_ever(tmp_path: Path) -> None:
    def refuse() -> tuple[Everything, int]:
        raise AssertionError

    assert load_or_compute(CacheEntry(DiskCache(tmp_path), "one", int), lambda: (Everything(), 1)) == 1
    assert load_or_compute(CacheEntry(DiskCache(tmp_path), "one", int), refuse) == 1
    assert load_or_compute(CacheEntry(DiskCache(tmp_path), "two", int), lambda: (Everything(), 2)) == 2


def test_a_value_that_rests_on_everything_outlives_no_change(tmp_path: Path) -> None:
    files = Files({"a": b"x"})
    entry = CacheEntry(DiskCache(tmp_path), "value", int, files)
    entry.keep(Everything(), 1)
    files.write("a", b"x")
    assert CacheEntry(DiskCache(tmp_path), "value", int, files).known == 1
    files.write("a", b"xy")
    assert CacheEntry(DiskCache(tmp_path), "value", int, files).known is None


def test_without_a_cache_everything_is_computed() -> None:
    numbers = iter((1, 2))
    entry = CacheEntry(None, "one", int)
    assert [load_or_compute(entry, lambda: (Everything(), next(numbers))) for _ in "ab"] == [1, 2]


@pytest.mark.parametrize("part", ["read_set", "value"])
def test_a_part_of_another_type_is_not_trusted(tmp_path: Path, part: str) -> None:
    files = Files({"a": b"x"})
    cache = DiskCache(tmp_path)
    parts = {"read_set": Heads((), {"a": b"x"}), "value": 1, part: "text"}
    cache.write("value", (Manifest(("a",), files.look().states, (b"x",)), parts["read_set"], parts["value"]))
    if part == "read_set":
        files.write("a", b"xy")
    assert CacheEntry(cache, "value", int, files, lambda: Heads).known is None
    assert cache.note == f"the cache in {tmp_path} was damaged; it is made anew"
