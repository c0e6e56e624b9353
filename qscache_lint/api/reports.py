"""What comes out: reports of projects, which every entry shows in its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from qscache_lint.errors import Fault
from qscache_lint.listing import is_below
from qscache_lint.run import Run
from qscache_lint.run_result import DjangoVersion
from qscache_lint.settings import Settings
from qscache_lint.source.text import decode
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Applicability, Cost, Finding, Span, Surroundings

if TYPE_CHECKING:
    from qscache_lint.baseline import Baseline, Known
    from qscache_lint.revealing.reveal import Revealed
    from qscache_lint.values import Fix, Step
    from qscache_lint.witness.joining import Testimony, Unfound
    from qscache_lint.witness.records import RecordedStore, RecordedUse

Place: TypeAlias = tuple[str, Span]
"""A file and a span in it: where a finding stands."""


@dataclass(frozen=True)
class Unresolved:
    """How often something stayed unresolved in so many files, by the reason."""

    files: int
    counted: Counter[str]


@dataclass(frozen=True)
class Hidden:
    """How many findings a baseline hides, and what of it no finding is like any more."""

    baseline: Baseline
    count: int
    stale: Known


@dataclass(frozen=True)
class Missed:
    """What a recording of the witness has and no rule finds: where, and the reason from the analysis."""

    record: RecordedStore | RecordedUse
    store: RecordedStore
    path: str
    row: int
    column: int | None
    reason: str
    trail: tuple[Step, ...] = ()
    is_known: bool = False
    """Whether the analysis has seen it, and no rule is about it."""


@dataclass(frozen=True)
class Witness:
    """What a recording of the witness says of a project.

    `unfound` is what no rule finds. `hidden` are the codes of findings that are confirmed, and not reported for the
    settings, comments or the baseline; so many places `in_tests` are left out of what is not found.
    """

    testimonies: Mapping[Finding, Testimony]
    unfound: tuple[Unfound, ...] = ()
    hidden: Counter[str] = field(default_factory=Counter)
    in_tests: int = 0


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
    hidden: Hidden | None = None
    """What the baseline leaves out, where there is one."""
    witness: Witness | None = None
    """What a recording of the witness says, if there is one: then the findings are in the order of what they cost."""

    def testimony(self, finding: Finding) -> Testimony | None:
        """What was recorded of a finding, if it is about a cached value, and something was recorded."""
        return None if self.witness is None else self.witness.testimonies.get(finding)

    def cost_of(self, finding: Finding) -> Cost:
        """What a finding costs, as far as that was recorded."""
        testimony = self.testimony(finding)
        return Cost() if testimony is None else testimony.cost

    @property
    def findings_only(self) -> ProjectReport:
        """The same without what was recorded and not found."""
        return replace(self, witness=None if self.witness is None else Witness(self.witness.testimonies))

    def covers(self, path: str) -> bool:
        """Whether what is found in a file is reported: it, or a directory around it, was asked for."""
        return any(path == each or is_below(path, each) for each in self.asked)

    def narrowed(self, asked: Sequence[str]) -> ProjectReport:
        """The report of some files and directories in the project."""
        narrow = replace(self, asked=tuple(asked))
        findings = tuple(each for each in self.findings if narrow.covers(each.path))
        checked = sum(map(narrow.covers, self.tree.files)) if self.checked else 0
        return replace(narrow, findings=findings, checked=checked)

    def has_asked_for(self, file: Path) -> bool:
        """The same for an absolute path, which may be that of a file elsewhere."""
        return file.is_relative_to(self.root) and self.covers(file.relative_to(self.root).as_posix())

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
    def missed(self) -> tuple[Missed, ...]:
        """What was recorded and is not found, the most costly first, each with the reason from the analysis."""
        return tuple(each for each in self._unfound if not each.is_known)

    @property
    def known(self) -> int:
        """How much was recorded that the analysis knows, and that no rule is about."""
        return sum(each.is_known for each in self._unfound)

    @cached_property
    def _unfound(self) -> tuple[Missed, ...]:
        if self.witness is None or not self.witness.unfound:
            return ()
        from qscache_lint.api.witnessed import missed

        return tuple(missed(self, each) for each in self.witness.unfound)

    @cached_property
    def around(self) -> Mapping[Finding, Surroundings]:
        """What stands around each finding."""
        known = {each.finding: each.around for each in self.run.result.found}
        return {finding: known.get(finding, Surroundings()) for finding in self.findings}

    @cached_property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one: of several the first, or that which was chosen."""
        fixes = self.run.fixes_of(self.findings)
        return {finding: _preferring(fix, self.applied.get(place_of(finding))) for finding, fix in fixes.items()}

    def help_for(self, finding: Finding) -> str:
        """The advice for a finding: what its fix does, or else the general cure."""
        fix = self.fixes.get(finding)
        return finding.suggestion if fix is None else fix.cure or finding.suggestion


@dataclass(frozen=True)
class Report:
    """The result of a run: one entry for each project that the paths belong to, and what the user should know.

    `warnings` say that something was probably not checked as it was meant, by mistake in the settings or the paths, or
    what became of the type checker that was to be asked.
    """

    projects: tuple[ProjectReport, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Why some of several repositories could not be checked."""
    would_change: int | None = None
    """How many files would change, where the report is of what repairs would end."""

    @property
    def faults(self) -> Iterator[tuple[Path, Fault]]:
        """The mistakes of ours by now, each with the root of its project: what is missing for them has no finding."""
        return ((project.root, fault) for project in self.projects for fault in project.run.faults)

    @property
    def lacks_engine(self) -> str:
        """Why the type checker could not be asked of a project that insists on it; empty where all is well."""
        failing = (each.run.result.engine.failure for each in self.projects if each.settings.strict_engine)
        return next(filter(None, failing), "")

    @property
    def count(self) -> int:
        return sum(len(project.findings) for project in self.projects)

    @property
    def findings_only(self) -> Report:
        """The same without what was recorded and not found."""
        return replace(self, projects=tuple(project.findings_only for project in self.projects))

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


def place_of(finding: Finding) -> Place:
    """Where a finding stands."""
    return finding.path, finding.span


def _preferring(fix: Fix, chosen: tuple[str, Applicability] | None) -> Fix:
    """A fix with the one that was chosen before its alternatives, where that is among them."""
    several = (msgspec.structs.replace(fix, alternatives=()), *fix.alternatives)
    first = next((each for each in several if (each.name, each.applicability) == chosen), several[0])
    return msgspec.structs.replace(first, alternatives=tuple(each for each in several if each is not first))
