"""Who takes a QuerySet: functions, classes and frameworks of the knowledge tables, and classes derived from them."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Attribute, Item, Ref
from qscache_lint.knowledge import Consumer
from qscache_lint.project.abstract import Atom, ClassId, ClassValue, External, Function, Instance
from qscache_lint.project.evaluation.core import Core

ANYTHING = "?"
"""Stands in the tables for a receiver that nobody knows, where what follows tells enough: `?.fields[]`."""


class Takers:
    """Finds the row that says what happens to a QuerySet which is handed over."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def by_call(self, atom: Atom, position: int, keyword: str | None) -> Consumer | None:
        """The row of a called function or class that takes the argument at `position` or with `keyword`."""
        return next((row for row in self._rows(atom) if row.takes(position, keyword)), None)

    def by_attribute(self, path: str, base: Ref, name: str) -> Consumer | None:
        """The row of an object that takes what is assigned to its attribute `name`."""
        atoms = self._core.value(path, base)
        rows = [row for atom in atoms for row in self._rows(atom)] or list(self._named(self._shape(path, base)))
        return next((row for row in rows if name in row.attributes), None)

    def by_class(self, owner: ClassId, name: str) -> Consumer | None:
        """The row of the class behind `owner` that takes what its body binds to `name`."""
        return next((row for row in self._behind(owner) if name in row.attributes), None)

    def by_return(self, owner: ClassId, method: str) -> Consumer | None:
        """The row of the class behind `owner` that takes what the method returns."""
        return next((row for row in self._behind(owner) if method in row.returns), None)

    def _rows(self, atom: Atom) -> Iterator[Consumer]:
        """The rows that speak of a value, the nearest first."""
        match atom:
            case External(dotted=dotted):
                yield from self._named(dotted)
                yield from self._named(dotted.removesuffix("()"))
            case Function(of=identity):
                yield from self._named(self._core.project.dotted(identity))
            case ClassValue(of=identity) | Instance(of=ClassId() as identity):
                yield from self._behind(identity)
            case Instance(of=str() as dotted):
                yield from self._named(dotted)

    def _behind(self, identity: ClassId) -> Iterator[Consumer]:
        for ancestor in self._core.classes.lineage(identity):
            yield from self._named(ancestor if isinstance(ancestor, str) else self._core.project.dotted(ancestor))

    def _named(self, dotted: str) -> Iterator[Consumer]:
        row = self._core.knowledge.consumers.get(dotted)
        if row is not None:
            yield row

    def _shape(self, path: str, ref: Ref) -> str:
        """The last two steps to a value, whatever they start from: `?.fields[]`."""
        terms = self._core.facts(path).terms
        match terms[ref]:
            case Item(base=base) if isinstance(terms[base], Attribute):
                return f"{self._shape(path, base)}[]"
            case Attribute(name=name):
                return f"{ANYTHING}.{name}"
            case _:
                return ANYTHING
