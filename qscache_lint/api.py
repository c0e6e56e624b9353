"""The one interface behind every entry: check paths, get a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qscache_lint.codes import CODES
from qscache_lint.errors import UsageError
from qscache_lint.facts.readers import LateReader, Reader
from qscache_lint.meter import Meter
from qscache_lint.outcome import DjangoVersion, Found
from qscache_lint.run import Purpose, Run
from qscache_lint.settings import Settings, load_settings, refuse_unknown_codes, selects
from qscache_lint.source.discover import find_root, has_table, python_files
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.source.tree import SourceTree, read_regular
from qscache_lint.store.entries import digest
from qscache_lint.store.place import DIRECTORY
from qscache_lint.store.store import Store
from qscache_lint.store.watched import WatchedTree
from qscache_lint.values import Confidence, Finding

if TYPE_CHECKING:
    from qscache_lint.fixing.run import Repaired
    from qscache_lint.project.analysis import Analysis
    from qscache_lint.values import Fix

__all__ = ["DjangoVersion", "Means", "Options", "ProjectReport", "Report", "after", "check", "repair", "write"]


@dataclass(frozen=True)
class Unresolved:
    """How often something stayed unresolved in so many files, by the reason."""

    files: int
    counted: Counter[str]


@dataclass(frozen=True)
class ProjectReport:
    """The findings in one project, in the order of files and places. Paths are relative to `root`.

    Whatever else there is to know of the project is found out when somebody asks.
    """

    root: Path
    settings: Settings
    tree: SourceTree
    findings: tuple[Finding, ...]
    run: Run

    def text(self, path: str) -> str:
        """The text of a file of the project; undecodable bytes are replaced."""
        return decode(self.tree.read(path))

    @property
    def django(self) -> DjangoVersion:
        return self.run.outcome.django

    @cached_property
    def unresolved(self) -> Unresolved:
        """What stayed unresolved in the files that were examined."""
        from qscache_lint.project.unresolved import unresolved

        counted: Counter[str] = Counter()
        files = 0
        for analysis in self.run.analyses():
            counted.update(unresolved(analysis.evaluator, analysis.examined))
            files += len(analysis.examined)
        return Unresolved(files, counted)

    @cached_property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one."""
        return self.run.fixes_in({finding.path for finding in self.findings})


@dataclass(frozen=True)
class Report:
    """The result of a run: one entry for each project that the paths belong to, and what the user should know."""

    projects: tuple[ProjectReport, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Why some of several repositories could not be checked."""

    @property
    def count(self) -> int:
        return sum(len(project.findings) for project in self.projects)


@dataclass(frozen=True)
class Options:
    """How settings are found: an explicit file, none at all (`isolated`), or that of each project; then overrides."""

    config: Path | None = None
    isolated: bool = False
    overrides: Mapping[str, Any] | None = None

    def settings_for(self, root: Path) -> Settings:
        """The settings of a project. Raises UsageError when they are wrong."""
        settings = load_settings(self._pyproject(root), self.overrides or {})
        refuse_unknown_codes(settings, tuple(CODES))
        return settings

    def _pyproject(self, root: Path) -> Path | None:
        if self.isolated:
            return None
        if self.config is not None:
            return self.config
        pyproject = root / "pyproject.toml"
        return pyproject if has_table(pyproject) else None


@dataclass(frozen=True)
class Means:
    """What a run may use besides the files: a cache on disk, others who read, a meter.

    `cache_dir` is a directory for the caches of all projects; without one each project keeps its own, where its
    settings say. `reader` reads what is in no cache. `purpose` is what will be asked for.
    """

    cached: bool = False
    cache_dir: Path | None = None
    meter: Meter = field(default_factory=Meter)
    reader: Reader | None = None
    purpose: Purpose = Purpose.EVERYTHING

    def store_for(self, root: Path, settings: Settings) -> Store | None:
        """The store of a project."""
        if not self.cached:
            return None
        if self.cache_dir is not None:
            return Store(self.cache_dir, digest(str(root).encode()).hex()[:12])
        return Store(root / (settings.cache_dir or DIRECTORY))


def check(
    paths: Sequence[Path],
    options: Options | None = None,
    overlay: Mapping[Path, bytes] | None = None,
    *,
    respect_noqa: bool = True,
    means: Means | None = None,
) -> Report:
    """Check files and directories, each within the whole project that it belongs to.

    `overlay` gives other contents for some files (by absolute path), such as text from stdin. Raises UsageError when a
    path does not exist or cannot be read, or when settings are wrong.
    """
    options = options or Options()
    overlay = overlay or {}
    means = means or Means()
    requested: dict[Path, list[Path]] = {}
    for path in paths:
        absolute = path.absolute()
        if absolute not in overlay:
            _refuse_unreadable(path)
        requested.setdefault(find_root(absolute), []).append(absolute)
    checked = [
        _check_project(root, asked, options.settings_for(root), overlay, respect_noqa, means)
        for root, asked in requested.items()
    ]
    notes = tuple(note for _, told in checked for note in told if note)
    return Report(tuple(project for project, _ in checked), notes)


def _refuse_unreadable(path: Path) -> None:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            read_regular(path)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _check_project(
    root: Path,
    asked: Sequence[Path],
    settings: Settings,
    overlay: Mapping[Path, bytes],
    respect_noqa: bool,
    means: Means,
) -> tuple[ProjectReport, tuple[str, ...]]:
    """The report of one project, and what the user should know of its cache and of what was not followed."""
    named = [path.relative_to(root).as_posix() for path in asked if not path.is_dir()]
    directories = [path.relative_to(root).as_posix() for path in asked if path.is_dir()]
    inside = {
        path.relative_to(root).as_posix(): source for path, source in overlay.items() if path.is_relative_to(root)
    }
    meter = means.meter
    with meter.phase("discover"):
        files = tuple(python_files(root, settings.excluded))
        tree = WatchedTree(root, (*files, *named), inside, meter)
    store = means.store_for(root, settings)
    reader = means.reader or LateReader(partial(_direct_reader, meter))
    run = Run(tree, settings, reader, meter, store, {*tree.files}.difference(files), means.purpose)
    found = [*run.outcome.found, *run.unreadable_among(named)]
    shown = {*named}
    asked_for = [
        each
        for each in found
        if each.finding.path in shown or any(_is_below(each.finding.path, directory) for directory in directories)
    ]
    findings = chosen(asked_for, settings, respect_noqa=respect_noqa)
    run.tidy()
    return ProjectReport(root, settings, tree, tuple(findings), run), (run.warning, run.limits_note)


def _direct_reader(meter: Meter) -> Reader:
    from qscache_lint.facts.reading import DirectReader

    return DirectReader(meter)


def _is_below(path: str, directory: str) -> bool:
    return directory == "." or path.startswith(f"{directory}/")


def chosen(found: Iterable[Found], settings: Settings, *, respect_noqa: bool = True) -> list[Finding]:
    """What the settings show of what was found, sorted, one for each code and place."""
    codes = {code for code, enabled in CODES.items() if selects(settings, code, enabled)}
    shown = [
        each.finding
        for each in found
        if each.finding.code in codes
        and not (respect_noqa and each.silenced)
        and (settings.min_confidence is Confidence.MEDIUM or each.finding.confidence is Confidence.HIGH)
    ]
    unique: dict[tuple[object, ...], Finding] = {}
    for finding in sorted(shown, key=lambda finding: finding.order):
        unique.setdefault((finding.path, finding.span, finding.code), finding)
    return list(unique.values())


def find(analysis: Analysis, settings: Settings) -> list[Finding]:
    """The findings of the selected rules in an analysis, whatever comments say."""
    from qscache_lint.rules.findings import all_findings

    return chosen((Found(finding, silenced=False) for finding in all_findings(analysis)), settings)


def repair(project: ProjectReport, *, unsafe: bool) -> Repaired:
    """The repairs of what `project` reports, applied in memory."""
    from qscache_lint.fixing.run import Repaired, repair_project

    reported = {(finding.path, finding.span) for finding in project.findings}
    with without_source_warnings():
        return Repaired.together(
            repair_project(
                analysis,
                lambda analysis: find(analysis, project.settings),
                reported,
                unsafe=unsafe,
                keep_cached_name=project.settings.keep_cached_name,
            )
            for analysis in project.run.analyses({path for path, _ in reported})
        )


def write(project: ProjectReport, repaired: Repaired) -> None:
    """Write repairs to disk. Raises UsageError when that is not possible; then nothing has changed."""
    from qscache_lint.fixing.write import write_changes

    write_changes(project.root, repaired.changes)


def after(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of a project once its repairs are written."""
    if not repaired.changes:
        return project
    overlay = {change.path: change.after for change in repaired.changes}
    tree = WatchedTree.like(project.tree.with_overlay(overlay), Meter())
    kept = {finding.path for finding in project.findings} | {change.path for change in repaired.changes}
    run = Run.of(tree, repaired.analyses, project.settings)
    findings = chosen((each for each in run.outcome.found if each.finding.path in kept), project.settings)
    return ProjectReport(project.root, project.settings, tree, tuple(findings), run)
