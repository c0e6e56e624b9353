"""The finding visitor: where a file holds what the evaluation knows of cached QuerySets.

Over each file in which the evaluation sees one, the visitor finds the memoized functions, the store calls and
assignments, and the call sites: it asks of every node whether the evaluation knows something of its place. What both
sides agree on goes to the rules, in the order of the code. A place that the evaluation knows and the tree does not have
is a mistake of ours, and is told as one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import libcst as cst

from qscache_lint.finding.tree import SyntaxTree, places_of, read_tree
from qscache_lint.values import Position, Span


class FindingVisitor(cst.CSTVisitor):
    """Finds the places of one file of which the evaluation knows something."""

    def __init__(self, known: Iterable[Span], tree: SyntaxTree) -> None:
        super().__init__()
        self.missing = set(known)
        """The places that no node has had so far."""
        self.found: list[Span] = []
        """The places that the tree has, in the order of the code, the outer before the inner."""
        self._tree = tree
        self._rows = sorted({span.start.row for span in self.missing})

    def on_visit(self, node: cst.CSTNode) -> bool:
        if not self._tree.stands_on(node, self._rows):
            return False
        for span in places_of(node, self._tree.positions):
            if span in self.missing:
                self.missing.remove(span)
                self.found.append(span)
        return bool(self.missing)


@lru_cache(maxsize=64)
def order_of(source: bytes, known: frozenset[Span]) -> tuple[Span, ...] | Position:
    """The known places of a file in the order of the code; the first that its tree does not have, if there is one.

    Python reads files that libcst does not, or not to the letter (it drops form feeds), or that are nested too deeply
    to be walked: for these, the places of Python's parser have to do. An editor asks again and again for files that
    stay as they are.
    """
    parsed = read_tree(source)
    if isinstance(parsed, str):
        return tuple(sorted(known))
    try:
        visitor = FindingVisitor(known, parsed)
        parsed.module.visit(visitor)
        is_other = bool(visitor.missing) and parsed.written != source
    except RecursionError:
        return tuple(sorted(known))
    if is_other:
        return tuple(sorted(known))
    return min(visitor.missing).start if visitor.missing else tuple(visitor.found)
