"""The one interface behind every entry: check paths, get a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import repeat
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from qscache_lint.codes import CODES
from qscache_lint.component_run import ComponentRun
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.disk_cache.patterns import KeptPatterns
from qscache_lint.errors import Fault, InternalError, UsageError, isolated
from qscache_lint.listing import Listing, is_below, listing
from qscache_lint.per_file import ignores
from qscache_lint.run import Means, Part, Run, run_over
from qscache_lint.run_result import DjangoVersion, ReportedFinding
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings, selects
from qscache_lint.settings_table import load_settings, misspelt_table
from qscache_lint.source.discover import absolute, find_root, has_table, is_directory
from qscache_lint.source.files import hides_content, read_regular
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Applicability, Confidence, Finding, Span, Surroundings

if TYPE_CHECKING:
    from qscache_lint.fixing.run import Repaired
    from qscache_lint.fixing.silencing import Silenced
    from qscache_lint.project.analysis import Analysis
    from qscache_lint.revealing.reveal import Revealed
    from qscache_lint.values import Fix

__all__ = [
    "DjangoVersion",
    "Means",
    "Options",
    "ProjectReport",
    "Report",
    "Revelation",
    "after",
    "check",
    "ended",
    "is_unfinished",
    "left",
    "listings",
    "recover",
    "repair",
    "reveal",
    "silence",
    "write",
]


Place: TypeAlias = tuple[str, Span]
"""A file and a span in it: where a finding stands."""


@dataclass(frozen=True)
class Unresolved:
    """How often something stayed unresolved in so many files, by the reason."""

    files: int
    counted: Counter[str]


@dataclass(frozen=True)
class ProjectReport:
    """The findings in one project, in the order of files and places. Paths are relative to `root`.

    Everything else about the project is computed on first access.
    """

    root: Path
    settings: Settings
    tree: SourceTree
    findings: tuple[Finding, ...]
    run: Run
    checked: int
    """How many files were asked for; none when no rule is selected."""
    asked: tuple[str, ...] = (".",)
    """The files and directories that were asked for, relative to `root`."""
    applied: Mapping[Place, tuple[str, Applicability]] = field(default_factory=dict)
    """The kind of the repair that would end each finding, by place, where one was chosen."""

    def covers(self, path: str) -> bool:
        """Whether what is found in a file is reported: it, or a directory around it, was asked for."""
        return any(path == each or is_below(path, each) for each in self.asked)

    def text(self, path: str) -> str:
        """The text of a file of the project; undecodable bytes are replaced."""
        return decode(self.tree.read(path))

    @property
    def django(self) -> DjangoVersion:
        return self.run.result.django

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
    def around(self) -> Mapping[Finding, Surroundings]:
        """What stands around each finding."""
        known = {each.finding: each.around for each in self.run.result.found}
        return {finding: known.get(finding, Surroundings()) for finding in self.findings}

    @cached_property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one: of several the first, or that which was chosen."""
        fixes = self.run.fixes_in({finding.path for finding in self.findings})
        return {finding: _preferring(fix, self.applied.get(_place(finding))) for finding, fix in fixes.items()}

    def help_for(self, finding: Finding) -> str:
        """The advice for a finding: what its fix does, or else the general cure."""
        fix = self.fixes.get(finding)
        return finding.suggestion if fix is None else fix.cure or finding.suggestion


@dataclass(frozen=True)
class Report:
    """The result of a run: one entry for each project that the paths belong to, and what the user should know."""

    projects: tuple[ProjectReport, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Why some of several repositories could not be checked."""
    would_change: int | None = None
    """How many files would change, where the report is of what repairs would end."""

    @property
    def faults(self) -> Iterator[tuple[Path, Fault]]:
        """The mistakes of ours by now, each with the root of its project: what is missing for them has no finding."""
        return ((project.root, fault) for project in self.projects for fault in project.run.faults)

    @property
    def count(self) -> int:
        return sum(len(project.findings) for project in self.projects)

    @property
    def checked(self) -> int:
        """How many files were checked."""
        return sum(project.checked for project in self.projects)


@dataclass(frozen=True)
class Revelation:
    """What the analysis takes expressions of a file for, the project it is in, and what the user should know."""

    project: ProjectReport
    expressions: tuple[Revealed, ...]
    notes: tuple[str, ...] = ()

    def findings_at(self, expression: Revealed) -> tuple[Finding, ...]:
        """What is reported at an expression."""
        path, span = expression.path, expression.span
        return tuple(
            each for each in self.project.findings if each.path == path and span.start <= each.span.start < span.end
        )


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
    requested = _requested(paths, overlay)
    checked = [
        _check_project(root, asked, options.settings_for(root), overlay, respect_noqa, means)
        for root, asked in requested.items()
    ]
    misspelt = (options.misspelt_table(root) for root in requested)
    notes = dict.fromkeys(note for note in (*misspelt, *(note for _, several in checked for note in several)) if note)
    return Report(tuple(project for project, _ in checked), tuple(notes))


def listings(paths: Sequence[Path], options: Options) -> Iterator[tuple[Path, Settings, Listing]]:
    """The projects that paths belong to, with their settings and what `check` would look at. Raises UsageError."""
    for root, asked in _requested(paths, {}).items():
        settings = options.settings_for(root)
        yield root, settings, listing(root, asked, settings)


def _requested(paths: Sequence[Path], overlay: Container[Path]) -> Mapping[Path, Mapping[Path, Path]]:
    """By the root of each project the paths in it, each with how it was given. Raises UsageError where no file is."""
    asked_for = [absolute(path) for path in paths]
    for path, shown in zip(asked_for, paths, strict=True):
        if path not in overlay:
            _refuse_unreadable(shown)
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


def _refuse_unreadable(path: Path) -> None:
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


def chosen(found: Iterable[ReportedFinding], settings: Settings, *, respect_noqa: bool = True) -> list[Finding]:
    """What the settings show of what was found, sorted, one for each code and place."""
    codes = selected(settings)
    shown = [
        each.finding
        for each in found
        if each.finding.code in codes
        and not (respect_noqa and each.silenced)
        and not ignores(settings, each.finding.path, each.finding.code)
        and _is_at_issue(settings, codes, each.finding)
        and (settings.min_confidence is Confidence.MEDIUM or each.finding.confidence is Confidence.HIGH)
    ]
    unique: dict[tuple[object, ...], Finding] = {}
    for finding in sorted(shown, key=lambda finding: finding.order):
        unique.setdefault((finding.path, finding.span, finding.code), finding)
    return list(unique.values())


def _is_at_issue(settings: Settings, codes: Container[str], finding: Finding) -> bool:
    """Whether one of the rules that a finding is about runs in its file, or it is about none that there is."""
    named = [code for code in CODES if finding.about and code.startswith(finding.about)]
    return not named or any(code in codes and not ignores(settings, finding.path, code) for code in named)


def selected(settings: Settings) -> frozenset[str]:
    """The codes of the rules that the settings select."""
    return frozenset(code for code, enabled in CODES.items() if selects(settings, code, enabled))


def find(analysis: Analysis, settings: Settings) -> list[Finding]:
    """The findings of the selected rules in an analysis, whatever comments say.

    Raises InternalError after a mistake of ours: a finding that is missing would prove a repair.
    """
    from qscache_lint.rules.findings import all_findings

    found = chosen((ReportedFinding(finding, silenced=False) for finding in all_findings(analysis)), settings)
    for fault in analysis.evaluator.project.faults:
        raise InternalError(f"{fault.path}: {fault.what}")
    return found


def reveal(
    path: Path, row: int, column: int | None = None, options: Options | None = None, *, means: Means | None = None
) -> Revelation:
    """What the analysis takes the innermost expression at a place for, or, without a column, those that begin in a row.

    Raises UsageError when the file cannot be read or parsed, when it has no such place, and when nothing there has a
    value.
    """
    from qscache_lint.revealing.reveal import NothingToReveal, reveal

    if is_directory(path):
        raise UsageError(f"{path}: is a directory")
    report = check([path], options, means=means)
    (project,) = report.projects
    within = absolute(path).relative_to(project.root).as_posix()
    try:
        with without_source_warnings():
            return Revelation(project, reveal(project.run.analysis_of(within), within, row, column), report.notes)
    except NothingToReveal as nothing:
        place = f"{path}:{row}" if column is None else f"{path}:{row}:{column}"
        raise UsageError(f"{place}: {nothing}") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()} (QSC900)") from None


def repair(project: ProjectReport, *, unsafe: bool) -> Repaired:
    """The repairs of what `project` reports, applied in memory."""
    from qscache_lint.fixing.run import Repaired

    with project.run.statistics.phase("repairs"), without_source_warnings():
        return Repaired.together(
            _repaired_or_faulty(project, part, part.component, unsafe=unsafe)
            for part in _with_reported(project)
            if part.component is not None
        )


def _repaired_or_faulty(project: ProjectReport, part: Part, component: ComponentRun, *, unsafe: bool) -> Repaired:
    """The repairs of one component; none after a mistake of ours: what it has cost could speak against each."""
    from qscache_lint.fixing.run import Repaired

    if component.faults:
        return Repaired.nothing()
    repaired = isolated(
        lambda: _repaired(project, part, component, unsafe=unsafe), "repairing these files", component.directory
    )
    if isinstance(repaired, Fault):
        component.fail(repaired)
        return Repaired.nothing()
    for analysis in repaired.analyses:
        for fault in () if analysis is None else analysis.evaluator.project.faults:
            component.fail(fault)
    return repaired


def _repaired(project: ProjectReport, part: Part, component: ComponentRun, *, unsafe: bool) -> Repaired:
    """The repairs of one component: of code, then of the comments that silence nothing any more."""
    from qscache_lint.fixing.alternatives import MIXED
    from qscache_lint.fixing.suppressions import without_unused_suppressions

    settings = project.settings
    repaired = component.repaired(
        _about_code(chosen(part.result.found, settings, respect_noqa=False)),
        lambda analysis: _about_code(find(analysis, settings)),
        {_place(finding) for finding in project.findings if finding.code != MIXED},
        unsafe=unsafe,
    )
    return without_unused_suppressions(
        repaired,
        component.project,
        lambda analysis: chosen(_part_after(part, analysis, settings).result.found, settings),
        project.findings,
    )


def _about_code(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without those about comments, which come and go with others."""
    return [finding for finding in findings if not finding.about]


def _with_reported(project: ProjectReport) -> Iterator[Part]:
    return project.run.with_findings_in({finding.path for finding in project.findings})


def ended(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of what the repairs of a project would end, each finding with the repair that ends it."""
    findings = tuple(each for each in project.findings if _place(each) in repaired.ended)
    return replace(project, findings=findings, applied=repaired.ended)


def left(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of what the repairs of a project would not end, as it is before these."""
    return replace(project, findings=tuple(each for each in project.findings if _place(each) not in repaired.ended))


def _place(finding: Finding) -> Place:
    return finding.path, finding.span


def _preferring(fix: Fix, chosen: tuple[str, Applicability] | None) -> Fix:
    """A fix with the one that was chosen before its alternatives, where that is among them."""
    several = (msgspec.structs.replace(fix, alternatives=()), *fix.alternatives)
    first = next((each for each in several if (each.name, each.applicability) == chosen), several[0])
    return msgspec.structs.replace(first, alternatives=tuple(each for each in several if each is not first))


def silence(project: ProjectReport, reason: str) -> Silenced:
    """The comments that would silence what a project reports, in memory."""
    from qscache_lint.fixing.silencing import silenced

    return silenced(project.tree, project.findings, reason)


def write(project: ProjectReport, repaired: Repaired | Silenced) -> None:
    """Write repairs, or comments, to disk. Raises UsageError when that is not possible; then nothing has changed."""
    from qscache_lint.fixing.write import write_changes

    write_changes(project.root, repaired.changes)


def recover(paths: Sequence[Path]) -> tuple[str, ...]:
    """Finish or undo what a killed `write` has begun in the projects that paths belong to; says what was done.

    Raises UsageError when that is not possible.
    """
    from qscache_lint.fixing.journal import recover

    for path in paths:
        _refuse_unreadable(path)
    done = ((root, recover(root)) for root in dict.fromkeys(find_root(path.absolute()) for path in paths))
    return tuple(f"{root}: {what}" for root, what in done if what)


def is_unfinished(paths: Sequence[Path]) -> bool:
    """Whether a killed `write` has left something to `recover`."""
    from qscache_lint.fixing.journal import is_left_below

    for path in paths:
        _refuse_unreadable(path)
    return any(is_left_below(find_root(path.absolute())) for path in paths)


def after(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of a project once its repairs are written."""
    if not repaired.changes:
        return project
    overlay = {change.path: change.after for change in repaired.changes}
    tree = HashedTree.like(project.tree.with_overlay(overlay), RunStatistics())
    kept = {finding.path for finding in project.findings} | {change.path for change in repaired.changes}
    run = Run(tuple(map(_part_after, _with_reported(project), repaired.analyses, repeat(project.settings))))
    findings = chosen((each for each in run.result.found if each.finding.path in kept), project.settings)
    return replace(project, tree=tree, findings=tuple(findings), run=run, applied={})


def _part_after(part: Part, analysis: Analysis | None, settings: Settings) -> Part:
    if analysis is None:
        return part
    component = ComponentRun.of(analysis, settings)
    return Part(component.result(with_fixes=False), component)
