"""A run over one project: each of its components by itself, and what was found in all of them.

Most projects are one component (see `project.components`), and then this only passes on what its run has found.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from qscache_lint.component_run import ComponentRun, do_component
from qscache_lint.disk_cache.disk_cache import DiskCache, KeptPartition
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.disk_cache.signature import Signature, look_at
from qscache_lint.facts.readers import LateReader, Reader
from qscache_lint.project.project_roots import ProjectRoot, project_root_of, project_roots_of
from qscache_lint.run_result import ReportedFinding, RunResult
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings
from qscache_lint.values import Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.project.analysis import Analysis


_WORTH_IT = 200
"""Files in components for which other processes are started."""


_Components: TypeAlias = tuple[tuple[ProjectRoot, ...], ...]


class Purpose(Enum):
    """What somebody wants of a run. Where a project has several components, the rest of each is let go of at once."""

    FINDINGS = "findings"
    FIXES = "fixes"
    """The findings, and the fix of each that has one."""
    EVERYTHING = "everything"


class Run:
    """One project as it is now. Nothing is read before somebody asks."""

    def __init__(
        self,
        tree: HashedTree,
        settings: Settings,
        reader: Reader,
        statistics: RunStatistics,
        disk_cache: DiskCache | None = None,
        extra: Iterable[str] = (),
        purpose: Purpose = Purpose.EVERYTHING,
    ) -> None:
        """`extra` names files of the tree that the settings leave out of the project."""
        self.tree = tree
        self._settings = settings
        self._reader = reader
        self._statistics = statistics
        self._disk_cache = disk_cache
        self._extra = tuple(extra)
        self._purpose = purpose
        self._told: Mapping[Finding, Fix] = {}

    @classmethod
    def of(cls, tree: HashedTree, analyses: Iterable[Analysis], settings: Settings) -> Run:
        """The run that comes to analyses of components which are already there."""
        run = cls(tree, settings, LateReader(_nobody), RunStatistics())
        run.__dict__["components"] = tuple(ComponentRun.of(analysis, settings) for analysis in analyses)
        return run

    @classmethod
    def told(cls, root: Path, settings: Settings, result: RunResult, fixes: Mapping[Finding, Fix]) -> Run:
        """A run that somebody else has done: there is no more to it than what they tell."""
        run = cls(HashedTree(root, ()), settings, LateReader(_nobody), RunStatistics())
        run.__dict__.update(components=(), result=result)
        run._told = fixes
        return run

    # -- components

    @cached_property
    def components(self) -> tuple[ComponentRun, ...]:
        """The components of the project, in the order of their directories."""
        project_roots = project_roots_of(self.tree.root, self.tree.files)
        if len(project_roots) < 2:
            return (self._run_over(self.tree, self._disk_cache),)
        with self._statistics.phase("components"):
            now = self.tree.look(self.tree.files)
            return self._runs(self._kept_components(project_roots, now) or self._found_components(project_roots, now))

    def _kept_components(self, project_roots: Sequence[ProjectRoot], now: Signature) -> _Components:
        """The components of the last run, if no file says anything else of others now; else nothing."""
        kept = None if self._disk_cache is None else self._disk_cache.partition()
        if self._disk_cache is None or kept is None or kept.signature.paths != now.paths:
            return ()
        if sorted(_all(kept.components)) != [*project_roots]:
            return ()
        changed = frozenset(kept.signature.changed(now, self.tree.digest))
        if changed and not self._say_the_same(changed, kept):
            return ()
        if not self.tree.overlay:
            digests = tuple(
                self.tree.digest(path) if path in changed else digest
                for path, digest in zip(kept.signature.paths, kept.signature.digests, strict=True)
            )
            fresh = self._disk_cache.settled(Signature(now.paths, now.states, digests))
            if fresh != kept.signature:
                self._disk_cache.keep_partition(msgspec.structs.replace(kept, signature=fresh))
        return kept.components

    def _say_the_same(self, changed: Collection[str], kept: KeptPartition) -> bool:
        """Whether changed files mention what they did, and none of them has decided what a name means."""
        from qscache_lint.project.components import mentions

        before = dict(zip(kept.signature.paths, kept.mentions, strict=True))
        same = (mentions(self.tree, path).digest == before[path] for path in changed)
        return not any(path in changed for path in kept.consulted) and all(same)

    def _found_components(self, project_roots: Sequence[ProjectRoot], now: Signature) -> _Components:
        from qscache_lint.project.components import part

        partition = part(self.tree, project_roots)
        self.tree.forget()
        if self._disk_cache is not None and not self.tree.overlay and look_at(self.tree.root, self.tree.files) == now:
            digests = tuple(map(self.tree.digest, now.paths))
            signature = self._disk_cache.settled(Signature(now.paths, now.states, digests))
            self._disk_cache.keep_partition(
                KeptPartition(signature, partition.mentions, partition.consulted, partition.components)
            )
        return partition.components

    def _runs(self, components: _Components) -> tuple[ComponentRun, ...]:
        if len(components) < 2:
            return (self._run_over(self.tree, self._disk_cache),)
        number = {project_root: index for index, component in enumerate(components) for project_root in component}
        files: list[list[str]] = [[] for _ in components]
        for path in self.tree.files:
            files[number[project_root_of(path, number.keys())]].append(path)
        return tuple(
            self._run_over(
                self.tree.part(
                    files[index], [project_root for project_root in number if number[project_root] != index]
                ),
                None if self._disk_cache is None else self._disk_cache.of_component(component),
            )
            for index, component in enumerate(components)
        )

    def _run_over(self, tree: HashedTree, disk_cache: DiskCache | None) -> ComponentRun:
        extra = [path for path in self._extra if path in tree]
        return ComponentRun(tree, self._settings, self._reader, self._statistics, disk_cache, extra)

    # -- what there is to be found

    @cached_property
    def result(self) -> RunResult:
        """What there is to be found in the project."""
        if len(self.components) == 1:
            return self.components[0].result
        if self._purpose is not Purpose.EVERYTHING:
            self._hand_out()
        results = [self._result_of(component) for component in self.components]
        return RunResult(
            found=tuple(sorted(_all(each.found for each in results), key=lambda found: found.finding.order)),
            files=len(self.tree.files),
            read=tuple(sorted(_all(each.read for each in results))),
            django=results[0].django,
            parse_checks=tuple(_all(each.parse_checks for each in results)),
            given_up=tuple(sorted(_all(each.given_up for each in results))),
        )

    def _hand_out(self) -> None:
        """Let others do the components of which nothing is known, the largest first, if there are others.

        One that is larger than all the rest is better done here, where others read for it.
        """
        unknown = sorted(
            (each for each in self.components if not each.is_known), key=lambda each: -len(each.tree.files)
        )
        files = sum(len(each.tree.files) for each in unknown)
        if files < _WORTH_IT or len(unknown[0].tree.files) > files / 2:
            return
        with_fixes = self._purpose is Purpose.FIXES
        with self._statistics.phase("components apart"):
            done = self._reader.apart(do_component, [component.job(with_fixes=with_fixes) for component in unknown])
            for number, encoded in done or ():
                unknown[number].take(encoded, with_fixes=with_fixes)

    def _result_of(self, component: ComponentRun) -> RunResult:
        if self._purpose is Purpose.FIXES:
            component.plan_fixes()
        if self._purpose is not Purpose.EVERYTHING or not component.result.found:
            component.release()
        return component.result

    def unreadable_among(self, paths: Sequence[str]) -> list[ReportedFinding]:
        """The findings in files that nothing but being asked for by name calls for: whether each can be read."""
        named = ((component, [path for path in paths if path in component.tree]) for component in self.components)
        return [found for component, asked in named if asked for found in component.unreadable_among(asked)]

    def fixes_in(self, paths: Container[str]) -> Mapping[Finding, Fix]:
        """The fixes of the findings in some files, among others."""
        concerned = (component.fixes for component in self._with_findings_in(paths))
        return {**self._told, **{finding: fix for fixes in concerned for finding, fix in fixes.items()}}

    def _with_findings_in(self, paths: Container[str]) -> Iterator[ComponentRun]:
        for component in self.components:
            if any(found.finding.path in paths for found in component.result.found):
                yield component

    def analyses(self, paths: Container[str] | None = None) -> Iterator[Analysis]:
        """The components, analysed: those with a finding in one of some files, or all of them, one at a time."""
        for component in self.components if paths is None else self._with_findings_in(paths):
            yield component.analysis

    @property
    def statistics(self) -> RunStatistics:
        """What counts the work, and knows how far it is."""
        return self._statistics

    # -- what is kept

    @property
    def cache_note(self) -> str:
        """Why nothing was kept, if something was to be kept."""
        if all(disk_cache.is_usable for disk_cache in self._disk_caches):
            return ""
        return "nothing is kept for the next run: the directory of the cache cannot be written"

    @property
    def warning(self) -> str:
        """What the user should know of the cache; empty when there is nothing to tell."""
        return next((disk_cache.note for disk_cache in self._disk_caches if disk_cache.note), "")

    @property
    def limits_note(self) -> str:
        """What was too much to be followed to its end; empty when there is nothing to tell."""
        given_up = self.result.given_up
        if not given_up:
            return ""
        first, others = given_up[0], len(given_up) - 1
        more = f" (and {others} more place{'s' if others > 1 else ''})" if others else ""
        return f"{first.path}:{first.row}: findings may be missing, {first.what}{more}"

    def tidy(self) -> None:
        """Remove from the cache what nobody will ask for again."""
        for disk_cache in self._disk_caches:
            disk_cache.tidy()

    @property
    def _disk_caches(self) -> tuple[DiskCache, ...]:
        disk_caches = (self._disk_cache, *(component.disk_cache for component in self.components))
        return tuple(dict.fromkeys(disk_cache for disk_cache in disk_caches if disk_cache is not None))


def _nobody() -> Reader:
    raise LookupError("the run was done elsewhere")


_Item = TypeVar("_Item")


def _all(several: Iterable[Iterable[_Item]]) -> Iterator[_Item]:
    return chain.from_iterable(several)
