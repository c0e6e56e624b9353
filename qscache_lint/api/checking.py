"""Checking paths, or one source, each within the whole project that it belongs to."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from qscache_lint.api.reports import ProjectReport, Report
from qscache_lint.api.selecting import chosen, selected
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.disk_cache.patterns import KeptPatterns
from qscache_lint.errors import UsageError
from qscache_lint.listing import Listing, listing
from qscache_lint.run import Means, run_over
from qscache_lint.settings import Settings
from qscache_lint.settings_table import load_settings, misspelt_table
from qscache_lint.source.discover import absolute, find_root, has_table, is_directory
from qscache_lint.source.files import hides_content, read_regular
from qscache_lint.source.text import encoded


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


def check_paths(
    paths: Sequence[Path | str],
    options: Options | None = None,
    overlay: Mapping[Path, bytes] | None = None,
    *,
    respect_noqa: bool = True,
    means: Means | None = None,
) -> Report:
    """Check files and directories, each within the whole project that it belongs to.

    `options` say how settings are found, `overlay` gives other contents for some files, by absolute path, and `means`
    are a cache and workers. What `noqa` silences is left out, if `respect_noqa`. The report has one entry for each
    project. Raises UsageError when a path does not exist or cannot be read, or when settings are wrong.
    """
    options = options or Options()
    overlay = overlay or {}
    means = means or Means()
    by_root = requested([Path(path) for path in paths], overlay)
    checked = [
        _check_project(root, asked, options.settings_for(root), overlay, respect_noqa, means)
        for root, asked in by_root.items()
    ]
    misspelt = (options.misspelt_table(root) for root in by_root)
    notes = dict.fromkeys(note for note in (*misspelt, *(note for _, several in checked for note in several)) if note)
    return Report(tuple(project for project, _ in checked), tuple(notes))


def check_source(
    source: bytes | str,
    path: Path | str,
    options: Options | None = None,
    *,
    respect_noqa: bool = True,
    means: Means | None = None,
) -> Report:
    """Check one file as if it had other contents, such as text that is not saved yet, within its whole project.

    A text counts as the file that an editor would make of it: in the encoding that it declares. The file need not
    exist. The report has the findings in that file alone; see `check_paths`.
    """
    content = encoded(source) if isinstance(source, str) else source
    return check_paths([path], options, {absolute(Path(path)): content}, respect_noqa=respect_noqa, means=means)


def listings(paths: Sequence[Path], options: Options) -> Iterator[tuple[Path, Settings, Listing]]:
    """The projects that paths belong to, with their settings and what `check` would look at. Raises UsageError."""
    for root, asked in requested(paths, {}).items():
        settings = options.settings_for(root)
        yield root, settings, listing(root, asked, settings)


def requested(paths: Sequence[Path], overlay: Container[Path]) -> Mapping[Path, Mapping[Path, Path]]:
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


def _check_project(
    root: Path,
    asked: Mapping[Path, Path],
    settings: Settings,
    overlay: Mapping[Path, bytes],
    respect_noqa: bool,
    means: Means,
) -> tuple[ProjectReport, tuple[str, ...]]:
    """The report of one project, and what the user should know of its cache and of what was not followed.

    `asked` has each path as it was given.
    """
    inside = {
        path.relative_to(root).as_posix(): source for path, source in overlay.items() if path.is_relative_to(root)
    }
    statistics, cache = means.statistics, means.disk_cache_for(root, settings)
    with statistics.phase("discover"):
        listed = listing(root, asked, settings, KeptPatterns(cache))
        tree = HashedTree(root, (*listed.files, *listed.named), inside, statistics)
    run = run_over(tree, settings, means, {*tree.files}.difference(listed.files), cache)
    found = [*run.result.found, *run.unreadable_among(listed.named)]
    findings = chosen((each for each in found if listed.covers(each.finding.path)), settings, respect_noqa=respect_noqa)
    run.tidy()
    checked = len([path for path in tree.files if listed.covers(path)]) if selected(settings) else 0
    unselected = "" if selected(settings) else "No rules selected"
    notes = (run.warning, run.limits_note, unselected, *listed.notes)
    asked_for = (*listed.named, *listed.directories)
    report = ProjectReport(root, settings, tree, tuple(findings), run, checked, asked_for)
    return report, tuple(note for note in notes if note)
