"""The one interface behind every entry: check paths, get a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qscache_lint.errors import UsageError
from qscache_lint.knowledge import MEASURED, Knowledge, Version, load_knowledge
from qscache_lint.project.analysis import Analysis, analyse
from qscache_lint.rules import RULES
from qscache_lint.settings import Settings, load_settings, refuse_unknown_codes, selects
from qscache_lint.source.discover import find_root, has_table, python_files
from qscache_lint.source.suppressions import Suppressions
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.source.tree import SourceTree, read_regular
from qscache_lint.values import Confidence, Finding

if TYPE_CHECKING:
    from qscache_lint.fixing.run import Repaired
    from qscache_lint.values import Fix


@dataclass(frozen=True)
class DjangoVersion:
    """The Django version that a project is analysed for, and how it was found."""

    version: Version
    reason: str

    def __str__(self) -> str:
        return f"Django {'.'.join(map(str, self.version))} ({self.reason})"


@dataclass(frozen=True)
class ProjectReport:
    """The findings in one project, in the order of files and places. Paths are relative to `root`."""

    root: Path
    settings: Settings
    tree: SourceTree
    analysis: Analysis
    findings: tuple[Finding, ...]
    django: DjangoVersion

    def text(self, path: str) -> str:
        """The text of a file of the project; undecodable bytes are replaced."""
        return decode(self.tree.read(path))

    @property
    def unresolved(self) -> Counter[str]:
        """What stayed unresolved in the files that were examined: how often, by the reason."""
        from qscache_lint.project.unresolved import unresolved

        return unresolved(self.analysis.evaluator, self.analysis.examined)

    @cached_property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one."""
        from qscache_lint.fixing import plan_fixes

        with without_source_warnings():
            return plan_fixes(self.analysis, self.findings, self.settings.keep_cached_name)

    @cached_property
    def alternatives(self) -> Mapping[Finding, tuple[Fix, ...]]:
        """What a person may do instead of the fix, for the findings for which there is something."""
        from qscache_lint.fixing import plan_alternatives

        return plan_alternatives(self.analysis, self.findings)


@dataclass(frozen=True)
class Report:
    """The result of a run: one entry for each project that the paths belong to."""

    projects: tuple[ProjectReport, ...]

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
        refuse_unknown_codes(settings, [rule.code for rule in RULES])
        return settings

    def _pyproject(self, root: Path) -> Path | None:
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
) -> Report:
    """Check files and directories, each within the whole project that it belongs to.

    `overlay` gives other contents for some files (by absolute path), such as text from stdin. Raises UsageError when a
    path does not exist or cannot be read, or when settings are wrong.
    """
    options = options or Options()
    overlay = overlay or {}
    requested: dict[Path, list[Path]] = {}
    for path in paths:
        absolute = path.absolute()
        if absolute not in overlay:
            _refuse_unreadable(path)
        requested.setdefault(find_root(absolute), []).append(absolute)
    return Report(
        tuple(
            _check_project(root, asked, options.settings_for(root), overlay, respect_noqa)
            for root, asked in requested.items()
        )
    )


def _refuse_unreadable(path: Path) -> None:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        else:
            read_regular(path)
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _check_project(
    root: Path, asked: Sequence[Path], settings: Settings, overlay: Mapping[Path, bytes], respect_noqa: bool
) -> ProjectReport:
    named = [path.relative_to(root).as_posix() for path in asked if not path.is_dir()]
    inside = {
        path.relative_to(root).as_posix(): source for path, source in overlay.items() if path.is_relative_to(root)
    }
    django = _django_version(root, settings)
    tree = SourceTree(root, (*python_files(root, settings.excluded), *named), inside)
    with without_source_warnings():
        analysis = analyse(tree, _knowledge(django, settings), always=named)
        found = find(analysis, settings)
    directories = [path.relative_to(root).as_posix() for path in asked if path.is_dir()]
    findings = [
        finding
        for finding in found
        if finding.path in named or any(_is_below(finding.path, directory) for directory in directories)
    ]
    if respect_noqa:
        findings = _unsuppressed(tree, findings)
    return ProjectReport(root, settings, tree, analysis, tuple(findings), django)


def _django_version(root: Path, settings: Settings) -> DjangoVersion:
    """The Django that decides what operations do: as set, else as pinned, else the newest that was measured."""
    given = settings.django
    if given is not None:
        return DjangoVersion(given, "as set")
    from qscache_lint.source.django_pin import pinned_django

    pin = pinned_django(root, MEASURED)
    if pin is not None:
        return DjangoVersion(pin.version, f"pinned in {pin.path}")
    return DjangoVersion(MEASURED[-1], "the newest known; nothing pins one")


def _knowledge(django: DjangoVersion, settings: Settings) -> Knowledge:
    return load_knowledge(django.version, settings.extension)


def _is_below(path: str, directory: str) -> bool:
    return directory == "." or path.startswith(f"{directory}/")


def find(analysis: Analysis, settings: Settings) -> list[Finding]:
    """The findings of the selected rules, sorted, one for each code and place."""
    found = (
        finding
        for rule in RULES
        if selects(settings, rule.code, rule.enabled)
        for finding in rule.check(rule, analysis)
        if settings.min_confidence is Confidence.MEDIUM or finding.confidence is Confidence.HIGH
    )
    unique: dict[tuple[object, ...], Finding] = {}
    for finding in sorted(found, key=lambda finding: finding.order):
        unique.setdefault((finding.path, finding.span, finding.code), finding)
    return list(unique.values())


def _unsuppressed(tree: SourceTree, findings: Sequence[Finding]) -> list[Finding]:
    known: dict[str, Suppressions] = {}
    kept: list[Finding] = []
    for finding in findings:
        if finding.path not in known:
            try:
                known[finding.path] = Suppressions(decode(tree.read(finding.path)))
            except OSError:
                known[finding.path] = Suppressions("")
        if not known[finding.path].silences(finding.span.start.row, finding.code):
            kept.append(finding)
    return kept



def repair(project: ProjectReport, *, unsafe: bool) -> Repaired:
    """The repairs of what `project` reports, applied in memory."""
    from qscache_lint.fixing.run import repair_project

    reported = {(finding.path, finding.span) for finding in project.findings}
    with without_source_warnings():
        return repair_project(
            project.analysis,
            lambda analysis: find(analysis, project.settings),
            reported,
            unsafe=unsafe,
            keep_cached_name=project.settings.keep_cached_name,
        )


def write(project: ProjectReport, repaired: Repaired) -> None:
    """Write repairs to disk. Raises UsageError when that is not possible; then nothing has changed."""
    from qscache_lint.fixing.write import write_changes

    write_changes(project.root, repaired.changes)


def after(project: ProjectReport, repaired: Repaired) -> ProjectReport:
    """The report of a project once its repairs are written."""
    tree = repaired.analysis.evaluator.project.tree
    kept = {finding.path for finding in project.findings} | {change.path for change in repaired.changes}
    findings = [finding for finding in find(repaired.analysis, project.settings) if finding.path in kept]
    return ProjectReport(
        project.root,
        project.settings,
        tree,
        repaired.analysis,
        tuple(_unsuppressed(tree, findings)),
        project.django,
    )
