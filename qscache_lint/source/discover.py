"""Where a project begins, and which files belong to it.

Both are functions of the file system alone, so that every entry point (command, flake8, pre-commit) sees one project.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

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
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".qscache_lint_cache",
)

_TEMPLATES = frozenset({"templates", "jinja2"})

_ROOT_MARKERS: tuple[tuple[str, ...], ...] = (
    (".git", ".hg"),
    ("pyproject.toml", "setup.py", "setup.cfg"),
    ("manage.py",),
)
"""What stands at the top of a project, best evidence first; of each kind the nearest one counts."""


def find_root(path: Path) -> Path:
    """The project root of `path` (a file or directory that exists), as an absolute path.

    The nearest directory above it whose `pyproject.toml` has a `[tool.qscache-lint]` table, else the nearest checkout,
    else the nearest packaging file, else the nearest `manage.py`, else the directory itself.
    """
    start = path.absolute()
    directory = start if start.is_dir() else start.parent
    ancestors = (directory, *directory.parents)
    for ancestor in ancestors:
        if has_table(ancestor / "pyproject.toml"):
            return ancestor
    for markers in _ROOT_MARKERS:
        for ancestor in ancestors:
            if any((ancestor / marker).exists() for marker in markers):
                return ancestor
    return directory


def has_table(pyproject: Path) -> bool:
    """Whether a `pyproject.toml` has a `[tool.qscache-lint]` table.

    One that mentions the tool and is not valid TOML counts, so that the settings loader can say what is wrong.
    """
    try:
        source = pyproject.read_bytes()
    except OSError:
        return False
    if b"qscache-lint" not in source:
        return False
    try:
        tools = msgspec.toml.decode(source).get("tool", {})
    except ValueError:
        return True
    return isinstance(tools, dict) and "qscache-lint" in tools


def python_files(root: Path, exclude: Sequence[str] = DEFAULT_EXCLUDE) -> Iterator[str]:
    """Every Python file below `root`, as a path relative to it with forward slashes, in a stable order.

    `exclude` holds shell patterns for a single name or for a whole relative path. Virtual environments are left out.
    """
    for directory, names, files in os.walk(root):
        relative = Path(directory).relative_to(root).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        names[:] = sorted(
            name
            for name in names
            if not _excluded(name, prefix, exclude) and not Path(directory, name, "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if name.endswith((".py", ".pyi")) and not _excluded(name, prefix, exclude):
                yield prefix + name


def template_files(root: Path, exclude: Sequence[str] = DEFAULT_EXCLUDE) -> Iterator[str]:
    """Every file below a directory for templates, but for Python files, in a stable order."""
    everywhere = not _TEMPLATES.isdisjoint(root.parts)
    for directory, names, files in os.walk(root):
        relative = Path(directory).relative_to(root)
        prefix = "" if relative == Path() else f"{relative.as_posix()}/"
        names[:] = sorted(name for name in names if not _excluded(name, prefix, exclude))
        if everywhere or not _TEMPLATES.isdisjoint(relative.parts):
            yield from (prefix + name for name in sorted(files) if not name.endswith((".py", ".pyi", ".pyc")))


def _excluded(name: str, prefix: str, exclude: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) or fnmatch(prefix + name, pattern) for pattern in exclude)
