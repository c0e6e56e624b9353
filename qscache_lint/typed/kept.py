"""An oracle that keeps its answers: they hold while every file is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from qscache_lint.disk_cache.kept import Entry, Everything
from qscache_lint.oracles import Answers, Asked, Oracle, TypeAnswer
from qscache_lint.source.tree import SourceTree

KeptAnswers: TypeAlias = tuple[tuple[Asked, TypeAnswer], ...]


class KeptOracle:
    """Asks another oracle what is not kept of its answers."""

    def __init__(self, oracle: Oracle, entry: Entry[KeptAnswers]) -> None:
        """`entry` has the answers about the files that it follows from."""
        self.name = oracle.name
        self._oracle = oracle
        self._entry = entry
        self._known: dict[Asked, TypeAnswer] | None = None

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        """See `oracles.Oracle`. What is asked about files that are not those on disk is not kept."""
        if tree.overlay:
            return self._oracle.ask(asked, tree)
        known = self._known if self._known is not None else dict(self._entry.known or ())
        fresh = [each for each in asked if each not in known]
        if not fresh:
            return Answers(known)
        told = self._oracle.ask(fresh, tree)
        if told.failure or not told.complete:
            return told
        self._known = known | {each: told.known.get(each, ()) for each in fresh}
        self._entry.keep(Everything(), tuple(self._known.items()))
        return Answers(self._known, told.notes)
