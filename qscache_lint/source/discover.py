"""Where a project begins, and which files belong to it.

Both are functions of the file system alone, so that every entry point (command, flake8, pre-commit) sees one project.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from qscache_lint import limits
from qscache_lint.errors import UsageError
from qscache_lint.source.files import read_regular
from qscache_lint.source.ignored import NAME as IGNORE_FILE
from qscache_lint.source.ignored import Ignored

DEFAULT_EXCLUDE = (
    ".git",
    ".hg",
    ".svn",
    ".bzr",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    ".eggs",
    "*.egg",
    "__pycache__",
    "node_modules",
    "site-packages",
    "dist-packages",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".qscache_lint_cache",
)

_Told: TypeAlias = Callable[[OSError], None]

_WILD = re.compile(r"[*?\[]")
_PYTHON = (".py", ".pyi")
_SETTINGS = (".toml", ".cfg", ".ini", ".flake8", ".yaml", ".yml", ".json", ".env")
_TEMPLATES = frozenset({"templates", "jinja2"})

_ROOT_MARKERS: tuple[tuple[str, ...], ...] = (
    (".git", ".hg"),
    ("pyproject.toml", "setup.py", "setup.cfg"),
    ("manage.py",),
)
"""What stands at the top of a project, best evidence first; of each kind the nearest one counts."""


_ENVIRONMENTS = frozenset({"pyvenv.cfg", "conda-meta"})
"""What stands at the top of a virtual environment."""

_LICENCES = frozenset({"LICENSE", "LICENCE", "COPYING"})


def absolute(path: Path) -> Path:
    """A path from the top of the file system, without `..` in it; links stay."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def find_root(path: Path, given: Iterable[Path] = ()) -> Path:
    """The project root of `path` (a file or directory that exists), as an absolute path.

    The nearest directory above it whose `pyproject.toml` has a `[tool.qscache-lint]` table, else the nearest checkout,
    else the nearest packaging file, else the nearest `manage.py`. Where nothing marks a project, it is the outermost of
    the `given` directories (absolute paths) that the path is in, else the directory itself. The top of a file system is
    never a project, whatever stands there.
    """
    start = absolute(path)
    directory = start if is_directory(start) else start.parent
    ancestors = [each for each in (directory, *directory.parents) if not is_top(each)]
    for ancestor in ancestors:
        if has_table(ancestor / "pyproject.toml"):
            return ancestor
    for markers in _ROOT_MARKERS:
        for ancestor in ancestors:
            if any(os.path.exists(ancestor / marker) for marker in markers):  # noqa: PTH110 (without permission: no)
                return ancestor
    around = (each for each in given if each in ancestors and each != each.parent)
    return min(around, key=lambda each: len(each.parts), default=directory)


def checkout_of(path: Path) -> Path | None:
    """The top of the checkout that a directory is in; None outside of one."""
    checkouts, *_ = _ROOT_MARKERS
    for each in (path, *path.parents):
        if any(os.path.exists(each / marker) for marker in checkouts):  # noqa: PTH110 (without permission: no)
            return each
    return None


def is_directory(path: Path) -> bool:
    """Whether a path leads to a directory. One that cannot be examined is none."""
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises for that)


def is_top(directory: Path) -> bool:
    """Whether a path is the top of a file system, as `/`."""
    return directory == directory.parent


def is_project(directory: Path) -> bool:
    """Whether a directory is a project of its own: it has what stands at the top of one, or a licence."""
    try:
        names = os.listdir(directory)  # noqa: PTH208 (names are all that is asked for)
    except OSError:
        return False
    markers = {marker for kind in _ROOT_MARKERS for marker in kind}
    return not markers.isdisjoint(names) or any(name.partition(".")[0].upper() in _LICENCES for name in names)


@lru_cache(maxsize=8)
def tables_of(source: bytes) -> Mapping[str, Any]:
    """The tables of a TOML file, which no code changes: one that marks a project has its settings, too, and is parsed
    once. Raises ValueError when it is not valid."""
    import msgspec

    document: Mapping[str, Any] = msgspec.toml.decode(source)
    return document


def has_table(pyproject: Path) -> bool:
    """Whether a `pyproject.toml` has a `[tool.qscache-lint]` table.

    One that mentions the tool and is not valid TOML counts, so that the settings loader can say what is wrong.
    """
    try:
        source = read_regular(pyproject)
    except OSError:
        return False
    if b"qscache-lint" not in source:
        return False
    try:
        tools = tables_of(source).get("tool", {})
    except ValueError:
        return True
    return isinstance(tools, dict) and "qscache-lint" in tools


def _ignore(error: OSError) -> None:
    """Take a directory that cannot be listed for an empty one."""


def python_files(
    root: Path,
    exclude: Sequence[str] = DEFAULT_EXCLUDE,
    unlisted: _Told = _ignore,
    ignored: Ignored | None = None,
) -> Iterator[str]:
    """Every Python file below `root`, as a path relative to it with forward slashes, in a stable order.

    `exclude` holds shell patterns for a single name or for a whole relative path. Virtual environments are left out,
    and what is `ignored`. `unlisted` is told of each directory that cannot be listed.
    """
    return chain.from_iterable(_by_directory(root, _PYTHON, exclude, unlisted=unlisted, ignored=ignored))


def is_left_out(root: Path, path: str, exclude: Sequence[str], ignored: Ignored | None) -> bool:
    """Whether `python_files` would not give a file because it, or a directory around it, is excluded or ignored."""
    excluded, prefix = _Excluded(exclude), ""
    *directories, name = path.split("/")
    for directory in directories:
        ignored = None if ignored is None else ignored.inside(f"{root}/{prefix}", prefix)
        if excluded(directory, prefix) or (ignored is not None and ignored(f"{prefix}{directory}/")):
            return True
        prefix += f"{directory}/"
    ignored = None if ignored is None else ignored.inside(f"{root}/{prefix}", prefix)
    return excluded(name, prefix) or (ignored is not None and ignored(path))


def is_python(name: str) -> bool:
    """Whether a file is one of Python, by its name."""
    return name.endswith(_PYTHON)


def is_foreign(name: str) -> bool:
    """Whether what has this name is never part of a project, if its settings say nothing else."""
    return _Excluded(DEFAULT_EXCLUDE)(name, "")


def project_files(
    root: Path,
    exclude: Sequence[str] = DEFAULT_EXCLUDE,
    unlisted: _Told = _ignore,
    ignored: Ignored | None = None,
) -> tuple[str, ...]:
    """The Python files of the project at `root`, as `python_files` gives them.

    Raises UsageError for the top of a file system, and for a directory that nothing marks as a project and that has
    more in it than any project has.
    """
    if is_top(root.resolve()):
        raise UsageError(f"{root}: the root of the file system is not a project: name a directory in it")
    if is_project(root):
        return tuple(python_files(root, exclude, unlisted, ignored))
    found: list[str] = []
    for number, names in enumerate(_by_directory(root, _PYTHON, exclude, unlisted=unlisted, ignored=ignored)):
        found += names
        if number >= limits.WALKED_DIRECTORIES or len(found) > limits.WALKED_FILES:
            raise UsageError(
                f"{root}: more than {limits.WALKED_FILES:,} Python files or {limits.WALKED_DIRECTORIES:,} directories, "
                "and no project marker: name a project in it, or add a pyproject.toml with a "
                "[tool.qscache-lint] table"
            )
    return tuple(found)


def code_files(root: Path, without: Container[str] = (), unlisted: _Told = _ignore) -> Iterator[str]:
    """Every file below `root` that people write Python in, notebooks included, in a stable order.

    What is below one of the directories `without`, which are relative to the root, is left out. `unlisted` is told of
    each directory that cannot be listed.
    """
    return _ending(root, (".py", ".pyi", ".ipynb"), DEFAULT_EXCLUDE, without, unlisted)


def setting_files(root: Path, without: Container[str] = ()) -> Iterator[str]:
    """Every file below `root` that may hold settings, and so name things of the project, as `code_files` does."""
    return _ending(root, _SETTINGS, DEFAULT_EXCLUDE, without)


def _ending(
    root: Path,
    suffixes: tuple[str, ...],
    exclude: Sequence[str],
    without: Container[str] = (),
    unlisted: _Told = _ignore,
) -> Iterator[str]:
    """Every file below `root` whose name ends in one of `suffixes`, as `python_files` gives those of Python."""
    return chain.from_iterable(_by_directory(root, suffixes, exclude, without, unlisted))


def _by_directory(
    root: Path,
    suffixes: tuple[str, ...],
    exclude: Sequence[str],
    without: Container[str] = (),
    unlisted: _Told = _ignore,
    ignored: Ignored | None = None,
) -> Iterator[list[str]]:
    """The same, as a list for each directory, without what is `ignored`."""
    excluded = _Excluded(exclude)
    for prefix, names, inside in _walk(str(root), "", excluded, without, unlisted, ignored):
        yield [
            prefix + name
            for name in names
            if name.endswith(suffixes)
            and not excluded(name, prefix)
            and not (inside is not None and inside(prefix + name))
        ]


def template_files(root: Path, without: Container[str] = (), directories: Sequence[str] = ()) -> Iterator[str]:
    """Every file below a directory for templates, but for Python files, as `code_files` does.

    `directories` are the ends of paths of such directories, beside those that are called so.
    """
    everywhere = not _TEMPLATES.isdisjoint(root.parts)
    others = tuple(f"/{each}/" for each in directories)
    for prefix, names, _ in _walk(str(root), "", _Excluded(DEFAULT_EXCLUDE), without):
        is_other = any(each in f"/{prefix}" for each in others)
        if everywhere or is_other or not _TEMPLATES.isdisjoint(prefix.split("/")):
            yield from (prefix + name for name in names if not name.endswith((".py", ".pyi", ".pyc")))


def _walk(
    directory: str,
    prefix: str,
    excluded: _Excluded,
    without: Container[str] = (),
    unlisted: _Told = _ignore,
    ignored: Ignored | None = None,
) -> Iterator[tuple[str, list[str], Ignored | None]]:
    """Each directory that belongs to the project, as a prefix of paths, with the names of its files, and what is
    ignored in it."""
    try:
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        unlisted(error)
        return
    if prefix and any(entry.name in _ENVIRONMENTS for entry in found):
        return
    directories = {entry.name: entry for entry in found if _is_directory(entry)}
    if ignored is not None and any(entry.name == IGNORE_FILE for entry in found):
        ignored = ignored.inside(directory, prefix)
    yield prefix, [entry.name for entry in found if entry.name not in directories], ignored
    for name, entry in directories.items():
        inside = f"{prefix}{name}/"
        if entry.is_symlink() or inside[:-1] in without or excluded(name, prefix):
            continue
        if ignored is None or not ignored(inside):
            yield from _walk(entry.path, inside, excluded, without, unlisted, ignored)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


class _Excluded:
    """Whether a name is excluded below a directory. Most patterns are plain names, which need no matching."""

    def __init__(self, patterns: Sequence[str]) -> None:
        plain = [pattern for pattern in patterns if not _WILD.search(pattern)]
        wild = [translate(os.path.normcase(pattern)) for pattern in patterns if _WILD.search(pattern)]
        self._plain = frozenset(map(os.path.normcase, plain))
        self._wild = re.compile("|".join(wild)) if wild else None

    def __call__(self, name: str, prefix: str) -> bool:
        return any(self._matches(os.path.normcase(each)) for each in (name, prefix + name))

    def _matches(self, path: str) -> bool:
        return path in self._plain or (self._wild is not None and self._wild.match(path) is not None)
