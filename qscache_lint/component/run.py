"""A run over one component of a project: its result from the disk cache while that holds, else by analysis.

Whatever part of a component is asked for, the run is over all of it, and gives the findings of every rule: what is
shown of them is chosen afterwards. So one kept result answers for the command, for flake8 and for an editor.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint import limits
from qscache_lint.codes import CODES
from qscache_lint.component import types
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.hashed_tree import HashedTree, TreeInputs
from qscache_lint.disk_cache.kept import CacheEntry, ReadSet
from qscache_lint.disk_cache.reader import CachingReader
from qscache_lint.errors import Fault
from qscache_lint.facts.readers import Reader
from qscache_lint.per_file import ignores
from qscache_lint.run_result import DjangoVersion, EngineReport, GivenUp, PlannedFindings, ReportedFinding, RunResult
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings, selects
from qscache_lint.source.django_pin import pin_files
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.values import Finding

if TYPE_CHECKING:
    from qscache_lint.component.analysis import ComponentAnalysis
    from qscache_lint.fixing.model import Place
    from qscache_lint.fixing.plan import FixPlan
    from qscache_lint.knowledge.tables import Knowledge
    from qscache_lint.project.analysis import Analysis
    from qscache_lint.project.project import Project
    from qscache_lint.project.workspace import Workspace
    from qscache_lint.source.suppressions import Suppressions
    from qscache_lint.source.surroundings import FileSurroundings

_SHOWN_ONLY = (
    "select", "ignore", "extend_select", "extend_ignore", "per_file_ignores", "extend_per_file_ignores",
    "force_exclude", "min_confidence", "keep_cached_name", "strict_engine", "baseline", "output_format", "cache_dir",
)
"""Settings that change nothing of what is found."""

OF_FILES = frozenset({"QSC900", "QSC901"})
"""Findings about files and comments: an analysis is not needed for the fixes that they have."""


class ComponentRun:
    """One component as it is now: what its result follows from, and the analysis, while that is needed."""

    def __init__(
        self,
        tree: HashedTree,
        settings: Settings,
        reader: Reader,
        statistics: RunStatistics,
        cache: DiskCache | None = None,
        extra: Iterable[str] = (),
        analysis: Analysis | None = None,
    ) -> None:
        """`extra` names files of the tree that the settings leave out of the project."""
        self.tree = tree
        self.cache = cache
        self.statistics = statistics
        self.extra = tuple(sorted(extra))
        self.settings = settings
        self.reader = reader if cache is None else CachingReader(cache, reader, statistics)
        self.key = _key(settings, self.extra)
        self._given = analysis
        self.plans: dict[frozenset[Place] | None, FixPlan] = {}
        """What can be done about the findings at some places; None stands for all."""
        self._faults: list[Fault] = []

    @classmethod
    def of(cls, analysis: Analysis, settings: Settings) -> ComponentRun:
        """The run that comes to an analysis which is already there."""
        from qscache_lint.facts.reading import DirectReader

        project = analysis.evaluator.project
        tree = HashedTree.like(project.tree, project.statistics)
        return cls(tree, settings, DirectReader(project.statistics), project.statistics, analysis=analysis)

    # -- the result

    @property
    def is_known(self) -> bool:
        """Whether what is kept of earlier runs still holds."""
        with self.statistics.phase("cache"):
            return self._known is not None

    def result(self, *, with_fixes: bool) -> RunResult:
        """The findings of all rules; `with_fixes`, the fix of each, if any of them is shown."""
        if self.is_known:
            self.statistics.count("runs from the cache")
        return self.with_fixes(self.findings) if with_fixes and self._shows_any else self.findings

    def with_fixes(self, result: RunResult) -> RunResult:
        """A result of this run with the fix of each finding that has one; none has after a mistake of ours."""
        may_have_some = any(found.finding.code not in OF_FILES for found in result.found) and not result.faults
        found = self._planned.found if may_have_some else result.found
        return msgspec.structs.replace(result, found=found, faults=self.faults, has_fixes=True)

    @cached_property
    def _planned(self) -> PlannedFindings:
        from qscache_lint.component.fix_plans import planned_findings

        return planned_findings(self)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The mistakes of ours that have cost something by now."""
        return tuple(sorted(set(self._faults)))

    def fail(self, *faults: Fault) -> None:
        """Note mistakes of ours."""
        self._faults += faults

    @property
    def directory(self) -> str:
        """The directory that all its files are in, relative to the root."""
        return os.path.commonpath([os.path.dirname(path) for path in self.tree.files] or [""]) or "."  # noqa: PTH120

    @cached_property
    def findings(self) -> RunResult:
        """The findings of all rules, without fixes."""
        with self.statistics.phase("cache"):
            if self._known is not None:
                return self._known
            read_set, result = self._find()
            if not result.faults and result.engine.complete:
                self._entry.keep(read_set, msgspec.structs.replace(result, engine=EngineReport()))
            return result

    @cached_property
    def _known(self) -> RunResult | None:
        """What is kept of an earlier run, while the files are the same to it, and the templates."""
        known = self._entry.known
        return known if known is not None and self._have_stayed(known) else None

    def _have_stayed(self, known: RunResult) -> bool:
        """Whether code still means the same templates by their names, and nothing in them is different."""
        if not known.templates:
            return True
        from qscache_lint.templates.files import Search, TemplateFiles

        files = TemplateFiles(self.tree.root, self.tree.related_files, known.directories)
        return all(files.look(Search(*search)) == seen for search, seen in known.templates)

    @cached_property
    def _entry(self) -> CacheEntry[RunResult]:
        inputs = TreeInputs(self.tree, self.inputs)
        return CacheEntry(self.cache, f"run-{self.key}", RunResult, inputs, self.read_set)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Every file that the findings follow from, besides the settings."""
        others = dict.fromkeys((*self.pins, *types.configuration(self.settings, self.tree)))
        return (*self.tree.files, *(path for path in others if path not in self.tree))

    @cached_property
    def pins(self) -> tuple[str, ...]:
        """The files that may say which Django it is analysed for."""
        return () if self.settings.django is not None else tuple(pin_files(self.tree.root))

    def _find(self) -> tuple[ReadSet, RunResult]:
        from qscache_lint.project.read_set import AnalysisReadSet
        from qscache_lint.rules.findings import all_findings
        from qscache_lint.rules.qsc901_unused_suppression import suppressing

        analysis = self._given or self._analysis.found()
        with self.statistics.phase("rules"), without_source_warnings():
            findings = self._analysis.findings() if self._given is None else all_findings(analysis)
            found = tuple(self.marked(findings))
        project = analysis.evaluator.project
        given_up = tuple(sorted(GivenUp(path, row, what) for (path, row), what in project.given_up.items()))
        self._faults += project.faults
        read_set = AnalysisReadSet.of(project, {*self.pins, *suppressing(project)})
        read = tuple(sorted({*project.visited, *(path for path, _ in analysis.unreadable)}))
        seen, directories = analysis.evaluator.templates_seen, analysis.evaluator.template_directories
        size = len(self.tree.files)
        result = RunResult(found, size, read, self.django, given_up, self.faults, seen, directories)
        oracle = project.types
        for name, count in zip(("questions of types", "answers of types"), oracle.counts, strict=True):
            self.statistics.count(name, count)
        result = msgspec.structs.replace(result, engine=types.report(oracle))
        return types.read(self.settings, read_set), result

    @property
    def read_set(self) -> Callable[[], type[ReadSet]]:
        """Gives the type of what a result rests on."""
        return types.read_set(self.settings, _read_set)

    def marked(self, findings: Sequence[Finding]) -> Iterator[ReportedFinding]:
        """The findings, with what `noqa` says of each, and what stands around it."""
        for finding in findings:
            suppressions, surroundings = _comments_and_surroundings(finding.path, self._source(finding.path))
            fix = suppressions.removal(finding) if finding.about else None
            start = finding.span.start
            yield ReportedFinding(
                finding, suppressions.silences(start.row, finding.code), fix, surroundings.at(start)
            )

    def _source(self, path: str) -> bytes:
        """The bytes of a file; none of one that cannot be read."""
        try:
            return self.tree.read(path)
        except OSError:
            return b""

    @property
    def _shows_any(self) -> bool:
        return any(
            not each.silenced
            and selects(self.settings, each.finding.code, CODES[each.finding.code])
            and not ignores(self.settings, each.finding.path, each.finding.code)
            for each in self.findings.found
        )

    # -- the analysis, when more is needed than what it has found

    @property
    def analysis(self) -> Analysis:
        """The project, analysed; this takes as long as the first run, but for what is in the cache."""
        return self._given or self._analysis.exact()

    @property
    def project(self) -> Project:
        """The project, evaluated or not."""
        return self._analysis.project() if self._given is None else self._given.evaluator.project

    def keep_answers(self) -> None:
        """Keep what the analysis knows, if there was one, for runs after edits; nothing after a mistake of ours."""
        if "_analysis" in self.__dict__ and not self._faults:
            self._analysis.keep()

    def release(self) -> None:
        """Let go of what takes much memory; it is made anew when it is needed again."""
        self.keep_answers()
        self.tree.forget()
        self._given = None
        if "_analysis" in self.__dict__:
            self._analysis.release()

    def workspace(self) -> Workspace:
        """The project, analysed, to be edited in memory."""
        return self._analysis.workspace()

    @cached_property
    def _analysis(self) -> ComponentAnalysis:
        from qscache_lint.component.analysis import ComponentAnalysis

        key = f"{self.key}-{'.'.join(map(str, self.django.version))}"
        load, reader = (lambda: self._knowledge), self.reader
        oracle = types.oracle(self.settings, self.cache, key, self.tree)
        return ComponentAnalysis(self.tree, load, reader, self.statistics, self.cache, key, oracle)

    @property
    def _knowledge(self) -> Knowledge:
        from qscache_lint.knowledge.tables import load_knowledge

        return load_knowledge(self.django.version, self.settings.extension)

    @cached_property
    def django(self) -> DjangoVersion:
        """The Django that it is analysed for."""
        return django_of(self.tree.root, self.settings)


def django_of(root: Path, settings: Settings) -> DjangoVersion:
    """The Django that decides what operations do: as set, else as pinned, else the newest that was measured."""
    from qscache_lint.knowledge.model import MEASURED, RELEASED
    from qscache_lint.source.django_pin import pinned_django

    if settings.django is not None:
        return DjangoVersion(settings.django, "as set")
    pin = pinned_django(root, RELEASED)
    if pin is not None:
        return DjangoVersion(pin.version, pin.reason)
    return DjangoVersion(MEASURED[-1], "the newest known; the project pins none")


@lru_cache(maxsize=limits.MARKED_FILES)
def _comments_and_surroundings(path: str, source: bytes) -> tuple[Suppressions, FileSurroundings]:
    from qscache_lint.source.suppressions import Suppressions
    from qscache_lint.source.surroundings import FileSurroundings

    return Suppressions(decode(source)), FileSurroundings(path, source)


def _read_set() -> type[ReadSet]:
    from qscache_lint.project.read_set import AnalysisReadSet

    return AnalysisReadSet


def _key(settings: Settings, extra: Sequence[str]) -> str:
    """What tells runs with other findings apart, besides the files."""
    usual = Settings()
    found_by = msgspec.structs.replace(settings, **{name: getattr(usual, name) for name in _SHOWN_ONLY})
    named = "\0".join(extra).encode(errors="surrogateescape")
    environment = types.environment(settings)
    return sha256(msgspec.json.encode(found_by) + named + environment).hexdigest()[:24]
