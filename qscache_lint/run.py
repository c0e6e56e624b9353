"""A run over one project: the results of its components, each of which is analysed by itself.

Most projects are one component (see `project.components`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint import limits
from qscache_lint.component.run import ComponentRun
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.hashed_tree import HashedTree, TreeInputs
from qscache_lint.disk_cache.kept import CacheEntry, ReadSet, load_or_compute
from qscache_lint.disk_cache.place import DIRECTORY
from qscache_lint.errors import Fault, isolated
from qscache_lint.facts.readers import LateReader, Reader
from qscache_lint.project.project_roots import ProjectRoot, project_root_of, project_roots_of
from qscache_lint.run_result import ReportedFinding, RunResult
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings
from qscache_lint.values import Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.project.analysis import Analysis
    from qscache_lint.project.components import Components


class Purpose(Enum):
    """What is wanted of a run. Where a project has several components, the rest of each is let go of at once."""

    FINDINGS = "findings"
    FIXES = "fixes"
    """The findings, and the fix of each that has one."""
    EVERYTHING = "everything"


@dataclass(frozen=True)
class Means:
    """What a run may use besides the files: a disk cache, a reader with workers, run statistics.

    `cache_dir` is a directory for the caches of all projects; without one each project keeps its own, where its
    settings say. `reader` reads what is in no cache. `purpose` is what will be asked for.
    """

    cached: bool = False
    cache_dir: Path | None = None
    statistics: RunStatistics = field(default_factory=RunStatistics)
    reader: Reader | None = None
    purpose: Purpose = Purpose.EVERYTHING

    def disk_cache_for(self, root: Path, settings: Settings) -> DiskCache | None:
        """The cache of a project."""
        if not self.cached:
            return None
        if self.cache_dir is not None:
            return DiskCache(self.cache_dir, digest(os.fsencode(root)).hex()[:12])
        return DiskCache(root / (settings.cache_dir or DIRECTORY), above=root)


@dataclass(frozen=True)
class ComponentResult:
    """One component: its result, and the run that more can be had of; none where it was done elsewhere."""

    result: RunResult
    component: ComponentRun | None = None

    def fixes_of(self, findings: Collection[Finding]) -> Mapping[Finding, Fix]:
        """The fixes of those of some findings that have one, and maybe of others."""
        if self.result.has_fixes or self.component is None:
            return self.result.fixes
        from qscache_lint.component.fix_plans import fixes_of

        return fixes_of(self.component, findings)


@dataclass(frozen=True)
class Run:
    """What was found in one project, component by component, in the order of their directories."""

    parts: tuple[ComponentResult, ...]
    cache: DiskCache | None = None
    statistics: RunStatistics = field(default_factory=RunStatistics)

    @cached_property
    def result(self) -> RunResult:
        """What there is to be found in the project."""
        return RunResult.together(tuple(part.result for part in self.parts))

    @property
    def components(self) -> tuple[ComponentRun, ...]:
        """The components of which more can be had."""
        return tuple(part.component for part in self.parts if part.component is not None)

    def unreadable_among(self, paths: Sequence[str]) -> list[ReportedFinding]:
        """The findings in files that nothing but being asked for by name calls for: whether each can be read."""
        named = [(component, [path for path in paths if path in component.tree]) for component in self.components]
        if not any(asked for _, asked in named):
            return []
        from qscache_lint.component.parse_checks import unreadable_among

        return [found for component, asked in named if asked for found in unreadable_among(component, asked)]

    def fixes_of(self, findings: Collection[Finding]) -> Mapping[Finding, Fix]:
        """The fixes of those of some findings that have one, and maybe of others."""
        parts = self.with_findings_in({finding.path for finding in findings})
        return {finding: fix for part in parts for finding, fix in part.fixes_of(findings).items()}

    def with_findings_in(self, paths: Container[str]) -> Iterator[ComponentResult]:
        """The components with a finding in one of some files."""
        return (part for part in self.parts if any(found.finding.path in paths for found in part.result.found))

    def analyses(self) -> Iterator[Analysis]:
        """The components, analysed, one at a time."""
        return (component.analysis for component in self.components)

    def analysis_of(self, path: str) -> Analysis:
        """The analysis of the component that a file of the tree is in."""
        return next(component.analysis for component in self.components if path in component.tree)

    # -- what the user should know

    @property
    def cache_note(self) -> str:
        """Why nothing was kept, if something was to be kept."""
        if all(cache.is_usable for cache in self._caches):
            return ""
        return "results are not cached: the cache directory cannot be written"

    @property
    def warning(self) -> str:
        """What the user should know of the cache; empty when there is nothing to say."""
        notes = (*(cache.note for cache in self._caches), *(part.result.cache_note for part in self.parts))
        return next(filter(None, notes), "")

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The mistakes of ours that have cost something by now."""
        late = (fault for component in self.components for fault in component.faults)
        return tuple(sorted({*self.result.faults, *late}))

    @property
    def limits_note(self) -> str:
        """What was too much to be followed to its end; empty when there is nothing to say."""
        given_up = self.result.given_up
        if not given_up:
            return ""
        first, others = given_up[0], len(given_up) - 1
        more = f" (and {others} more place{'s' if others > 1 else ''})" if others else ""
        return f"{first.path}:{first.row}: findings may be missing: {first.what}{more}"

    @property
    def engine_notes(self) -> tuple[str, ...]:
        """What the user should know of the type checker that was asked."""
        engine = self.result.engine
        if not engine.failure:
            return engine.notes
        return (*engine.notes, f"typed engine unavailable: {engine.failure}; findings are those of the fast engine")

    def tidy(self) -> None:
        """Keep what later runs will need, and remove from the cache what none will."""
        for component in self.components:
            component.keep_answers()
        for cache in self._caches:
            cache.tidy()

    @property
    def _caches(self) -> tuple[DiskCache, ...]:
        caches = (self.cache, *(component.cache for component in self.components))
        return tuple(dict.fromkeys(cache for cache in caches if cache is not None))


def run_over(
    tree: HashedTree, settings: Settings, means: Means, extra: Collection[str] = (), cache: DiskCache | None = None
) -> Run:
    """Run over a project; `extra` names files of the tree that the settings leave out of it."""
    statistics = means.statistics
    reader = means.reader or LateReader(partial(_direct_reader, statistics))
    components = [
        ComponentRun(part, settings, reader, statistics, kept_in, [path for path in extra if path in part])
        for part, kept_in in components_of(tree, cache, statistics)
    ]
    if len(components) == 1:
        return Run((_part(components[0], lambda each: each.result(with_fixes=False)),), cache, statistics)
    done = {} if means.purpose is Purpose.EVERYTHING else _done_apart(components, reader, means)
    parts = [
        ComponentResult(done[number], each) if number in done else _part(each, partial(_result, purpose=means.purpose))
        for number, each in enumerate(components)
    ]
    return Run(tuple(parts), cache, statistics)


def _part(component: ComponentRun, result_of: Callable[[ComponentRun], RunResult]) -> ComponentResult:
    """The result of a component; where we fail in all of it, there is no more than that fault."""
    result = isolated(lambda: result_of(component), "analysing these files", component.directory)
    if not isinstance(result, Fault):
        return ComponentResult(result, component)
    return ComponentResult(RunResult((), len(component.tree.files), (), component.django, faults=(result,)))


def _direct_reader(statistics: RunStatistics) -> Reader:
    from qscache_lint.facts.reading import DirectReader

    return DirectReader(statistics)


def _result(component: ComponentRun, purpose: Purpose) -> RunResult:
    """The result of one of several components; its analysis is let go of, unless it may be needed."""
    result = component.result(with_fixes=purpose is Purpose.FIXES)
    if purpose is not Purpose.EVERYTHING or not result.found:
        component.release()
    return result


def _done_apart(components: Sequence[ComponentRun], reader: Reader, means: Means) -> dict[int, RunResult]:
    """The results, by number, of components of which nothing is known, from other processes, if there are any.

    The largest comes first. One that is larger than all the rest is better done here, where others read for it.
    """
    unknown = [number for number, each in enumerate(components) if not each.is_known]
    unknown.sort(key=lambda number: -len(components[number].tree.files))
    sizes = [len(components[number].tree.files) for number in unknown]
    if sum(sizes) < limits.PARALLEL_FILES or sizes[0] > sum(sizes) / 2:
        return {}
    from qscache_lint.component.job import do_component, job_of

    jobs = [job_of(components[number], with_fixes=means.purpose is Purpose.FIXES) for number in unknown]
    done: dict[int, RunResult] = {}
    with means.statistics.phase("components apart"):
        for index, encoded in reader.apart(do_component, jobs) or ():
            if encoded:
                result = done[unknown[index]] = msgspec.msgpack.decode(encoded, type=RunResult)
                for name, count in result.statistics.items():
                    means.statistics.count(name, count)
    return done


def components_of(
    tree: HashedTree, cache: DiskCache | None, statistics: RunStatistics
) -> Iterator[tuple[HashedTree, DiskCache | None]]:
    """The components of a project, in the order of their directories, each with its cache."""
    project_roots = project_roots_of(tree.root, tree.files)
    components: Components = (project_roots,)
    if len(project_roots) > 1:
        with statistics.phase("components"):
            components = _partition(tree, project_roots, cache)
    if len(components) < 2:
        yield tree, cache
        return
    number = {project_root: index for index, component in enumerate(components) for project_root in component}
    files: list[list[str]] = [[] for _ in components]
    for path in tree.files:
        files[number[project_root_of(path, number.keys())]].append(path)
    for index, component in enumerate(components):
        others = [project_root for project_root in number if number[project_root] != index]
        yield tree.part(files[index], others), None if cache is None else cache.of_component(component)


def _partition(tree: HashedTree, project_roots: Sequence[ProjectRoot], cache: DiskCache | None) -> Components:
    """The components, as groups of project roots."""
    named = sha256("\0".join(project_roots).encode(errors="surrogateescape")).hexdigest()[:24]
    inputs = TreeInputs(tree, tree.files)
    kind = tuple[tuple[str, ...], ...]
    entry: CacheEntry[Components] = CacheEntry(cache, f"components-{named}", kind, inputs, _mentions)

    def compute() -> tuple[ReadSet, Components]:
        from qscache_lint.project.components import part

        read_set, components = part(tree, project_roots)
        tree.forget()
        if cache is not None:
            cache.drop_other_components(components)
        return read_set, components

    return load_or_compute(entry, compute)


def _mentions() -> type[ReadSet]:
    from qscache_lint.project.components import PartitionReadSet

    return PartitionReadSet
