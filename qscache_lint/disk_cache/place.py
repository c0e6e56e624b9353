"""The directory of a disk cache: where it is, what marks it, and how what is old goes away."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from qscache_lint import __version__, limits
from qscache_lint.disk_cache.entries import is_temporary, replace_file

DIRECTORY = ".qscache_lint_cache"
_MARKS = {
    ".gitignore": b"# Made by qscache-lint.\n*\n",
    "CACHEDIR.TAG": (
        b"Signature: 8a477f597d28d172789f06886806bc55\n"
        b"# This file marks a cache directory made by qscache-lint: https://bford.info/cachedir/\n"
    ),
}
_OTHER_CODE = ("libcst/_version.py", "flake8/__init__.py", "black/linegen.py")
"""Files of other packages that change when these packages do: they decide what parses, what `noqa` means, and where
lines are wrapped."""

_OF_A_TOOL = re.compile(r"[0-9a-f]{16}")
_OF_A_COMPONENT = re.compile(r"component-[0-9a-f]{24}")
"""Names of directories in a disk cache: nothing else that lies there is ours to remove."""


@lru_cache(maxsize=1)
def tool_digest() -> str:
    """What stands for everything but the project that decides about findings: our code, our tables, the parsers."""
    found = sha256(f"{__version__} {sys.version_info[:3]}".encode())
    package = Path(__file__).parents[1]
    for directory, names, files in os.walk(package):
        names.sort()
        found.update(os.path.relpath(directory, package).encode())
        for name in sorted(files):
            if name.endswith((".py", ".toml")):
                found.update(name.encode())
                with open(f"{directory}/{name}", "rb") as file:  # noqa: PTH123 (a hundred times in each run)
                    found.update(file.read())
    for name in _OTHER_CODE:
        found.update(_beside(name))
    return found.hexdigest()[:16]


def _beside(name: str) -> bytes:
    """A file of another package; nothing is imported for it."""
    package, _, path = name.partition("/")
    spec = find_spec(package)
    locations = [] if spec is None else list(spec.submodule_search_locations or ())
    files = [Path(location) / path for location in locations]
    return b"".join(file.read_bytes() for file in files if file.is_file())


def first_link(directory: Path, above: Path) -> Path | None:
    """The first symbolic link on the way to a directory from one `above` it; None where there is none.

    Raises OSError where the path cannot be examined.
    """
    for part in directory.relative_to(above).parts:
        above = above / part
        if above.is_symlink():
            return above
    return None


def mark(directory: Path) -> bool:
    """Make the directory of a disk cache. Says whether it is there, and marked unless it holds something else.

    The marks keep git and backups away, which is not for a directory that was there before, such as the project itself.
    """
    if _holds_something_else(directory):
        return True
    return all((directory / name).exists() or replace_file(directory / name, text) for name, text in _MARKS.items())


def _holds_something_else(directory: Path) -> bool:
    try:
        names = {path.name for path in directory.iterdir()}
    except OSError:
        return False
    return bool(names) and names.isdisjoint(_MARKS)


def drop_other_tools(directory: Path, ours: str) -> None:
    """Remove what other versions have left behind, but for the newest few."""
    _drop_oldest(directory, _OF_A_TOOL, {ours}, limits.CACHED_VERSIONS - 1)


def drop_components(directory: Path, used: Collection[str]) -> None:
    """Remove the directories of components that are not `used`, but for some of the newest."""
    _drop_oldest(directory, _OF_A_COMPONENT, used, limits.UNUSED_COMPONENTS)


def drop_unused(directory: Path, used: Collection[str], now: int) -> None:
    """Remove entries that the last run did not use, once they are many, and what killed runs have left half written."""
    try:
        unused = [path for path in directory.rglob("*") if path.is_file() and path.name not in used]
        old = now - limits.TEMPORARY_NANOSECONDS
        abandoned = [path for path in unused if is_temporary(path) and path.stat().st_mtime_ns < old]
    except OSError:
        return
    for path in unused if len(unused) > len(used) + limits.UNUSED_ENTRIES else abandoned:
        with suppress(OSError):  # it stays for another run
            path.unlink()


def _drop_oldest(directory: Path, names: re.Pattern[str], used: Collection[str], spared: int) -> None:
    import shutil

    try:
        others = [path for path in directory.iterdir() if names.fullmatch(path.name) and path.name not in used]
        others.sort(key=lambda path: path.lstat().st_mtime_ns, reverse=True)
    except OSError:
        return
    for path in others[spared:]:
        shutil.rmtree(path, ignore_errors=True)
