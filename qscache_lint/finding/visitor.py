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

from qscache_lint.finding.parts import parts_with
from qscache_lint.finding.tree import SyntaxTree, places_of, read_parts, read_tree
from qscache_lint.source.units import ONE_UNIT, Layout
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
def order_of(source: bytes, known: frozenset[Span], layout: Layout = ONE_UNIT) -> tuple[Span, ...] | Position:
    """The known places of a file in the order of the code; the first that its tree does not have, if there is one.

    An editor asks again and again for files that stay as they are.
    """
    return _order_in_parts(source, known, layout) or _order_in_whole(source, known)


def _order_in_parts(source: bytes, known: frozenset[Span], layout: Layout) -> tuple[Span, ...] | None:
    """The order of the known places by the trees of the statements that have them; None where that fails."""
    parts = tuple(parts_with(source, {span.start.row for span in known}, layout))
    found: list[Span] = []
    for part, tree in zip(parts, read_parts(parts), strict=True):
        if isinstance(tree, str):
            return None
        visitor = FindingVisitor((span for span in known if span.start.row in part.rows), tree)
        try:
            tree.module.visit(visitor)
        except RecursionError:
            return None
        if visitor.missing:
            return None
        found.extend(visitor.found)
    return tuple(found)


def _order_in_whole(source: bytes, known: frozenset[Span]) -> tuple[Span, ...] | Position:
    """The same by the tree of the file.

    Python reads files that libcst does not, or not to the letter (it drops form feeds), or that are nested too deeply
    to be walked: for these, the places of Python's parser have to do.
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
