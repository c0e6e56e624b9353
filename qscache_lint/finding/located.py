"""What of an analysis the trees of the files have, too, in the order of the code.

Where known places stand in a tree follows from the bytes of the file. It may be kept, and libcst is imported only for a
file of which that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from msgspec.structs import replace

from qscache_lint.errors import InternalError
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.frozen import FrozenClock
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.mutations import Mutation
from qscache_lint.project.serialized import Serialized
from qscache_lint.project.shared import SharedRead
from qscache_lint.project.uses import Use
from qscache_lint.values import Position, Span

Fact = TypeVar("Fact", Definition, Use, Mutation, Serialized, ImportQuery, SharedRead, FrozenClock)

Known: TypeAlias = frozenset[Span]
"""The places of one file of which the evaluation knows something."""

Order: TypeAlias = tuple[Span, ...]
"""The same in the order of the code, the outer before the inner."""

OrderOf: TypeAlias = Callable[[str, Known, "Callable[[], Order]"], Order]
"""Gives the order of the places of a file, by its path, from what is kept, or else by a visit."""


def visited(path: str, known: Known, visit: Callable[[], Order]) -> Order:
    """The order of the places of a file, where none is kept."""
    return visit()


def found_in_trees(analysis: Analysis, order_of: OrderOf = visited) -> Analysis:
    """The analysis with what the trees of its files have, too, by file and place.

    Raises InternalError when a file has no node at a place that the evaluation knows.
    """
    known: dict[str, set[Span]] = {}
    for path, span in _places(analysis):
        known.setdefault(path, set()).add(span)
    order = {
        path: {span: number for number, span in enumerate(_ordered(analysis, path, frozenset(spans), order_of))}
        for path, spans in sorted(known.items())
    }
    return replace(
        analysis,
        definitions=_in_order(analysis.definitions, _place_of_definition, order),
        uses=_in_order(analysis.uses, _place_of_use, order),
        serialized=_in_order(analysis.serialized, _place_of_use, order),
        imported=_in_order(analysis.imported, _place_of_use, order),
        shared=_in_order(analysis.shared, _place_of_use, order),
        frozen=_in_order(analysis.frozen, _place_of_use, order),
        writes=_in_order(analysis.writes, _place_of_use, order),
        mutations=_in_order(analysis.mutations, _place_of_use, order),
        rowless=_in_order(analysis.rowless, _place_of_definition, order),
    )


def _ordered(analysis: Analysis, path: str, known: Known, order_of: OrderOf) -> Order:
    project = analysis.evaluator.project

    def visit() -> Order:
        from qscache_lint.finding.tree import counting
        from qscache_lint.finding.visitor import order_of

        with counting(project.statistics):
            found = order_of(project.tree.read(path), known, analysis.evaluator.facts(path).layout)
        if isinstance(found, Position):
            raise InternalError(f"{path}:{found.row}:{found.column}: the syntax tree has nothing at this place")
        return found

    return order_of(path, known, visit)


def _places(analysis: Analysis) -> Iterator[tuple[str, Span]]:
    yield from map(_place_of_definition, (*analysis.definitions, *analysis.rowless))
    for several in (analysis.uses, analysis.writes, analysis.mutations, analysis.serialized):
        yield from map(_place_of_use, several)
    for found in (analysis.imported, analysis.shared, analysis.frozen):
        yield from map(_place_of_use, found)


def _place_of_definition(definition: Definition) -> tuple[str, Span]:
    return definition.origin.site.path, definition.origin.site.span


def _place_of_use(use: Use | Mutation | Serialized | ImportQuery | SharedRead | FrozenClock) -> tuple[str, Span]:
    return use.path, use.span


def _in_order(
    facts: Sequence[Fact],
    place_of: Callable[[Fact], tuple[str, Span]],
    order: Mapping[str, Mapping[Span, int]],
) -> tuple[Fact, ...]:
    def number(fact: Fact) -> tuple[str, int]:
        path, span = place_of(fact)
        return path, order[path][span]

    return tuple(sorted(facts, key=number))
