"""The same bytes and settings give the same report, byte for byte, whatever else differs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.drawing import EVERYTHING
from tests.entry.console import contents, run
from tests.unit.projects import QUERIES, READER, REFINER, lay, side_by_side, write

CACHE = ".qscache_lint_cache"
TEXT = ("--output-format", "json")

ENVIRONMENTS: Sequence[Mapping[str, str]] = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "4294967295", "TZ": "Pacific/Apia", "LC_ALL": "POSIX", "PYTHONIOENCODING": "utf-8"},
)


def _checked(root: Path, *options: str, **environment: str) -> bytes:
    """The report of a run of its own process, which says nothing else."""
    command = [str(Path(sys.executable).with_name("qscache-lint")), "check", *TEXT, *options]
    process = subprocess.run(
        command, cwd=root, capture_output=True, check=False, env={**os.environ, **environment}
    )
    assert (process.returncode, process.stderr) == (1, b"")
    return process.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two components, and enough files that workers get some."""
    write(tmp_path, side_by_side("tin", "wood"))
    others = {f"site_tin/tin/part{number}.py": REFINER.replace("shop", "tin") for number in range(12)}
    write(tmp_path, others)
    return tmp_path


def test_neither_jobs_nor_the_environment_change_a_byte(project: Path) -> None:
    expected = _checked(project, "--no-cache", "--jobs", "1", **ENVIRONMENTS[0])
    assert expected.count(b"QSC201") > 12
    jobs = range(2, 9) if EVERYTHING else (2, 8)
    for number, environment in zip(jobs, (*ENVIRONMENTS[1:], *ENVIRONMENTS, *ENVIRONMENTS), strict=False):
        assert _checked(project, "--no-cache", "--jobs", str(number), **environment) == expected


def test_the_state_of_the_cache_changes_no_byte(project: Path) -> None:
    expected = _checked(project, "--no-cache", "--jobs", "1")
    assert _checked(project) == expected
    entries = [path for path in sorted((project / CACHE).rglob("*")) if path.is_file()]
    drawn = random.Random(0)
    for _ in range(20 if EVERYTHING else 1):
        for path in drawn.sample(entries, len(entries) // 3):
            content = bytearray(path.read_bytes() if path.exists() else b"")
            if content:
                content[drawn.randrange(len(content))] ^= 1 << drawn.randrange(8)
            path.write_bytes(content)
        process = run("qscache-lint", "check", *TEXT, cwd=project)
        assert process.stdout == expected
        assert process.stderr.count(b"\n") <= 1  # a damaged cache is told of


def test_the_order_in_which_files_are_made_changes_no_byte(tmp_path: Path) -> None:
    files = {"shop/queries.py": QUERIES, "shop/reader.py": READER, "shop/one.py": REFINER, "shop/two.py": REFINER}
    reports = []
    for seed in range(6 if EVERYTHING else 2):
        root = tmp_path / str(seed) / "root"
        names = sorted(files)
        random.Random(seed).shuffle(names)
        lay(root, {name: files[name] for name in names})
        reports.append(_checked(root, "--no-cache", "--jobs", "1").replace(os.fsencode(tmp_path / str(seed)), b""))
    assert len(set(reports)) == 1


def test_the_entries_find_the_same(project: Path) -> None:
    """flake8, a file named by itself, standard input, and the command."""
    rows = run("qscache-lint", "check", "--output-format", "concise", cwd=project).stdout.decode().splitlines()
    shown = {line.split(" ")[0].rstrip(":") for line in rows if not line.startswith("Found")}
    flake8 = run("flake8", "--select=QSC", "-j2", "--extend-exclude", CACHE, cwd=project).stdout.decode().splitlines()
    assert {line.split(" ")[0].removeprefix("./").rstrip(":") for line in flake8} == shown
    path = "site_wood/wood/refiner.py"
    asked = [line for line in rows if line.startswith(path)]
    named = run("qscache-lint", "check", "--output-format", "concise", path, cwd=project).stdout.decode().splitlines()
    options = ("check", "--output-format", "concise", "--stdin-filename", path)
    given = run("qscache-lint", *options, cwd=project, stdin=contents(project)[path]).stdout.decode().splitlines()
    assert asked == named == given != []
