"""An oracle that keeps its answers: each holds while all is the same that the types in its file rest on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeAlias

from qscache_lint.disk_cache.kept import CacheEntry, Everything
from qscache_lint.oracles import Answers, Asked, Oracle, TypeAnswer
from qscache_lint.source.tree import SourceTree
from qscache_lint.typed.reach import Imported, Reach

KeptAnswers: TypeAlias = tuple[tuple[Asked, bytes, TypeAnswer], ...]
"""Questions, each with what stands for all that its answer rests on, and the answer."""


class KeptOracle:
    """Asks another oracle what is not kept of its answers."""

    def __init__(self, oracle: Oracle, entry: CacheEntry[KeptAnswers], others: Collection[str] = ()) -> None:
        """`entry` has the answers of earlier runs; `others` are files besides those of trees that all rest on."""
        self.name = oracle.name
        self._oracle = oracle
        self._entry = entry
        self._others = others
        self._imported: Imported = {}
        self._known: dict[Asked, tuple[bytes, TypeAnswer]] | None = None

    def ask(self, asked: Sequence[Asked], tree: SourceTree) -> Answers:
        """See `oracles.Oracle`."""
        if self._known is None:
            self._known = {each: (state, answer) for each, state, answer in self._entry.known or ()}
        reach = Reach(tree, self._others, self._imported)
        states = {path: reach.state(path) for path in {each.path for each in asked}}
        holding = {
            each: self._known[each][1] for each in asked if self._known.get(each, (b"",))[0] == states[each.path]
        }
        fresh = [each for each in asked if each not in holding]
        if not fresh:
            return Answers(holding)
        told = self._oracle.ask(fresh, tree)
        if told.failure:
            return told
        if told.complete:
            self._known |= {each: (states[each.path], told.known.get(each, ())) for each in fresh}
            self._entry.keep(Everything(), tuple((each, *known) for each, known in self._known.items()))
        return Answers({**holding, **told.known}, told.notes, complete=told.complete)
