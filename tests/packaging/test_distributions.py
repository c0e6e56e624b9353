"""What is released: the same bytes in every build, with nothing in them but what is meant to be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from qscache_lint import __version__

ROOT = Path(__file__).parents[2]
LEFT_OUT = (".*_cache", ".venv*", ".git", ".nox", ".hypothesis", "__pycache__", "build", "dist")
HIDDEN = {".gitignore", ".pre-commit-hooks.yaml"}
"""Files with a hidden name that a source distribution has."""

BUILD = """
import os, sys
from hatchling.build import build_sdist, build_wheel
os.umask(int(sys.argv[2]))
print(build_sdist(sys.argv[1]), build_wheel(sys.argv[1]))
"""


def _copy(target: Path, seconds: int) -> Path:
    """The files of the project as a clone has them, with times of their own."""
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for path in target.rglob("*"):
        os.utime(path, (seconds, seconds))
    return target


def _build(root: Path, umask: int) -> tuple[Path, Path]:
    """A source distribution and a wheel of a directory."""
    output = root.with_name(f"{root.name}-built")
    output.mkdir()
    command = [sys.executable, "-c", BUILD, str(output), str(umask)]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    source, wheel = done.stdout.split()[-2:]
    return output / source, output / wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _build(_copy(tmp_path_factory.mktemp("one") / "one", 1_000_000_000), 0o022)


def test_two_builds_are_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    again = _build(_copy(tmp_path / "somewhere else", 1_700_000_000), 0o077)
    assert [path.name for path in again] == [path.name for path in built]
    assert [sha256(path.read_bytes()).digest() for path in again] == [
        sha256(path.read_bytes()).digest() for path in built
    ]


def test_a_wheel_of_the_source_distribution_is_that_of_the_checkout(built: tuple[Path, Path], tmp_path: Path) -> None:
    source, wheel = built
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data") if sys.version_info >= (3, 12) else archive.extractall(tmp_path)
    _, again = _build(tmp_path / source.name.removesuffix(".tar.gz"), 0o022)
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_has_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"qscache_lint-{__version__}.dist-info/METADATA").decode()
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "qscache_lint").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert names == package | {f"qscache_lint-{__version__}.dist-info/{name}" for name in about}
    assert {Path(name).suffix for name in package} <= {".py", ".toml", ".typed", ".css", ".js", ".html", ".jinja"}
    assert "License-Expression: MIT" in metadata
    assert "Requires-Python: >=3.10" in metadata


def test_the_source_distribution_has_nothing_that_is_only_here(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        members = archive.getmembers()
    names = [Path(*Path(member.name).parts[1:]) for member in members]
    assert all(member.isfile() for member in members)
    hidden = {part for name in names for part in name.parts if part.startswith(".")}
    assert hidden - {part for part in hidden if _is_fixture(part, names)} <= HIDDEN
    assert {Path("LICENSE"), Path("README.md"), Path("pyproject.toml"), Path("tests/conftest.py")} <= {*names}
    assert not any({"__pycache__", ".venv", "node_modules"} & set(name.parts) for name in names)


def _is_fixture(part: str, names: list[Path]) -> bool:
    """Whether a hidden name stands in fixtures only."""
    return all(name.parts[0] == "fixtures" for name in names if part in name.parts)
