"""What is to be checked: the projects that paths belong to, each with its settings."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from qscache_lint.errors import UsageError
from qscache_lint.settings import Settings
from qscache_lint.settings_table import load_settings, misspelt_table
from qscache_lint.source.discover import absolute, find_root, has_table, is_directory
from qscache_lint.source.files import hides_content, read_regular


@dataclass(frozen=True)
class Options:
    """How settings are found: an explicit file, none at all (`isolated`), or that of each project; then overrides."""

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] | None = None

    def settings_for(self, root: Path) -> Settings:
        """The settings of a project. Raises UsageError when they are wrong."""
        return load_settings(self.pyproject_of(root), self.overrides or {})

    def misspelt_table(self, root: Path) -> str:
        """A warning about a table that was meant for us and is not read; empty where there is none."""
        return "" if self.isolated or self.config is not None else misspelt_table(root / "pyproject.toml")

    def pyproject_of(self, root: Path) -> Path | None:
        """The file from which the settings of a project are read; None for the defaults."""
        if self.isolated:
            return None
        if self.config is not None:
            return self.config
        pyproject = root / "pyproject.toml"
        return pyproject if has_table(pyproject) else None


@dataclass(frozen=True)
class Requested:
    """A project that was asked for: its root, the paths in it, each with how it was given, and its settings."""

    root: Path
    asked: Mapping[Path, Path]
    settings: Settings
    misspelt_table: str = ""
    """A warning, see `Options.misspelt_table`."""


def requested(
    paths: Sequence[Path | str], options: Options, overlay: Container[Path] = frozenset()
) -> tuple[Requested, ...]:
    """The projects that paths belong to, with their settings. Raises UsageError as `check_paths` does."""
    return tuple(
        Requested(root, asked, options.settings_for(root), options.misspelt_table(root))
        for root, asked in _by_root([Path(path) for path in paths], overlay).items()
    )


def _by_root(paths: Sequence[Path], overlay: Container[Path]) -> Mapping[Path, Mapping[Path, Path]]:
    """By the root of each project the paths in it, each with how it was given. Raises UsageError where no file is."""
    asked_for = [absolute(path) for path in paths]
    for path, shown in zip(asked_for, paths, strict=True):
        if path not in overlay:
            refuse_unreadable(shown)
    as_given = dict(zip(asked_for, paths, strict=True))
    requested: dict[Path, dict[Path, Path]] = {}
    for path, root in _roots(asked_for):
        requested.setdefault(root, {})[path] = as_given[path]
    return requested


def _roots(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Each path with the root of its project; a file that no given directory has belongs to the current one."""
    given = [path for path in paths if is_directory(path)]
    for path in paths:
        around = any(each in path.parents for each in given)
        yield path, find_root(path, given if around or is_directory(path) else [Path.cwd()])


def refuse_unreadable(path: Path) -> None:
    """Raises UsageError for a path that leads to no file, and for a directory that cannot be listed.

    A file that is there and cannot be read is a finding.
    """
    try:
        if S_ISDIR(path.stat().st_mode):
            next(path.iterdir(), None)
        else:
            _look_into(path)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _look_into(path: Path) -> None:
    """Raises OSError where no regular file is."""
    try:
        read_regular(path)
    except OSError as error:
        if not hides_content(error):
            raise
