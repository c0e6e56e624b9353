"""What of an analysis the trees of the files have, too, in the order of the code.

Where known places stand in a tree follows from the bytes of the file. It may be kept, and libcst is imported only for a
file of which that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from msgspec.structs import replace

from qscache_lint.errors import Fault, InternalError, isolated
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.frozen import FrozenClock
from qscache_lint.project.import_time import ImportQuery
from qscache_lint.project.mutations import Mutation
from qscache_lint.project.serialized import Serialized
from qscache_lint.project.shared import SharedRead
from qscache_lint.project.uses import Use
from qscache_lint.values import Position, Span

Fact: TypeAlias = Definition | Use | Mutation | Serialized | ImportQuery | SharedRead | FrozenClock

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

    A file that has no node at a place which the evaluation knows is a fault of the project, and left out.
    """
    known: dict[str, set[Span]] = {}
    for fact in _facts(analysis):
        path, span = place_of(fact)
        known.setdefault(path, set()).add(span)
    order: dict[str, Mapping[Span, int]] = {}
    for path, spans in sorted(known.items()):
        found = isolated(partial(_ordered, analysis, path, frozenset(spans), order_of), "finding its places", path)
        if isinstance(found, Fault):
            analysis.evaluator.project.faults.append(found)
        else:
            order[path] = {span: number for number, span in enumerate(found)}

    def number(fact: Fact) -> tuple[str, int]:
        path, span = place_of(fact)
        return path, order[path][span]

    return _mapped(without(analysis, known.keys() - order.keys()), lambda facts: tuple(sorted(facts, key=number)))


def without(analysis: Analysis, paths: Collection[str]) -> Analysis:
    """The analysis without what stands in some files."""
    return _mapped(analysis, lambda facts: tuple(fact for fact in facts if place_of(fact)[0] not in paths))


def paths_of(analysis: Analysis) -> frozenset[str]:
    """The files in which something stands."""
    return frozenset(place_of(fact)[0] for fact in _facts(analysis))


def _ordered(analysis: Analysis, path: str, known: Known, order_of: OrderOf) -> Order:
    project = analysis.evaluator.project

    def visit() -> Order:
        from qscache_lint.finding.tree import counting
        from qscache_lint.finding.visitor import order_of

        with counting(project.statistics):
            found = order_of(project.tree.read(path), known, analysis.evaluator.facts(path).layout)
        if isinstance(found, Position):
            raise InternalError(f"the syntax tree has nothing at row {found.row}, column {found.column}")
        return found

    return order_of(path, known, visit)


_PLACED = ("definitions", "uses", "serialized", "imported", "shared", "frozen", "writes", "mutations", "rowless")
"""What of an analysis is reported. `reads` are only looked up."""


def _facts(analysis: Analysis) -> Iterator[Fact]:
    return (fact for name in _PLACED for fact in getattr(analysis, name))


def _mapped(analysis: Analysis, change: Callable[[tuple[Fact, ...]], tuple[Fact, ...]]) -> Analysis:
    return replace(analysis, **{name: change(getattr(analysis, name)) for name in _PLACED})


def place_of(fact: Fact) -> tuple[str, Span]:
    """The file and the span of what is reported."""
    return (fact.origin.site.path, fact.origin.site.span) if isinstance(fact, Definition) else (fact.path, fact.span)
