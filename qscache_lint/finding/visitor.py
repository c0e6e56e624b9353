"""The finding visitor: where a file holds what the evaluation knows of cached QuerySets.

Over each file in which the evaluation sees one, the visitor finds the memoized functions, the store calls and
assignments, and the call sites: it asks of every node whether the evaluation knows something of its place. What both
sides agree on goes to the rules, in the order of the code. A place that the evaluation knows and the tree does not have
is a mistake of ours, and is told as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

import libcst as cst
from msgspec.structs import replace

from qscache_lint.errors import InternalError
from qscache_lint.finding.tree import SyntaxTree, counting, places_of, read_tree
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.serialized import Serialized
from qscache_lint.project.uses import Use
from qscache_lint.source.tree import SourceTree
from qscache_lint.values import Position, Span

Fact = TypeVar("Fact", Definition, Use, Serialized)


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


def found_in_trees(analysis: Analysis) -> Analysis:
    """The analysis with what the trees of its files have, too, by file and place.

    Raises InternalError when a file has no node at a place that the evaluation knows.
    """
    known: dict[str, set[Span]] = {}
    for path, span in _places(analysis):
        known.setdefault(path, set()).add(span)
    project = analysis.evaluator.project
    with counting(project.statistics):
        order = {path: _visit(project.tree, path, spans) for path, spans in sorted(known.items())}
    return replace(
        analysis,
        definitions=_in_order(analysis.definitions, _place_of_definition, order),
        uses=_in_order(analysis.uses, _place_of_use, order),
        serialized=_in_order(analysis.serialized, _place_of_use, order),
    )


def _places(analysis: Analysis) -> Iterator[tuple[str, Span]]:
    yield from map(_place_of_definition, analysis.definitions)
    yield from map(_place_of_use, analysis.uses)
    yield from map(_place_of_use, analysis.serialized)


def _place_of_definition(definition: Definition) -> tuple[str, Span]:
    return definition.origin.site.path, definition.origin.site.span


def _place_of_use(use: Use | Serialized) -> tuple[str, Span]:
    return use.path, use.span


def _visit(tree: SourceTree, path: str, known: set[Span]) -> Mapping[Span, int]:
    """The known places of a file, each with its number in the order of the code."""
    found = _order(tree.read(path), frozenset(known))
    if isinstance(found, Position):
        raise InternalError(f"{path}:{found.row}:{found.column}: the syntax tree has nothing at this place")
    return {span: number for number, span in enumerate(found)}


@lru_cache(maxsize=64)
def _order(source: bytes, known: frozenset[Span]) -> tuple[Span, ...] | Position:
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


def _in_order(
    facts: Sequence[Fact],
    place_of: Callable[[Fact], tuple[str, Span]],
    order: Mapping[str, Mapping[Span, int]],
) -> tuple[Fact, ...]:
    def number(fact: Fact) -> tuple[str, int]:
        path, span = place_of(fact)
        return path, order[path][span]

    return tuple(sorted(facts, key=number))
