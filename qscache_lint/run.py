"""A run over one project: each of its islands by itself, and what was found in all of them.

Most projects are one island (see `project.islands`), and then this only passes on what its run has found.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from qscache_lint.facts.readers import LateReader, Reader
from qscache_lint.island_run import IslandRun, do_island
from qscache_lint.meter import Meter
from qscache_lint.outcome import Found, Outcome
from qscache_lint.project.grounds import Ground, ground_of, grounds_of
from qscache_lint.settings import Settings
from qscache_lint.store.signature import Signature, look_at
from qscache_lint.store.store import KeptParting, Store
from qscache_lint.store.watched import WatchedTree
from qscache_lint.values import Finding, Fix

if TYPE_CHECKING:
    from qscache_lint.project.analysis import Analysis


_WORTH_IT = 200
"""Files in islands for which other processes are started."""


_Islands: TypeAlias = tuple[tuple[Ground, ...], ...]


class Purpose(Enum):
    """What somebody wants of a run. Where a project has several islands, the rest of each is let go of at once."""

    FINDINGS = "findings"
    FIXES = "fixes"
    """The findings, and the fix of each that has one."""
    EVERYTHING = "everything"


class Run:
    """One project as it is now. Nothing is read before somebody asks."""

    def __init__(
        self,
        tree: WatchedTree,
        settings: Settings,
        reader: Reader,
        meter: Meter,
        store: Store | None = None,
        extra: Iterable[str] = (),
        purpose: Purpose = Purpose.EVERYTHING,
    ) -> None:
        """`extra` names files of the tree that the settings leave out of the project."""
        self.tree = tree
        self._settings = settings
        self._reader = reader
        self._meter = meter
        self._store = store
        self._extra = tuple(extra)
        self._purpose = purpose
        self._told: Mapping[Finding, Fix] = {}

    @classmethod
    def of(cls, tree: WatchedTree, analyses: Iterable[Analysis], settings: Settings) -> Run:
        """The run that comes to analyses of islands which are already there."""
        run = cls(tree, settings, LateReader(_nobody), Meter())
        run.__dict__["islands"] = tuple(IslandRun.of(analysis, settings) for analysis in analyses)
        return run

    @classmethod
    def told(cls, root: Path, settings: Settings, outcome: Outcome, fixes: Mapping[Finding, Fix]) -> Run:
        """A run that somebody else has done: there is no more to it than what they tell."""
        run = cls(WatchedTree(root, ()), settings, LateReader(_nobody), Meter())
        run.__dict__.update(islands=(), outcome=outcome)
        run._told = fixes
        return run

    # -- islands

    @cached_property
    def islands(self) -> tuple[IslandRun, ...]:
        """The islands of the project, in the order of their directories."""
        grounds = grounds_of(self.tree.root, self.tree.files)
        if len(grounds) < 2:
            return (self._run_over(self.tree, self._store),)
        with self._meter.phase("islands"):
            now = self.tree.look(self.tree.files)
            return self._runs(self._kept_islands(grounds, now) or self._found_islands(grounds, now))

    def _kept_islands(self, grounds: Sequence[Ground], now: Signature) -> _Islands:
        """The islands of the last run, if no file says anything else of others now; else nothing."""
        kept = None if self._store is None else self._store.parting()
        if self._store is None or kept is None or kept.signature.paths != now.paths:
            return ()
        if sorted(_all(kept.islands)) != [*grounds]:
            return ()
        changed = frozenset(kept.signature.changed(now, self.tree.digest))
        if changed and not self._say_the_same(changed, kept):
            return ()
        if not self.tree.overlay:
            digests = tuple(
                self.tree.digest(path) if path in changed else digest
                for path, digest in zip(kept.signature.paths, kept.signature.digests, strict=True)
            )
            fresh = self._store.settled(Signature(now.paths, now.states, digests))
            if fresh != kept.signature:
                self._store.keep_parting(msgspec.structs.replace(kept, signature=fresh))
        return kept.islands

    def _say_the_same(self, changed: Collection[str], kept: KeptParting) -> bool:
        """Whether changed files mention what they did, and none of them has decided what a name means."""
        from qscache_lint.project.islands import mentions

        before = dict(zip(kept.signature.paths, kept.mentions, strict=True))
        same = (mentions(self.tree, path).digest == before[path] for path in changed)
        return not any(path in changed for path in kept.consulted) and all(same)

    def _found_islands(self, grounds: Sequence[Ground], now: Signature) -> _Islands:
        from qscache_lint.project.islands import part

        parting = part(self.tree, grounds)
        self.tree.forget()
        if self._store is not None and not self.tree.overlay and look_at(self.tree.root, self.tree.files) == now:
            digests = tuple(map(self.tree.digest, now.paths))
            signature = self._store.settled(Signature(now.paths, now.states, digests))
            self._store.keep_parting(KeptParting(signature, parting.mentions, parting.consulted, parting.islands))
        return parting.islands

    def _runs(self, islands: _Islands) -> tuple[IslandRun, ...]:
        if len(islands) < 2:
            return (self._run_over(self.tree, self._store),)
        number = {ground: index for index, island in enumerate(islands) for ground in island}
        files: list[list[str]] = [[] for _ in islands]
        for path in self.tree.files:
            files[number[ground_of(path, number.keys())]].append(path)
        return tuple(
            self._run_over(
                self.tree.part(files[index], [ground for ground in number if number[ground] != index]),
                None if self._store is None else self._store.of_island(island),
            )
            for index, island in enumerate(islands)
        )

    def _run_over(self, tree: WatchedTree, store: Store | None) -> IslandRun:
        extra = [path for path in self._extra if path in tree]
        return IslandRun(tree, self._settings, self._reader, self._meter, store, extra)

    # -- what there is to be found

    @cached_property
    def outcome(self) -> Outcome:
        """What there is to be found in the project."""
        if len(self.islands) == 1:
            return self.islands[0].outcome
        if self._purpose is not Purpose.EVERYTHING:
            self._hand_out()
        outcomes = [self._outcome_of(island) for island in self.islands]
        return Outcome(
            found=tuple(sorted(_all(each.found for each in outcomes), key=lambda found: found.finding.order)),
            files=len(self.tree.files),
            read=tuple(sorted(_all(each.read for each in outcomes))),
            django=outcomes[0].django,
            alone=tuple(_all(each.alone for each in outcomes)),
            given_up=tuple(sorted(_all(each.given_up for each in outcomes))),
        )

    def _hand_out(self) -> None:
        """Let others do the islands of which nothing is known, the largest first, if there are others.

        One that is larger than all the rest is better done here, where others read for it.
        """
        unknown = sorted((each for each in self.islands if not each.is_known), key=lambda each: -len(each.tree.files))
        files = sum(len(each.tree.files) for each in unknown)
        if files < _WORTH_IT or len(unknown[0].tree.files) > files / 2:
            return
        with_fixes = self._purpose is Purpose.FIXES
        with self._meter.phase("islands apart"):
            done = self._reader.apart(do_island, [island.job(with_fixes=with_fixes) for island in unknown])
            for number, encoded in done or ():
                unknown[number].take(encoded, with_fixes=with_fixes)

    def _outcome_of(self, island: IslandRun) -> Outcome:
        if self._purpose is Purpose.FIXES:
            island.plan_fixes()
        if self._purpose is not Purpose.EVERYTHING or not island.outcome.found:
            island.release()
        return island.outcome

    def unreadable_among(self, paths: Sequence[str]) -> list[Found]:
        """The findings in files that nothing but being asked for by name calls for: whether each can be read."""
        named = ((island, [path for path in paths if path in island.tree]) for island in self.islands)
        return [found for island, asked in named if asked for found in island.unreadable_among(asked)]

    def fixes_in(self, paths: Container[str]) -> Mapping[Finding, Fix]:
        """The fixes of the findings in some files, among others."""
        concerned = (island.fixes for island in self._with_findings_in(paths))
        return {**self._told, **{finding: fix for fixes in concerned for finding, fix in fixes.items()}}

    def _with_findings_in(self, paths: Container[str]) -> Iterator[IslandRun]:
        for island in self.islands:
            if any(found.finding.path in paths for found in island.outcome.found):
                yield island

    def analyses(self, paths: Container[str] | None = None) -> Iterator[Analysis]:
        """The islands, analysed: those with a finding in one of some files, or all of them, one at a time."""
        for island in self.islands if paths is None else self._with_findings_in(paths):
            yield island.analysis

    @property
    def meter(self) -> Meter:
        """What counts the work, and knows how far it is."""
        return self._meter

    # -- what is kept

    @property
    def cache_note(self) -> str:
        """Why nothing was kept, if something was to be kept."""
        if all(store.is_usable for store in self._stores):
            return ""
        return "nothing is kept for the next run: the directory of the cache cannot be written"

    @property
    def warning(self) -> str:
        """What the user should know of the cache; empty when there is nothing to tell."""
        return next((store.note for store in self._stores if store.note), "")

    @property
    def limits_note(self) -> str:
        """What was too much to be followed to its end; empty when there is nothing to tell."""
        given_up = self.outcome.given_up
        if not given_up:
            return ""
        first, others = given_up[0], len(given_up) - 1
        more = f" (and {others} more place{'s' if others > 1 else ''})" if others else ""
        return f"{first.path}:{first.row}: findings may be missing, {first.what}{more}"

    def tidy(self) -> None:
        """Remove from the cache what nobody will ask for again."""
        for store in self._stores:
            store.tidy()

    @property
    def _stores(self) -> tuple[Store, ...]:
        stores = (self._store, *(island.store for island in self.islands))
        return tuple(dict.fromkeys(store for store in stores if store is not None))


def _nobody() -> Reader:
    raise LookupError("the run was done elsewhere")


_Item = TypeVar("_Item")


def _all(several: Iterable[Iterable[_Item]]) -> Iterator[_Item]:
    return chain.from_iterable(several)
