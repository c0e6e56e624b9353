"""The disk cache: it gives back what it was given, or nothing."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qscache_lint import limits
from qscache_lint.disk_cache import place
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.entries import Damaged, digest, is_temporary, read_entry, write_entry
from qscache_lint.disk_cache.manifest import Manifest, look_at, settled
from qscache_lint.disk_cache.reader import facts_entry, keep_facts
from qscache_lint.disk_cache.scouting import KeptScouting
from qscache_lint.facts.reading import DirectReader, Reading, read_source
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.memo_shape import Signs
from qscache_lint.source.syntax import Unreadable

SOURCE = b"def double(number):\n    return number * 2\n"


def _facts(disk_cache: DiskCache, source: bytes) -> Reading | None:
    known = facts_entry(disk_cache, digest(source)).known
    return None if known is None else known.reading


def test_an_entry_comes_back(tmp_path: Path) -> None:
    assert write_entry(tmp_path / "deep" / "entry", {"rows": [1, 2]}, "deep/entry")
    assert read_entry(tmp_path / "deep" / "entry", dict[str, list[int]], "deep/entry") == {"rows": [1, 2]}


def test_there_is_nothing_where_nothing_was_written(tmp_path: Path) -> None:
    assert read_entry(tmp_path / "entry", int, "entry") is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:-1], id="truncated"),
        pytest.param(lambda content: content[:20], id="truncated-in-the-checksum"),
        pytest.param(lambda content: content + b"\0", id="longer"),
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), id="one-bit"),
        pytest.param(lambda content: b"x" + content[1:], id="not-ours"),
        pytest.param(lambda content: os.urandom(len(content)), id="noise"),
    ],
)
def test_what_is_damaged_is_not_trusted(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "entry"
    write_entry(path, [1, 2, 3], "entry")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Damaged):
        read_entry(path, list[int], "entry")


def test_a_value_of_another_shape_is_not_trusted(tmp_path: Path) -> None:
    write_entry(tmp_path / "entry", "text", "entry")
    with pytest.raises(Damaged):
        read_entry(tmp_path / "entry", list[int], "entry")


def test_an_entry_is_that_of_its_key(tmp_path: Path) -> None:
    write_entry(tmp_path / "one", [1], "one")
    write_entry(tmp_path / "two", [2], "two")
    shutil.copy(tmp_path / "one", tmp_path / "two")
    assert read_entry(tmp_path / "one", list[int], "one") == [1]
    with pytest.raises(Damaged):
        read_entry(tmp_path / "two", list[int], "two")


def _link(path: Path) -> None:
    write_entry(path.with_name("other"), [1], "entry")
    path.symlink_to("other")


def _enormous(path: Path) -> None:
    path.touch()
    os.truncate(path, 10**12)


@pytest.mark.parametrize(
    "put",
    [
        pytest.param(os.mkfifo, id="a-pipe"),
        pytest.param(Path.mkdir, id="a-directory"),
        pytest.param(_enormous, id="a-file-without-an-end"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), id="a-link-to-a-device"),
        pytest.param(lambda path: path.symlink_to(path), id="a-link-to-itself"),
        pytest.param(_link, id="a-link-to-an-entry"),
    ],
)
def test_only_a_plain_file_is_an_entry(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "entry")
    with pytest.raises(Damaged):
        read_entry(tmp_path / "entry", list[int], "entry")


@pytest.mark.parametrize("linked", ["kept", "kept/{tool}", "kept/{tool}/facts"])
def test_a_link_in_the_way_is_neither_followed_nor_written_through(tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / linked.format(tool=place.tool_digest())
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    disk_cache = DiskCache(tmp_path / "kept")
    keep_facts(disk_cache, SOURCE, read_source(SOURCE))
    assert _facts(disk_cache, SOURCE) is None
    assert list(elsewhere.iterdir()) == []
    assert disk_cache.note == f"the cache in {tmp_path / 'kept'} is not used: {link} is a symbolic link"


def test_a_link_above_a_directory_of_the_project_is_one_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root/build").symlink_to(tmp_path / "elsewhere")
    disk_cache = DiskCache(tmp_path / "root/build/cache", above=tmp_path / "root")
    keep_facts(disk_cache, SOURCE, read_source(SOURCE))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert disk_cache.lock_file is None
    keep_facts(DiskCache(tmp_path / "root/build/cache"), SOURCE, read_source(SOURCE))
    assert _facts(DiskCache(tmp_path / "elsewhere/cache"), SOURCE) is not None, (
        "a directory that is named may be reached by a link"
    )


@pytest.mark.parametrize("source", [pytest.param(SOURCE, id="facts"), pytest.param(b"def (:\n", id="unreadable")])
def test_facts_come_back(tmp_path: Path, source: bytes) -> None:
    reading = read_source(source)
    keep_facts(DiskCache(tmp_path), source, reading)
    assert _facts(DiskCache(tmp_path), source) == reading
    assert _facts(DiskCache(tmp_path), source + b"\n") is None


def test_a_directory_that_cannot_be_looked_into_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "is_symlink", refuse)
    disk_cache = DiskCache(tmp_path / "cache")
    disk_cache.write("key", 1)
    assert disk_cache.read("key", int) is None
    assert disk_cache.lock_file is None
    disk_cache.tidy()
    assert disk_cache.note == f"the cache in {tmp_path}/cache is not used: {tmp_path}/cache: Permission denied"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("source", [b"X = 18446744073709551617\n", b"X = '\\ud83d'\n"], ids=["long", "half-a-pair"])
def test_facts_without_a_form_are_not_kept(tmp_path: Path, source: bytes) -> None:
    disk_cache = DiskCache(tmp_path)
    keep_facts(disk_cache, source, read_source(source))
    assert disk_cache.is_usable
    assert _facts(DiskCache(tmp_path), source) is None


def test_the_scout_is_asked_once_for_a_content_and_the_words_in_it(tmp_path: Path) -> None:
    signs = Signs(frozenset({"set"}), frozenset(), frozenset())
    for asked in (2, 0):
        statistics = RunStatistics()
        scouting = KeptScouting(DiskCache(tmp_path), DirectReader(statistics).scout, statistics)
        sought = [(b"# rows\nx = 1\n", frozenset({word})) for word in ("x", "rows", "x")]
        answers = [*scouting(sought, signs), *scouting(sought[:1], signs)]
        assert [memos for memos, _ in answers] == [(), None, (), ()]
        assert [reading is not None for _, reading in answers] == [asked > 0, False, asked > 0, False]
        assert statistics.counts["scouted"] == asked
        scouting.keep()


def test_projects_are_told_apart(tmp_path: Path) -> None:
    keep_facts(DiskCache(tmp_path, "one"), SOURCE, Unreadable(1, 1, "only here"))
    assert _facts(DiskCache(tmp_path, "two"), SOURCE) is None


def test_another_version_of_the_tool_trusts_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_facts(DiskCache(tmp_path), SOURCE, read_source(SOURCE))
    monkeypatch.setattr("qscache_lint.disk_cache.disk_cache.tool_digest", lambda: "another")
    assert _facts(DiskCache(tmp_path), SOURCE) is None


def test_the_directory_says_what_it_is(tmp_path: Path) -> None:
    keep_facts(DiskCache(tmp_path), SOURCE, read_source(SOURCE))
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()[-1] == "*"
    assert (tmp_path / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_directory_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    disk_cache = DiskCache(tmp_path / "file" / "cache")
    keep_facts(disk_cache, SOURCE, read_source(SOURCE))
    disk_cache.tidy()
    assert not disk_cache.is_usable
    assert _facts(disk_cache, SOURCE) is None


def test_what_is_not_used_goes_once_it_is_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNUSED_ENTRIES", 1)
    sources = [SOURCE + b"#" * number for number in range(5)]
    for source in sources:
        keep_facts(DiskCache(tmp_path), source, read_source(source))
    disk_cache = DiskCache(tmp_path)
    _facts(disk_cache, sources[0])
    keep_facts(disk_cache, sources[1], read_source(sources[1]))
    disk_cache.has_used_all = True
    disk_cache.tidy()
    assert all(_known(tmp_path, sources)), "not much"
    disk_cache = DiskCache(tmp_path)
    keep_facts(disk_cache, sources[0], read_source(sources[0]))
    disk_cache.tidy()
    assert all(_known(tmp_path, sources)), "without an analysis it is not known what is of use"
    disk_cache.has_used_all = True
    disk_cache.tidy()
    assert _known(tmp_path, sources) == [True, False, False, False, False]


def _known(directory: Path, sources: list[bytes]) -> list[bool]:
    return [_facts(DiskCache(directory), source) is not None for source in sources]


def test_only_the_newest_versions_stay(tmp_path: Path) -> None:
    names = [digit * 16 for digit in "01234"]
    for number, name in enumerate(names):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, ns=(number * 10**9, number * 10**9))
    place.drop_other_tools(tmp_path, names[-1])
    assert sorted(path.name for path in tmp_path.iterdir()) == names[2:]


def test_directories_that_are_not_of_the_store_stay(tmp_path: Path) -> None:
    """The cache may stand beside other things."""
    names = sorted(["shop", "docs", "tests", "0123456789abcdef0", "component-x", *(str(each) for each in range(20))])
    for name in names:
        (tmp_path / name).mkdir()
    place.drop_other_tools(tmp_path, "0" * 16)
    place.drop_components(tmp_path, set())
    assert sorted(path.name for path in tmp_path.iterdir()) == names


WRITER = """
import itertools, sys
from pathlib import Path
from qscache_lint.disk_cache.entries import write_entry
for number in itertools.count():
    write_entry(Path(sys.argv[1]), [number] * 200_000, "entry")
    print(flush=True)
"""


def test_a_writer_that_is_killed_leaves_a_whole_entry(tmp_path: Path) -> None:
    path = tmp_path / "entry"
    for wait in range(8):
        process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait / 500)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        numbers = read_entry(path, list[int], "entry")
        assert numbers is not None
        assert len(numbers) == 200_000
        assert len(set(numbers)) == 1


def test_what_a_killed_writer_leaves_half_written_goes_later(tmp_path: Path) -> None:
    old, young = tmp_path / ".new-old", tmp_path / ".new-young"
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, ns=(0, 0))
    assert is_temporary(old)
    place.drop_unused(tmp_path, (), time.time_ns())
    assert [file.exists() for file in (old, young)] == [False, True]


# -- manifests


def _manifest(root: Path, paths: list[str]) -> Manifest:
    seen = look_at(root, paths)
    return Manifest(seen.paths, seen.states, tuple((root / path).read_bytes() for path in paths))


def _changed(root: Path, before: Manifest) -> list[str]:
    return list(before.changed(look_at(root, before.paths), lambda path: (root / path).read_bytes()))


def _refuse(path: str) -> bytes:
    raise AssertionError(path)


def test_the_state_of_files_is_enough_while_it_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    assert list(_manifest(tmp_path, ["a.py"]).changed(look_at(tmp_path, ["a.py"]), _refuse)) == []


def test_the_content_decides_where_the_state_differs(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    kept = _manifest(tmp_path, ["a.py"])
    os.utime(tmp_path / "a.py", ns=(1, 1))
    assert _changed(tmp_path, kept) == []
    (tmp_path / "a.py").write_bytes(b"2")
    assert _changed(tmp_path, kept) == ["a.py"]


def test_an_edit_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"1")
    before = file.stat()
    kept = _manifest(tmp_path, ["a.py"])
    time.sleep(0.02)
    file.write_bytes(b"2")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert _changed(tmp_path, kept) == ["a.py"]


def test_the_state_of_a_young_file_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    kept = _manifest(tmp_path, ["a.py"])
    young = settled(kept, time.time_ns())
    old = settled(kept, time.time_ns() + 10**10)
    assert old == kept
    assert young != kept
    assert _changed(tmp_path, young) == []
    with pytest.raises(AssertionError):
        list(young.changed(look_at(tmp_path, ["a.py"]), _refuse))


def test_overlaid_text_is_looked_at_each_time(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    now = look_at(tmp_path, ["a.py"], {"a.py"})
    kept = Manifest(now.paths, now.states, (b"1",))
    assert list(kept.changed(now, lambda path: b"1")) == []
    assert list(kept.changed(now, lambda path: b"2")) == ["a.py"]
