"""The analysis of one component: gone on from what is kept of an earlier one, else made from the beginning.

What is kept are the answers of the evaluation with all that they rest on (see `project.snapshot`). It serves for other
contents of the same files: only what rests on files that have changed is evaluated.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress

from qscache_lint import limits
from qscache_lint.disk_cache.disk_cache import DiskCache
from qscache_lint.disk_cache.entries import digest
from qscache_lint.disk_cache.hashed_tree import HashedTree, TreeInputs
from qscache_lint.disk_cache.kept import CacheEntry, Everything
from qscache_lint.disk_cache.reader import facts_entry
from qscache_lint.disk_cache.scouting import KeptScouting
from qscache_lint.facts.encoding import UNENCODABLE
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.readers import Reader
from qscache_lint.knowledge.tables import Knowledge
from qscache_lint.oracles import Oracle
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.project import Project
from qscache_lint.project.snapshot import Snapshot
from qscache_lint.project.workspace import Workspace
from qscache_lint.rules.findings import all_findings
from qscache_lint.run_statistics import RunStatistics
from qscache_lint.source.text import without_source_warnings
from qscache_lint.values import Finding, Span


class ComponentAnalysis:
    """What is known of a component, as long as it is needed."""

    def __init__(
        self,
        tree: HashedTree,
        load: Callable[[], Knowledge],
        reader: Reader,
        statistics: RunStatistics,
        cache: DiskCache | None,
        key: str,
        oracle: Oracle | None = None,
    ) -> None:
        """`key` tells apart analyses of the same files by other settings; `load` gives the tables."""
        self._oracle = oracle
        self._tree = tree
        self._load = load
        self._reader = reader
        self._statistics = statistics
        self._cache = cache
        self._entry = CacheEntry(cache, f"answers-{key}", Snapshot, TreeInputs(tree, tree.files))
        self._workspace: Workspace | None = None
        self._is_kept = False
        """Whether what is kept serves the next run as well."""

    def found(self) -> Analysis:
        """The analysis. After edits it may look at code to which no name leads any more, and finds the same."""
        return self.workspace().analysis

    def findings(self) -> list[Finding]:
        """The findings of every rule."""
        entry = CacheEntry(self._cache, "places", dict[bytes, tuple[Span, ...]])
        kept, used = entry.known or {}, dict[bytes, tuple[Span, ...]]()

        def order_of(path: str, known: frozenset[Span], visit: Callable[[], tuple[Span, ...]]) -> tuple[Span, ...]:
            key = digest(self._tree.digest(path) + repr(sorted(known)).encode())[:16]
            used[key] = kept[key] if key in kept else visit()
            return used[key]

        found = all_findings(self.found(), order_of)
        if used != kept:
            entry.keep(Everything(), used)
        return found

    def exact(self) -> Analysis:
        """The analysis as it is made from the beginning."""
        workspace = self.workspace()
        with self._statistics.phase("evaluate"), without_source_warnings():
            return workspace.make_exact()

    def project(self) -> Project:
        """The project, evaluated or not."""
        return self._new_project() if self._workspace is None else self._workspace.analysis.evaluator.project

    def release(self) -> None:
        """Let go of what takes much memory; it is made anew when it is needed again."""
        if self._workspace is not None:
            self._workspace = None
            gc.collect()

    def keep(self) -> None:
        """Keep the answers for later runs, unless those that are kept serve them nearly as well.

        Nothing is kept of what was too large, nor where an answer has no form, or a form beyond all measure: text with
        half of a surrogate pair, a number beyond 64 bits, values that share nearly everything.
        """
        if self._cache is None or self._workspace is None or self._is_kept or self._tree.overlay:
            return
        if self._workspace.is_spent:
            return
        with self._statistics.phase("cache"), suppress(*UNENCODABLE):
            self._entry.keep(Everything(), self._workspace.snapshot())
        self._is_kept = True

    def workspace(self) -> Workspace:
        """The project, analysed, to be edited in memory."""
        if self._workspace is None:
            with self._statistics.phase("evaluate"), without_source_warnings():
                self._workspace = self._gone_on() or self._begun()
        return self._workspace

    def _gone_on(self) -> Workspace | None:
        """The project after edits; None when nothing is kept from which that can be told."""
        with self._statistics.phase("cache"):
            before = self._entry.before
        if before is None:
            return None
        snapshot, edited = before
        scouting = self._scouting()
        workspace = Workspace.after(snapshot, self._new_project(scouting), edited, self._facts_before)
        if workspace is None:
            return None
        if not workspace.faults:
            scouting.keep(with_others=True)
        self._statistics.count("answers kept", workspace.kept)
        self._statistics.count("answers evaluated", workspace.evaluated)
        self._is_kept = workspace.evaluated * limits.ANSWERS_KEPT_ANEW < workspace.kept
        return workspace

    def _facts_before(self, path: str) -> ModuleFacts | None:
        """What a file stated when the answers were kept."""
        content = self._entry.digest_before(path)
        if self._cache is None or content is None:
            return None
        kept = facts_entry(self._cache, content).known
        return ModuleFacts(kept.facts) if kept is not None and kept.facts is not None else None

    def _begun(self) -> Workspace:
        """The project, analysed from the beginning."""
        scouting = self._scouting()
        workspace = Workspace.begun(self._new_project(scouting))
        if not workspace.faults:
            scouting.keep()
        if self._cache is not None:
            self._cache.has_used_all = True
        return workspace

    def _scouting(self) -> KeptScouting:
        return KeptScouting(self._cache, self._reader.scout, self._statistics)

    def _new_project(self, scouting: KeptScouting | None = None) -> Project:
        scouting = scouting or self._scouting()
        return Project(self._tree, self._load(), None, self._reader, self._statistics, scouting, self._oracle)
