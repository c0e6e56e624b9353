"""A run over one component of a project: its result from the disk cache while that holds, else by analysis.

Whatever part of a component is asked for, the run is over all of it, and gives the findings of every rule: what is
shown of them is chosen afterwards. So one kept result answers for the command, for flake8 and for an editor.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from qscache_lint import component_types, limits
from qscache_lint.codes import CODES
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.hashed_tree import HashedTree, TreeInputs
from qscache_lint.disk_cache.kept import Entry, Everything, ReadSet
from qscache_lint.disk_cache.manifest import UNREADABLE
from qscache_lint.disk_cache.reader import CachingReader
from qscache_lint.errors import Fault, isolated
from qscache_lint.facts.readers import Reader, Request
from qscache_lint.per_file import ignores
from qscache_lint.run_result import DjangoVersion, EngineReport, GivenUp, PlannedFindings, ReportedFinding, RunResult
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings, selects
from qscache_lint.source.django_pin import pin_files
from qscache_lint.source.related_files import RelatedFiles
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.values import Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.component_analysis import ComponentAnalysis
    from qscache_lint.fixing.model import Place
    from qscache_lint.fixing.plan import FixPlan
    from qscache_lint.fixing.run import Find, Repaired
    from qscache_lint.knowledge import Knowledge
    from qscache_lint.project.analysis import Analysis, Workspace
    from qscache_lint.project.project import Project
    from qscache_lint.source.suppressions import Suppressions
    from qscache_lint.source.surroundings import FileSurroundings
    from qscache_lint.source.syntax import Unreadable

_Planned = TypeVar("_Planned", bound=PlannedFindings)

_SHOWN_ONLY = (
    "select", "ignore", "extend_select", "extend_ignore", "per_file_ignores", "extend_per_file_ignores",
    "force_exclude", "min_confidence", "keep_cached_name", "strict_engine", "baseline", "output_format", "cache_dir",
)
"""Settings that change nothing of what is found."""

_OF_FILES = frozenset({"QSC900", "QSC901"})
"""Findings about files and comments: an analysis is not needed for the fixes that they have."""


@dataclass(frozen=True)
class ComponentJob:
    """One component, and all that another process needs for a run over it."""

    root: Path
    files: tuple[str, ...]
    overlay: Mapping[str, bytes]
    without: frozenset[str]
    settings: Settings
    extra: tuple[str, ...]
    cache: DiskCache | None
    with_fixes: bool


def do_component(job: ComponentJob) -> bytes:
    """The encoded result of a component: what a worker does.

    Nothing comes back when a name in it is no text, or when we fail: it is done where that can be told.
    """
    done = isolated(lambda: _done(job), "analysing these files")
    return b"" if isinstance(done, Fault) else done


def _done(job: ComponentJob) -> bytes:
    from qscache_lint.facts.reading import DirectReader

    statistics = RunStatistics()
    tree = HashedTree(job.root, job.files, job.overlay, statistics, RelatedFiles(job.root, job.without))
    run = ComponentRun(tree, job.settings, DirectReader(statistics), statistics, job.cache, job.extra)
    result = run.result(with_fixes=job.with_fixes)
    run.keep_answers()
    if job.cache is not None:
        job.cache.tidy()
    run.release()
    note = "" if job.cache is None else job.cache.note
    try:
        return msgspec.msgpack.encode(
            msgspec.structs.replace(result, statistics=dict(statistics.counts), cache_note=note)
        )
    except UnicodeEncodeError:
        return b""


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
        self._statistics = statistics
        self._extra = tuple(sorted(extra))
        self._settings = settings
        self._reader = reader if cache is None else CachingReader(cache, reader, statistics)
        self._key = _key(settings, self._extra)
        self._given = analysis
        self._plans: dict[frozenset[Place], FixPlan] = {}
        self._faults: list[Fault] = []

    @classmethod
    def of(cls, analysis: Analysis, settings: Settings) -> ComponentRun:
        """The run that comes to an analysis which is already there."""
        from qscache_lint.facts.reading import DirectReader

        project = analysis.evaluator.project
        tree = HashedTree.like(project.tree, project.statistics)
        return cls(tree, settings, DirectReader(project.statistics), project.statistics, analysis=analysis)

    def job(self, *, with_fixes: bool) -> ComponentJob:
        """This run, as work for another process."""
        tree, without = self.tree, self.tree.related_files.without
        return ComponentJob(
            tree.root, tree.files, tree.overlay, without, self._settings, self._extra, self.cache, with_fixes
        )

    # -- the result

    @property
    def is_known(self) -> bool:
        """Whether what is kept of earlier runs still holds."""
        with self._statistics.phase("cache"):
            return self._known is not None

    def result(self, *, with_fixes: bool) -> RunResult:
        """The findings of all rules; `with_fixes`, the fix of each, if any of them is shown."""
        if self.is_known:
            self._statistics.count("runs from the cache")
        return self.with_fixes(self._findings) if with_fixes and self._shows_any else self._findings

    def with_fixes(self, result: RunResult) -> RunResult:
        """A result of this run with the fix of each finding that has one; none has after a mistake of ours."""
        may_have_some = any(found.finding.code not in _OF_FILES for found in result.found) and not result.faults
        found = self._planned.found if may_have_some else result.found
        return msgspec.structs.replace(result, found=found, faults=self.faults, has_fixes=True)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The mistakes of ours that have cost something by now."""
        return tuple(sorted(set(self._faults)))

    def fail(self, fault: Fault) -> None:
        """Note a mistake of ours."""
        self._faults.append(fault)

    @property
    def directory(self) -> str:
        """The directory that all its files are in, relative to the root."""
        return os.path.commonpath([os.path.dirname(path) for path in self.tree.files] or [""]) or "."  # noqa: PTH120

    @cached_property
    def _findings(self) -> RunResult:
        with self._statistics.phase("cache"):
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
    def _entry(self) -> Entry[RunResult]:
        inputs = TreeInputs(self.tree, self._inputs)
        return Entry(self.cache, f"run-{self._key}", RunResult, inputs, self._read_set)

    @cached_property
    def _inputs(self) -> tuple[str, ...]:
        """Every file that the findings follow from, besides the settings."""
        others = dict.fromkeys((*self._pins, *component_types.configuration(self._settings, self.tree)))
        return (*self.tree.files, *(path for path in others if path not in self.tree))

    @cached_property
    def _pins(self) -> tuple[str, ...]:
        return () if self._settings.django is not None else tuple(pin_files(self.tree.root))

    def _find(self) -> tuple[ReadSet, RunResult]:
        from qscache_lint.project.read_set import AnalysisReadSet
        from qscache_lint.rules.findings import all_findings
        from qscache_lint.rules.qsc901_unused_suppression import suppressing

        analysis = self._given or self._analysis.found()
        with self._statistics.phase("rules"), without_source_warnings():
            findings = self._analysis.findings() if self._given is None else all_findings(analysis)
            found = tuple(self._marked(findings))
        project = analysis.evaluator.project
        given_up = tuple(sorted(GivenUp(path, row, what) for (path, row), what in project.given_up.items()))
        self._faults += project.faults
        read_set = AnalysisReadSet.of(project, {*self._pins, *suppressing(project)})
        read = tuple(sorted({*project.visited, *(path for path, _ in analysis.unreadable)}))
        seen, directories = analysis.evaluator.templates_seen, analysis.evaluator.template_directories
        size = len(self.tree.files)
        result = RunResult(found, size, read, self.django, given_up, self.faults, seen, directories)
        types = project.types
        for name, count in zip(("questions of types", "answers of types"), types.counts, strict=True):
            self._statistics.count(name, count)
        result = msgspec.structs.replace(result, engine=component_types.report(types))
        return component_types.read(self._settings, read_set), result

    @property
    def _read_set(self) -> Callable[[], type[ReadSet]]:
        return component_types.read_set(self._settings, _read_set)

    def _marked(self, findings: Sequence[Finding]) -> Iterator[ReportedFinding]:
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
            and selects(self._settings, each.finding.code, CODES[each.finding.code])
            and not ignores(self._settings, each.finding.path, each.finding.code)
            for each in self._findings.found
        )

    # -- files that are asked for by name

    def unreadable_among(self, paths: Sequence[str]) -> list[ReportedFinding]:
        """The findings in files that nothing but being asked for by name calls for: whether each can be read.

        What is kept of an earlier run may hold although a file that it read is another now: then all are looked at.
        """
        from qscache_lint.source.syntax import Unreadable

        read = frozenset(self._findings.read if self.cache is None else ())
        digests = {path: self.tree.digest(path) for path in paths if path not in read}
        others = {path: digest for path, digest in digests.items() if digest != UNREADABLE}
        entry: Entry[dict[bytes, Unreadable | None]] = Entry(self.cache, "parse-checks", dict[bytes, Unreadable | None])
        known = dict(entry.known or {}) if others else {}
        fresh = [path for path, digest in others.items() if digest not in known]
        if fresh:
            known = known if len(known) < limits.PARSE_CHECKS else {}
            known.update((others[path], unreadable) for path, unreadable in self._parse_checks(fresh))
            entry.keep(Everything(), known)
        unreadable = [(path, known[digest]) for path, digest in others.items() if digest in known]
        if not any(each for _, each in unreadable):
            return []
        from qscache_lint.rules.qsc900_unreadable_file import unreadable_file

        return list(self._marked([unreadable_file(path, each) for path, each in unreadable if each is not None]))

    def _parse_checks(self, paths: Sequence[str]) -> Iterator[tuple[str, Unreadable | None]]:
        from qscache_lint.source.syntax import Unreadable

        with self._statistics.phase("facts"), without_source_warnings():
            for path, reading in self._reader.read(Request(path, self.tree.read(path)) for path in paths):
                unreadable = reading if isinstance(reading, Unreadable) else None
                if unreadable is not None and unreadable.is_fault:
                    self._faults.append(Fault(path, unreadable.reason))
                else:
                    yield path, unreadable

    # -- fixes

    @cached_property
    def _planned(self) -> PlannedFindings:
        """The findings with their fixes, without what applies them."""
        with self._statistics.phase("cache"):
            known = self._plan_entry(lambda: PlannedFindings).known
        return self._plan if known is None else known

    @cached_property
    def _plan(self) -> FixPlan:
        from qscache_lint.fixing.plan import FixPlan
        from qscache_lint.project.read_set import AnalysisReadSet

        with self._statistics.phase("cache"):
            entry = self._plan_entry(lambda: FixPlan)
            if entry.known is not None:
                return entry.known
            plan = self._planned_about(self._findings.found)
            if not self._faults:
                read_set = AnalysisReadSet.of(self.project, {*self._pins, *self._related_files})
                entry.keep(component_types.read(self._settings, read_set), plan)
            return plan

    def fixes_of(self, findings: Collection[Finding]) -> Mapping[Finding, Fix]:
        """The fixes of those of some findings that have one, and maybe of others."""
        if self._plans_all or all(each.code in _OF_FILES for each in findings) or self._findings.faults:
            return self.with_fixes(self._findings).fixes
        plan = self._plan_of({(each.path, each.span) for each in findings})
        return {each.finding: each.fix for each in plan.found if each.fix is not None}

    @property
    def _plans_all(self) -> bool:
        """Whether all fixes are planned at once: they are kept for later runs, or are there."""
        return self.cache is not None or "_plan" in self.__dict__

    def _plan_of(self, places: Collection[Place]) -> FixPlan:
        """What can be done about the findings at some places, and about all others of the functions behind them."""
        from qscache_lint.fixing.planning import functions_behind

        if self._plans_all:
            return self._plan
        key = frozenset(places)
        if key not in self._plans:
            behind = functions_behind(self.analysis)
            wanted = {behind[place] for place in key if place in behind}
            placed = ((each, (each.finding.path, each.finding.span)) for each in self._findings.found)
            found = tuple(each for each, place in placed if place in key or behind.get(place) in wanted)
            self._plans[key] = self._planned_about(found)
        return self._plans[key]

    def _plan_entry(self, kind: Callable[[], type[_Planned]]) -> Entry[_Planned]:
        key = f"fixes-{self._key}-{'kept' if self._settings.keep_cached_name else 'new'}-names"
        templates = (path for _, seen in self._findings.templates for path, _ in seen)
        inputs = tuple(dict.fromkeys((*self._inputs, *self._related_files, *templates)))
        return Entry(self.cache, key, kind(), TreeInputs(self.tree, inputs), self._read_set)

    @cached_property
    def _related_files(self) -> tuple[str, ...]:
        """The files around that decide about fixes."""
        around = self.tree.related_files
        code = (path for path in around.code if path not in self.tree)
        return (*around.templates, *around.settings, *code, *around.unlisted)

    def _planned_about(self, found: Sequence[ReportedFinding]) -> FixPlan:
        from qscache_lint.fixing import plan_fixes
        from qscache_lint.fixing.plan import FixPlan

        analysis = self.analysis
        with self._statistics.phase("fixes"), without_source_warnings():
            plan = isolated(
                lambda: plan_fixes(analysis, found, self._settings.keep_cached_name),
                "planning fixes",
                self.directory,
            )
        self._faults += analysis.evaluator.project.faults
        if isinstance(plan, Fault):
            self._faults.append(plan)
            return FixPlan(tuple(found))
        return plan

    def repaired(
        self, findings: Sequence[Finding], find: Find, reported: Collection[Place], *, unsafe: bool
    ) -> Repaired:
        """The repairs of what is reported, applied in memory; `findings` are those that are shown, as by `find`."""
        from qscache_lint.fixing.run import Draft, repair_project

        draft = Draft.planned(self.project, findings, self._plan_of(reported))
        named = self._settings.keep_cached_name
        return repair_project(draft, find, reported, unsafe=unsafe, keep_cached_name=named)

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
        from qscache_lint.component_analysis import ComponentAnalysis

        key = f"{self._key}-{'.'.join(map(str, self.django.version))}"
        load, reader = (lambda: self._knowledge), self._reader
        oracle = component_types.oracle(self._settings, self.cache, key, self.tree)
        return ComponentAnalysis(self.tree, load, reader, self._statistics, self.cache, key, oracle)

    @property
    def _knowledge(self) -> Knowledge:
        from qscache_lint.knowledge import load_knowledge

        return load_knowledge(self.django.version, self._settings.extension)

    @cached_property
    def django(self) -> DjangoVersion:
        """The Django that it is analysed for."""
        return django_of(self.tree.root, self._settings)


def django_of(root: Path, settings: Settings) -> DjangoVersion:
    """The Django that decides what operations do: as set, else as pinned, else the newest that was measured."""
    from qscache_lint.knowledge import MEASURED, RELEASED
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
    environment = component_types.environment(settings)
    return sha256(msgspec.json.encode(found_by) + named + environment).hexdigest()[:24]
