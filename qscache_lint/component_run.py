"""A run over one component of a project: its result from the disk cache while nothing has changed, else by analysis.

Whatever part of a component is asked for, the run is over all of it, and gives the findings of every rule: what is
shown of them is chosen afterwards. So one kept run answers for the command, for flake8 and for an editor.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qscache_lint.codes import CODES
from qscache_lint.disk_cache.disk_cache import DiskCache, KeptFixes, KeptRun
from qscache_lint.disk_cache.hashed_tree import HashedTree
from qscache_lint.disk_cache.reader import CachingReader
from qscache_lint.disk_cache.signature import Signature, look_at
from qscache_lint.facts.readers import Reader, Request
from qscache_lint.run_result import DjangoVersion, GivenUp, ParseCheck, ReportedFinding, RunResult
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.settings import Settings, selects
from qscache_lint.source.django_pin import pin_files
from qscache_lint.source.related_files import RelatedFiles
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.values import Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.knowledge import Knowledge
    from qscache_lint.project.analysis import Analysis

_SHOWN_ONLY = {
    "select": None,
    "ignore": (),
    "extend_select": (),
    "extend_ignore": (),
    "min_confidence": Settings().min_confidence,
    "keep_cached_name": False,
    "cache_dir": None,
}
"""Settings that change nothing of what is found."""


@dataclass(frozen=True)
class ComponentJob:
    """One component, and all that another process needs for a run over it."""

    root: Path
    files: tuple[str, ...]
    overlay: Mapping[str, bytes]
    without: frozenset[str]
    settings: Settings
    extra: tuple[str, ...]
    disk_cache: DiskCache | None
    with_fixes: bool


class _Done(msgspec.Struct, frozen=True, array_like=True):
    """What another process has found in a component. `fixes` go by the number of the finding."""

    kept: KeptRun
    fixes: tuple[tuple[int, Fix], ...]
    counts: dict[str, int]
    cache_note: str


def do_component(job: ComponentJob) -> bytes:
    """Run over one component: what a worker does. Nothing comes back when a name in it is no text."""
    from qscache_lint.facts.reading import DirectReader

    statistics = RunStatistics()
    tree = HashedTree(job.root, job.files, job.overlay, statistics, RelatedFiles(job.root, job.without))
    run = ComponentRun(tree, job.settings, DirectReader(statistics), statistics, job.disk_cache, job.extra)
    done = run.done(with_fixes=job.with_fixes)
    if job.disk_cache is not None:
        job.disk_cache.tidy()
    run.release()
    try:
        return msgspec.msgpack.encode(done)
    except UnicodeEncodeError:
        return b""


class ComponentRun:
    """One component as it is now. Nothing is read before somebody asks."""

    def __init__(
        self,
        tree: HashedTree,
        settings: Settings,
        reader: Reader,
        statistics: RunStatistics,
        disk_cache: DiskCache | None = None,
        extra: Iterable[str] = (),
    ) -> None:
        """`extra` names files of the tree that the settings leave out of the project."""
        self.tree = tree
        self.statistics = statistics
        self.disk_cache = disk_cache
        self._extra = tuple(sorted(extra))
        self._settings = settings
        self._reader = reader if disk_cache is None else CachingReader(disk_cache, reader, statistics)
        self._key = _key(settings, self._extra)

    @classmethod
    def of(cls, analysis: Analysis, settings: Settings) -> ComponentRun:
        """The run that comes to an analysis which is already there."""
        from qscache_lint.facts.reading import DirectReader

        project = analysis.evaluator.project
        tree = HashedTree.like(project.tree, project.statistics)
        run = cls(tree, settings, DirectReader(project.statistics), project.statistics)
        run.__dict__["analysis"] = analysis
        return run

    # -- the findings

    @cached_property
    def result(self) -> RunResult:
        """What there is to be found in the project."""
        return self._kept.result

    @cached_property
    def is_known(self) -> bool:
        """Whether what is kept of earlier runs still holds."""
        return self._known is not None

    @cached_property
    def _now(self) -> Signature:
        return self.tree.look(self._inputs)

    @cached_property
    def _known(self) -> KeptRun | None:
        with self.statistics.phase("cache"):
            return None if self.disk_cache is None else self._from_store(self.disk_cache, self._now)

    @cached_property
    def _kept(self) -> KeptRun:
        if self._known is not None:
            self.statistics.count("runs from the cache")
            return self._known
        now, result = self._now, self._found()
        if self.disk_cache is None or self.tree.overlay or look_at(self.tree.root, self._inputs) != now:
            return KeptRun(now, result, "")
        with self.statistics.phase("cache"):
            kept = KeptRun(self._signature(self.disk_cache, now), result, self._keep_read_set(self.disk_cache))
            self.disk_cache.keep_run(self._key, kept)
        return kept

    def _from_store(self, disk_cache: DiskCache, now: Signature) -> KeptRun | None:
        kept = disk_cache.run(self._key)
        if kept is None or kept.signature.paths != now.paths:
            return None
        changed = tuple(kept.signature.changed(now, self.tree.digest))
        if changed:
            return self._unaffected(disk_cache, kept, now, changed)
        if now.states != kept.signature.states and not self.tree.overlay:
            fresh = disk_cache.settled(kept.signature.seen_as(now))
            if fresh != kept.signature:
                kept = msgspec.structs.replace(kept, signature=fresh)
                disk_cache.keep_run(self._key, kept)
        return kept

    def _unaffected(
        self, disk_cache: DiskCache, kept: KeptRun, now: Signature, changed: Sequence[str]
    ) -> KeptRun | None:
        """The kept run after changes to files that it has not read, if these answer as before what it asked of them."""
        from qscache_lint.project.read_set import Check
        from qscache_lint.source.gate import imports_django

        result = kept.result
        looked_at = {*result.read, *pin_files(self.tree.root)}
        questions = disk_cache.questions(kept.asked) if looked_at.isdisjoint(changed) else None
        if questions is None:
            return None
        check = Check(questions)
        try:
            is_same = all(check.is_same(path, self.tree.read(path)) for path in changed)
            knows_django = any(imports_django(self.tree.read(path)) for path in result.read)
        except OSError:
            return None
        if not is_same or knows_django != questions.knows_django:
            return None
        alone = tuple(each for each in result.parse_checks if each.path not in changed)
        known = dict(zip(kept.signature.paths, kept.signature.digests, strict=True))
        known.update((path, self.tree.digest(path)) for path in changed)
        fresh = msgspec.structs.replace(
            kept,
            signature=disk_cache.settled(Signature(now.paths, now.states, tuple(known.values()))),
            result=msgspec.structs.replace(result, parse_checks=alone),
        )
        if not self.tree.overlay:
            disk_cache.keep_run(self._key, fresh)
        return fresh

    def _signature(self, disk_cache: DiskCache, now: Signature) -> Signature:
        digests = tuple([self.tree.digest(path) for path in now.paths])
        return disk_cache.settled(Signature(now.paths, now.states, digests))

    def _keep_read_set(self, disk_cache: DiskCache) -> str:
        from qscache_lint.project.read_set import questions

        return disk_cache.keep_read_set(questions(self.analysis.evaluator.project))

    @cached_property
    def _inputs(self) -> tuple[str, ...]:
        """Every file that the findings follow from, besides the settings."""
        if self._settings.django is not None:
            return self.tree.files
        return (*self.tree.files, *(path for path in pin_files(self.tree.root) if path not in self.tree))

    def _found(self) -> RunResult:
        from qscache_lint.rules.findings import all_findings

        analysis = self.analysis
        with self.statistics.phase("rules"), without_source_warnings():
            found = tuple(self._marked(all_findings(analysis)))
        project = analysis.evaluator.project
        read = tuple(sorted({*project.visited, *project.unreadable}))
        given_up = tuple(sorted(GivenUp(path, row, what) for (path, row), what in project.given_up.items()))
        return RunResult(found, len(self.tree.files), read, self._django, given_up=given_up)

    def _marked(self, findings: Sequence[Finding]) -> Iterator[ReportedFinding]:
        """The findings, with what `noqa` says of each."""
        from qscache_lint.source.suppressions import Suppressions

        known: dict[str, Suppressions] = {}
        for finding in findings:
            if finding.path not in known:
                try:
                    known[finding.path] = Suppressions(decode(self.tree.read(finding.path)))
                except OSError:
                    known[finding.path] = Suppressions("")
            yield ReportedFinding(finding, known[finding.path].silences(finding.span.start.row, finding.code))

    def release(self) -> None:
        """Let go of what takes much memory; who asks for it again waits for it again."""
        self.tree.forget()
        if self.__dict__.pop("analysis", None) is not None:
            gc.collect()

    # -- others who do the work

    def job(self, *, with_fixes: bool) -> ComponentJob:
        """This run, as work for another process."""
        tree, without = self.tree, self.tree.related_files.without
        return ComponentJob(
            tree.root, tree.files, tree.overlay, without, self._settings, self._extra, self.disk_cache, with_fixes
        )

    def done(self, *, with_fixes: bool) -> _Done:
        """Do the run; gives what there is to tell of it."""
        if with_fixes:
            self.plan_fixes()
        fixes: Mapping[Finding, Fix] = self.__dict__.get("fixes", {})
        findings = [found.finding for found in self.result.found]
        numbered = tuple((number, fixes[each]) for number, each in enumerate(findings) if each in fixes)
        note = "" if self.disk_cache is None else self.disk_cache.note
        return _Done(self._kept, numbered, dict(self.statistics.counts), note)

    def take(self, encoded: bytes, *, with_fixes: bool) -> None:
        """Take over what another process has done; where nothing came back, this one will have to do it."""
        if not encoded:
            return
        done = msgspec.msgpack.decode(encoded, type=_Done)
        findings = [found.finding for found in done.kept.result.found]
        self.__dict__.update(_kept=done.kept, result=done.kept.result)
        if with_fixes and self._shows_any:
            self.__dict__["fixes"] = {findings[number]: fix for number, fix in done.fixes}
        for name, count in done.counts.items():
            self.statistics.count(name, count)
        if self.disk_cache is not None:
            self.disk_cache.note = self.disk_cache.note or done.cache_note

    # -- files that are asked for by name

    def unreadable_among(self, paths: Sequence[str]) -> list[ReportedFinding]:
        """The findings in files that nothing but being asked for by name calls for: whether each can be read."""
        known = {alone.path: alone for alone in self.result.parse_checks}
        fresh = [path for path in paths if path not in known and path not in self.result.read]
        if fresh:
            known.update((alone.path, alone) for alone in self._check_parses(fresh))
            self._amend(result=msgspec.structs.replace(self.result, parse_checks=tuple(known.values())))
        alone = [known[path] for path in paths if path in known and known[path].unreadable is not None]
        if not alone:
            return []
        from qscache_lint.rules.qsc900_unreadable_file import unreadable_file

        return list(self._marked([unreadable_file(each.path, each.unreadable) for each in alone if each.unreadable]))

    def _check_parses(self, paths: Sequence[str]) -> Iterator[ParseCheck]:
        from qscache_lint.source.syntax import Unreadable

        with self.statistics.phase("facts"), without_source_warnings():
            requests = (Request(path, self.tree.read(path)) for path in paths)
            for path, reading in self._reader.read(requests):
                yield ParseCheck(path, reading if isinstance(reading, Unreadable) else None)

    # -- fixes

    @cached_property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one."""
        findings = [found.finding for found in self.result.found]
        if not findings:
            return {}
        around = self.tree.related_files
        code = (path for path in around.code if path not in self.tree)
        others = (*around.templates, *around.settings, *code, *around.unlisted)
        now = look_at(self.tree.root, tuple(dict.fromkeys(others)))
        for kept in self._kept.fixes:
            if kept.keep_cached_name == self._settings.keep_cached_name and kept.templates.is_of(now, self.tree.digest):
                return {findings[index]: fix for index, fix in kept.fixes}
        from qscache_lint.fixing import plan_fixes

        with self.statistics.phase("fixes"), without_source_warnings():
            fixes = plan_fixes(self.analysis, findings, self._settings.keep_cached_name)
        self._keep_fixes(now, tuple((index, fixes[each]) for index, each in enumerate(findings) if each in fixes))
        return fixes

    def plan_fixes(self) -> None:
        """Plan the fixes while the analysis is there, if any finding will be shown."""
        if self._shows_any:
            _ = self.fixes

    @property
    def _shows_any(self) -> bool:
        return any(
            not found.silenced and selects(self._settings, found.finding.code, CODES[found.finding.code])
            for found in self.result.found
        )

    def _keep_fixes(self, templates: Signature, fixes: tuple[tuple[int, Fix], ...]) -> None:
        if self.disk_cache is None:
            return
        signature = self._signature(self.disk_cache, templates)
        named = self._settings.keep_cached_name
        others = tuple(kept for kept in self._kept.fixes if kept.keep_cached_name != named)
        asked = self._keep_read_set(self.disk_cache)
        self._amend(fixes=(*others, KeptFixes(named, signature, fixes)), asked=asked)

    def _amend(self, **changes: object) -> None:
        """Add to what is kept of this run, if it is kept at all."""
        kept = msgspec.structs.replace(self._kept, **changes)
        self.__dict__["_kept"] = kept
        self.__dict__["result"] = kept.result
        if self.disk_cache is not None and kept.signature.digests and not self.tree.overlay:
            self.disk_cache.keep_run(self._key, kept)

    # -- the analysis, when somebody needs more than what it has found

    @cached_property
    def analysis(self) -> Analysis:
        """The project, analysed; this takes as long as the first run, but for the facts in the disk_cache."""
        from qscache_lint.disk_cache.scouting import KeptScouting
        from qscache_lint.project.analysis import analyse

        scouting = KeptScouting(self.disk_cache, self._reader.scout, self.statistics)
        with self.statistics.phase("evaluate"), without_source_warnings():
            analysis = analyse(
                self.tree, self._knowledge, reader=self._reader, statistics=self.statistics, scouting=scouting
            )
        scouting.keep()
        return analysis

    @property
    def _knowledge(self) -> Knowledge:
        from qscache_lint.knowledge import load_knowledge

        return load_knowledge(self._django.version, self._settings.extension)

    @cached_property
    def _django(self) -> DjangoVersion:
        """The Django that decides what operations do: as set, else as pinned, else the newest that was measured."""
        from qscache_lint.knowledge import MEASURED, RELEASED
        from qscache_lint.source.django_pin import pinned_django

        given = self._settings.django
        if given is not None:
            return DjangoVersion(given, "as set")
        pin = pinned_django(self.tree.root, RELEASED)
        if pin is not None:
            return DjangoVersion(pin.version, pin.reason)
        return DjangoVersion(MEASURED[-1], "the newest known; nothing pins one")


def _key(settings: Settings, extra: Sequence[str]) -> str:
    """What tells runs with other findings apart, besides the files."""
    found_by = msgspec.structs.replace(settings, **_SHOWN_ONLY)
    named = "\0".join(extra).encode(errors="surrogateescape")
    return sha256(msgspec.json.encode(found_by) + named).hexdigest()[:24]
