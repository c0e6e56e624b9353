"""Sources and trees made to crash, stall or deceive: each file is analysed, or is QSC900; the rest is reported."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from qscache_lint.cli import main
from qscache_lint.source import files
from tests.drawing import EVERYTHING
from tests.entry.console import contents, run, runner
from tests.unit.projects import QUERIES, REFINER, lay

TEXT = REFINER.encode()
SIZE = 100 if EVERYTHING else 1
"""How many times 100,000 characters, or 2,000 lines, the long ones have."""

READABLE: Mapping[str, bytes] = {
    "bom": b"\xef\xbb\xbf" + TEXT,
    "bom_and_cookie": b"\xef\xbb\xbf# coding: utf-8\n" + TEXT,
    "crlf": TEXT.replace(b"\n", b"\r\n"),
    "cr": TEXT.replace(b"\n", b"\r"),
    "mixed_newlines": b"a = 1\r\nb = 2\rc = 3\n\x0c\n" + TEXT,
    "next_line_and_separator": "# \x85 \u2028 \u2029\n".encode() + TEXT,
    "latin_1": b"# coding: latin-1\n# caf\xe9\n" + TEXT,
    "ebcdic_in_a_comment": b"# vim: set fileencoding=utf-8 : cp037\n" + TEXT,
    "no_newline_at_the_end": TEXT.rstrip(),
    "long_line": TEXT + b"DATA = '" + b"x" * SIZE * 100_000 + b"'\n",
    "long_comment": TEXT + b"#" * SIZE * 100_000 + b"\n",
    "long_list": TEXT + b"DATA = [" + b"1, " * SIZE * 2_000 + b"]\n",
    "many_lines": TEXT + b"x = recent_items\n" * SIZE * 2_000,
    "many_functions": TEXT + b"".join(b"def f%d(): return recent_items()\n" % n for n in range(SIZE * 30)),
    "tabs": TEXT.replace(b"    ", b"\t"),
    "escaped_surrogates": TEXT + b'HALF = "\\ud83d"\n',
    "huge_number": TEXT + b"N = 0x" + b"f" * 100_000 + b"\n",
    "one_name_in_all_scripts": TEXT + "ſ = ﬀ = 𝔵 = Å = 1\n".encode(),
}
"""Sources that Python takes: the use is found in each."""

UNREADABLE: Mapping[str, bytes] = {
    "null": TEXT + b"\0",
    "null_at_the_start": b"\0" + TEXT,
    "invalid_utf_8": TEXT + b"# \xff\xfe\n",
    "encoded_surrogate": TEXT + b"# \xed\xa0\xbd\n",
    "overlong": TEXT + b"# \xc0\xaf\n",
    "unknown_cookie": b"# coding: klingon\n" + TEXT,
    "cookie_of_no_text": b"# coding: zlib_codec\n" + TEXT,
    "cookie_of_bytes": b"# coding: base64\n" + TEXT,
    "bom_against_cookie": b"\xef\xbb\xbf# coding: latin-1\n" + TEXT,
    "brackets": TEXT + b"x = " + b"(" * 5000 + b")" * 5000 + b"\n",
    "open_brackets": TEXT + b"[" * 100_000,
    "chain": TEXT + b"x = a" + b".b()" * 20_000 + b"\n",
    "sum": TEXT + b"x = " + b"1 + " * 20_000 + b"1\n",
    "lambdas": TEXT + b"x = " + b"lambda: " * 20_000 + b"1\n",
    "indented": TEXT + b"".join(b" " * n + b"if x:\n" for n in range(120)) + b" " * 120 + b"x\n",
    "elifs": TEXT + b"if x:\n    pass\n" + b"elif x:\n    pass\n" * 5000,
    "fstrings": TEXT + b"x = " + b"f'{" * 200 + b"1" + b"}'" * 200 + b"\n",
    "unclosed_string": TEXT + b'x = """' + b"y" * 100_000,
    "git_conflict": b"<<<<<<< HEAD\n" + TEXT,
}
"""Sources that Python, or we, refuse."""

UNASKED: Mapping[str, bytes] = {
    "utf_16": TEXT.decode().encode("utf-16"),
    "utf_16_without_bom": TEXT.decode().encode("utf-16-le"),
    "utf_32": TEXT.decode().encode("utf-32"),
}
"""Sources that Python refuses, and that have no name in a form that anything could ask for: told of when named."""


def _call(*arguments: str) -> Result:
    return runner().invoke(main, [*arguments], catch_exceptions=False)


def _heads(output: str) -> set[str]:
    return {f"{line.split(':')[0]} {line.split(' ')[1]}" for line in output.splitlines()}


def test_each_file_is_analysed_or_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {f"shop/{name}.py": source for name, source in {**READABLE, **UNREADABLE, **UNASKED}.items()}
    lay(tmp_path, {"shop/queries.py": QUERIES, **sources})
    monkeypatch.chdir(tmp_path)
    cold, apart, warm = (
        _call("check", "--output-format", "concise", *options)
        for options in (("--no-cache", "--jobs", "1"), ("--jobs", "2"), ())
    )
    expected = {f"shop/{name}.py QSC201" for name in READABLE} | {f"shop/{name}.py QSC900" for name in UNREADABLE}
    assert _heads(cold.stdout) == {"shop/queries.py QSC101", *expected}
    assert cold.stdout == apart.stdout == warm.stdout
    assert (cold.exit_code, cold.stderr, apart.stderr, warm.stderr) == (1, "", "", "")
    assert max(map(len, cold.stdout.splitlines())) < 400
    named = _call("check", "--output-format", "concise", *(f"shop/{name}.py" for name in UNASKED))
    assert _heads(named.stdout) == {f"shop/{name}.py QSC900" for name in UNASKED}
    before = contents(tmp_path)
    assert _call("fix", "--unsafe-fixes").exit_code in (0, 1)
    changed = {path for path, source in contents(tmp_path).items() if before[path] != source}
    assert not changed & {f"shop/{name}.py" for name in UNREADABLE}


def test_a_file_without_an_end_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER, "shop/sparse.py": REFINER})
    os.truncate(tmp_path / "shop/sparse.py", 10**12)
    os.truncate(tmp_path / "shop/__init__.py", 10**12)
    (tmp_path / ".gitignore").touch()
    os.truncate(tmp_path / ".gitignore", 10**12)
    monkeypatch.chdir(tmp_path)
    result = _call("check", "--output-format", "concise")
    found = {"shop/queries.py QSC101", "shop/refiner.py QSC201", "shop/sparse.py QSC900", "shop/__init__.py QSC900"}
    assert _heads(result.stdout) == found
    assert "cannot be read: File too large" in result.stdout


# -- trees


def test_links_neither_multiply_files_nor_lead_round_in_circles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    lay(root, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    lay(outside, {"other.py": REFINER})
    monkeypatch.chdir(root)
    plain = _call("check", "--output-format", "concise", "--no-cache")
    (root / "shop/circle").symlink_to("..")
    (root / "shop/self").symlink_to("self")
    (root / "shop/one").symlink_to("two")
    (root / "shop/two").symlink_to("one")
    (root / "away").symlink_to(outside)
    (root / "nowhere.py").symlink_to("gone.py")
    linked = _call("check", "--output-format", "concise", "--no-cache")
    assert (linked.stdout, linked.stderr) == (plain.stdout, "")


def test_names_that_differ_in_case_are_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/Refiner.py": REFINER, "shop/refiner.py": REFINER})
    monkeypatch.chdir(tmp_path)
    result = _call("check", "--output-format", "concise", "--no-cache")
    assert _heads(result.stdout) == {"shop/queries.py QSC101", "shop/Refiner.py QSC201", "shop/refiner.py QSC201"}


@pytest.mark.usefixtures("isolation")
@pytest.mark.parametrize("happens", [os.unlink, partial(os.truncate, length=0), partial(os.chmod, mode=0)])
def test_a_file_may_vanish_or_change_at_any_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[str], None]
) -> None:
    reads = 0
    for step in range(1, 60, 1 if EVERYTHING else 5):
        root = tmp_path / str(step)
        lay(root, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
        monkeypatch.chdir(root)
        with monkeypatch.context() as patch:
            reads = _at_read(step, patch, lambda: happens("shop/refiner.py"))
            result = _call("fix", "--unsafe-fixes", "--output-format", "concise")
        assert result.exit_code in (0, 1, 2)
        assert "Traceback" not in result.output
        assert set(contents(root)) <= {"pyproject.toml", *(f"shop/{name}.py" for name in _NAMES)}
    assert reads >= 5


_NAMES = ("__init__", "models", "queries", "refiner")


def _at_read(step: int, patch: pytest.MonkeyPatch, happen: Callable[[], None]) -> int:
    """Have something happen before the file is opened that comes so many files later; says how many may be opened."""
    opened = 0
    real = files.open_regular

    def open_regular(path: Any, *arguments: Any) -> int:
        nonlocal opened
        opened += 1
        if opened == step:
            happen()
        return real(path, *arguments)

    patch.setattr(files, "open_regular", open_regular)
    return step


# -- disks


def test_a_tree_that_cannot_be_written_is_reported_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    monkeypatch.chdir(tmp_path)
    plain = _call("check", "--no-cache")
    before = contents(tmp_path)
    with monkeypatch.context() as patch:
        _without_writing(patch)
        result = _call("check")
        assert (result.stdout, result.stderr, result.exit_code) == (plain.stdout, "", 1)
        fixed = _call("fix", "--unsafe-fixes")
    assert fixed.exit_code == 2
    assert fixed.stderr.splitlines()[-1].endswith("Read-only file system; nothing was changed")
    assert contents(tmp_path) == before


def _without_writing(patch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(*arguments: Any, **named: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def guarded(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and str(path) != os.devnull
        return int(refuse() if writes else real(path, flags, *arguments, **named))

    patch.setattr(os, "open", guarded)
    for name in ("mkdir", "link", "rename", "replace", "unlink"):
        patch.setattr(os, name, refuse)


@pytest.mark.parametrize("most", [0, 100, 3000] if EVERYTHING else [100])
def test_a_disk_that_is_full_costs_the_cache_and_no_file(tmp_path: Path, most: int) -> None:
    """No file may grow beyond so many bytes, as where a quota or the disk is at its end."""
    lay(tmp_path, {"shop/queries.py": QUERIES, "shop/refiner.py": REFINER})
    plain = run("qscache-lint", "check", "--no-cache", cwd=tmp_path)
    before = contents(tmp_path)
    for command in (("check",), ("fix", "--unsafe-fixes")):
        process = subprocess.run(
            [Path(sys.executable).with_name("qscache-lint"), *command],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            env=dict(os.environ),
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most)),
        )
        assert b"Traceback" not in process.stderr
        if command == ("check",):
            assert (process.stdout, process.returncode) == (plain.stdout, 1)
    assert (process.returncode == 2) is (contents(tmp_path) == before)
