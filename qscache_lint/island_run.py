"""A run over one island of a project: its findings out of the store while nothing has changed, else by analysis.

Whatever part of an island is asked for, the run is over all of it, and gives the findings of every rule: what is shown
of them is chosen afterwards. So one kept run answers for the command, for flake8 and for an editor.
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
from qscache_lint.facts.readers import Reader, Request
from qscache_lint.meter import Meter
from qscache_lint.outcome import Alone, DjangoVersion, Found, GivenUp, Outcome
from qscache_lint.settings import Settings, selects
from qscache_lint.source.django_pin import pin_files
from qscache_lint.source.surroundings import Surroundings
from qscache_lint.source.text import decode, without_source_warnings
from qscache_lint.store.reader import StoredReader
from qscache_lint.store.signature import Signature, look_at
from qscache_lint.store.store import KeptFixes, KeptRun, Store
from qscache_lint.store.watched import WatchedTree
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
class IslandJob:
    """One island, and all that another process needs for a run over it."""

    root: Path
    files: tuple[str, ...]
    overlay: Mapping[str, bytes]
    without: frozenset[str]
    settings: Settings
    extra: tuple[str, ...]
    store: Store | None
    with_fixes: bool


class _Done(msgspec.Struct, frozen=True, array_like=True):
    """What another process has found in an island. `fixes` go by the number of the finding."""

    kept: KeptRun
    fixes: tuple[tuple[int, Fix], ...]
    counts: dict[str, int]
    cache_note: str


def do_island(job: IslandJob) -> bytes:
    """Run over one island: what a worker does. Nothing comes back when a name in it is no text."""
    from qscache_lint.facts.reading import DirectReader

    meter = Meter()
    tree = WatchedTree(job.root, job.files, job.overlay, meter, Surroundings(job.root, job.without))
    run = IslandRun(tree, job.settings, DirectReader(meter), meter, job.store, job.extra)
    done = run.done(with_fixes=job.with_fixes)
    if job.store is not None:
        job.store.tidy()
    run.release()
    try:
        return msgspec.msgpack.encode(done)
    except UnicodeEncodeError:
        return b""


class IslandRun:
    """One island as it is now. Nothing is read before somebody asks."""

    def __init__(
        self,
        tree: WatchedTree,
        settings: Settings,
        reader: Reader,
        meter: Meter,
        store: Store | None = None,
        extra: Iterable[str] = (),
    ) -> None:
        """`extra` names files of the tree that the settings leave out of the project."""
        self.tree = tree
        self.meter = meter
        self.store = store
        self._extra = tuple(sorted(extra))
        self._settings = settings
        self._reader = reader if store is None else StoredReader(store, reader, meter)
        self._key = _key(settings, self._extra)

    @classmethod
    def of(cls, analysis: Analysis, settings: Settings) -> IslandRun:
        """The run that comes to an analysis which is already there."""
        from qscache_lint.facts.reading import DirectReader

        project = analysis.evaluator.project
        tree = WatchedTree.like(project.tree, project.meter)
        run = cls(tree, settings, DirectReader(project.meter), project.meter)
        run.__dict__["analysis"] = analysis
        return run

    # -- the findings

    @cached_property
    def outcome(self) -> Outcome:
        """What there is to be found in the project."""
        return self._kept.outcome

    @cached_property
    def is_known(self) -> bool:
        """Whether what is kept of earlier runs still holds."""
        return self._known is not None

    @cached_property
    def _now(self) -> Signature:
        return self.tree.look(self._inputs)

    @cached_property
    def _known(self) -> KeptRun | None:
        with self.meter.phase("cache"):
            return None if self.store is None else self._from_store(self.store, self._now)

    @cached_property
    def _kept(self) -> KeptRun:
        if self._known is not None:
            self.meter.count("runs from the cache")
            return self._known
        now, outcome = self._now, self._found()
        if self.store is None or self.tree.overlay or look_at(self.tree.root, self._inputs) != now:
            return KeptRun(now, outcome, "")
        with self.meter.phase("cache"):
            kept = KeptRun(self._signature(self.store, now), outcome, self._keep_questions(self.store))
            self.store.keep_run(self._key, kept)
        return kept

    def _from_store(self, store: Store, now: Signature) -> KeptRun | None:
        kept = store.run(self._key)
        if kept is None or kept.signature.paths != now.paths:
            return None
        changed = tuple(kept.signature.changed(now, self.tree.digest))
        if changed:
            return self._unaffected(store, kept, now, changed)
        if now.states != kept.signature.states and not self.tree.overlay:
            fresh = store.settled(kept.signature.seen_as(now))
            if fresh != kept.signature:
                kept = msgspec.structs.replace(kept, signature=fresh)
                store.keep_run(self._key, kept)
        return kept

    def _unaffected(self, store: Store, kept: KeptRun, now: Signature, changed: Sequence[str]) -> KeptRun | None:
        """The kept run after changes to files that it has not read, if these answer as before what it asked of them."""
        from qscache_lint.project.questions import Check
        from qscache_lint.source.gate import imports_django

        outcome = kept.outcome
        looked_at = {*outcome.read, *pin_files(self.tree.root)}
        questions = store.questions(kept.asked) if looked_at.isdisjoint(changed) else None
        if questions is None:
            return None
        check = Check(questions)
        try:
            is_same = all(check.is_same(path, self.tree.read(path)) for path in changed)
            knows_django = any(imports_django(self.tree.read(path)) for path in outcome.read)
        except OSError:
            return None
        if not is_same or knows_django != questions.knows_django:
            return None
        alone = tuple(each for each in outcome.alone if each.path not in changed)
        known = dict(zip(kept.signature.paths, kept.signature.digests, strict=True))
        known.update((path, self.tree.digest(path)) for path in changed)
        fresh = msgspec.structs.replace(
            kept,
            signature=store.settled(Signature(now.paths, now.states, tuple(known.values()))),
            outcome=msgspec.structs.replace(outcome, alone=alone),
        )
        if not self.tree.overlay:
            store.keep_run(self._key, fresh)
        return fresh

    def _signature(self, store: Store, now: Signature) -> Signature:
        digests = tuple([self.tree.digest(path) for path in now.paths])
        return store.settled(Signature(now.paths, now.states, digests))

    def _keep_questions(self, store: Store) -> str:
        from qscache_lint.project.questions import questions

        return store.keep_questions(questions(self.analysis.evaluator.project))

    @cached_property
    def _inputs(self) -> tuple[str, ...]:
        """Every file that the findings follow from, besides the settings."""
        if self._settings.django is not None:
            return self.tree.files
        return (*self.tree.files, *(path for path in pin_files(self.tree.root) if path not in self.tree))

    def _found(self) -> Outcome:
        from qscache_lint.rules.findings import all_findings

        analysis = self.analysis
        with self.meter.phase("rules"), without_source_warnings():
            found = tuple(self._marked(all_findings(analysis)))
        project = analysis.evaluator.project
        read = tuple(sorted({*project.visited, *project.unreadable}))
        given_up = tuple(sorted(GivenUp(path, row, what) for (path, row), what in project.given_up.items()))
        return Outcome(found, len(self.tree.files), read, self._django, given_up=given_up)

    def _marked(self, findings: Sequence[Finding]) -> Iterator[Found]:
        """The findings, with what `noqa` says of each."""
        from qscache_lint.source.suppressions import Suppressions

        known: dict[str, Suppressions] = {}
        for finding in findings:
            if finding.path not in known:
                try:
                    known[finding.path] = Suppressions(decode(self.tree.read(finding.path)))
                except OSError:
                    known[finding.path] = Suppressions("")
            yield Found(finding, known[finding.path].silences(finding.span.start.row, finding.code))

    def release(self) -> None:
        """Let go of what takes much memory; who asks for it again waits for it again."""
        self.tree.forget()
        if self.__dict__.pop("analysis", None) is not None:
            gc.collect()

    # -- others who do the work

    def job(self, *, with_fixes: bool) -> IslandJob:
        """This run, as work for another process."""
        tree, without = self.tree, self.tree.surroundings.without
        return IslandJob(
            tree.root, tree.files, tree.overlay, without, self._settings, self._extra, self.store, with_fixes
        )

    def done(self, *, with_fixes: bool) -> _Done:
        """Do the run; gives what there is to tell of it."""
        if with_fixes:
            self.plan_fixes()
        fixes: Mapping[Finding, Fix] = self.__dict__.get("fixes", {})
        findings = [found.finding for found in self.outcome.found]
        numbered = tuple((number, fixes[each]) for number, each in enumerate(findings) if each in fixes)
        note = "" if self.store is None else self.store.note
        return _Done(self._kept, numbered, dict(self.meter.counts), note)

    def take(self, encoded: bytes, *, with_fixes: bool) -> None:
        """Take over what another process has done; where nothing came back, this one will have to do it."""
        if not encoded:
            return
        done = msgspec.msgpack.decode(encoded, type=_Done)
        findings = [found.finding for found in done.kept.outcome.found]
        self.__dict__.update(_kept=done.kept, outcome=done.kept.outcome)
        if with_fixes and self._shows_any:
            self.__dict__["fixes"] = {findings[number]: fix for number, fix in done.fixes}
        for name, count in done.counts.items():
            self.meter.count(name, count)
        if self.store is not None:
            self.store.note = self.store.note or done.cache_note

    # -- files that are asked for by name

    def unreadable_among(self, paths: Sequence[str]) -> list[Found]:
        """The findings in files that nothing but being asked for by name calls for: whether each can be read."""
        known = {alone.path: alone for alone in self.outcome.alone}
        fresh = [path for path in paths if path not in known and path not in self.outcome.read]
        if fresh:
            known.update((alone.path, alone) for alone in self._read_alone(fresh))
            self._amend(outcome=msgspec.structs.replace(self.outcome, alone=tuple(known.values())))
        alone = [known[path] for path in paths if path in known and known[path].unreadable is not None]
        if not alone:
            return []
        from qscache_lint.rules.qsc900_unreadable_file import unreadable_file

        return list(self._marked([unreadable_file(each.path, each.unreadable) for each in alone if each.unreadable]))

    def _read_alone(self, paths: Sequence[str]) -> Iterator[Alone]:
        from qscache_lint.source.syntax import Unreadable

        with self.meter.phase("facts"), without_source_warnings():
            requests = (Request(path, self.tree.read(path)) for path in paths)
            for path, reading in self._reader.read(requests):
                yield Alone(path, reading if isinstance(reading, Unreadable) else None)

    # -- fixes

    @cached_property
    def fixes(self) -> Mapping[Finding, Fix]:
        """The fix of each finding that has one."""
        findings = [found.finding for found in self.outcome.found]
        if not findings:
            return {}
        around = self.tree.surroundings
        code = (path for path in around.code if path not in self.tree)
        others = (*around.templates, *around.settings, *code, *around.unlisted)
        now = look_at(self.tree.root, tuple(dict.fromkeys(others)))
        for kept in self._kept.fixes:
            if kept.keep_cached_name == self._settings.keep_cached_name and kept.templates.is_of(now, self.tree.digest):
                return {findings[index]: fix for index, fix in kept.fixes}
        from qscache_lint.fixing import plan_fixes

        with self.meter.phase("fixes"), without_source_warnings():
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
            for found in self.outcome.found
        )

    def _keep_fixes(self, templates: Signature, fixes: tuple[tuple[int, Fix], ...]) -> None:
        if self.store is None:
            return
        signature = self._signature(self.store, templates)
        named = self._settings.keep_cached_name
        others = tuple(kept for kept in self._kept.fixes if kept.keep_cached_name != named)
        asked = self._keep_questions(self.store)
        self._amend(fixes=(*others, KeptFixes(named, signature, fixes)), asked=asked)

    def _amend(self, **changes: object) -> None:
        """Add to what is kept of this run, if it is kept at all."""
        kept = msgspec.structs.replace(self._kept, **changes)
        self.__dict__["_kept"] = kept
        self.__dict__["outcome"] = kept.outcome
        if self.store is not None and kept.signature.digests and not self.tree.overlay:
            self.store.keep_run(self._key, kept)

    # -- the analysis, when somebody needs more than what it has found

    @cached_property
    def analysis(self) -> Analysis:
        """The project, analysed; this takes as long as the first run, but for the facts in the store."""
        from qscache_lint.project.analysis import analyse
        from qscache_lint.store.scouting import KeptScouting

        scouting = KeptScouting(self.store, self._reader.scout, self.meter)
        with self.meter.phase("evaluate"), without_source_warnings():
            analysis = analyse(
                self.tree, self._knowledge, reader=self._reader, meter=self.meter, scouting=scouting
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

