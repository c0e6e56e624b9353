"""Relevance: which units of which files are looked at (see `source.units`).

A unit can only do something with a cache, or with what a cache hands out, by a name that stands in it. What no name
leads to is not evaluated, unless something else asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from qscache_lint.facts.model import Ref
from qscache_lint.facts.module import FunctionFacts, ModuleFacts
from qscache_lint.project.abstract import ModulePath
from qscache_lint.source.tree import SourceTree
from qscache_lint.source.units import Layout, Units


class UnitIndex:
    """The units of the files of a tree, found when somebody asks."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._units: dict[ModulePath, Units] = {}

    def of(self, path: ModulePath, layout: Layout | None = None) -> Units:
        """The units of a file, whose layout may be known already. Raises OSError when it cannot be read."""
        if path not in self._units:
            self._units[path] = Units(self._tree.read(path), layout)
        return self._units[path]


class Selection:
    """Some units of some files."""

    def __init__(self, units: UnitIndex) -> None:
        self._units = units
        self._chosen: dict[ModulePath, set[int]] = {}

    @property
    def paths(self) -> tuple[ModulePath, ...]:
        """The files with a unit in the selection, in a stable order."""
        return tuple(sorted(path for path, chosen in self._chosen.items() if chosen))

    def of(self, path: ModulePath) -> frozenset[int]:
        """The chosen units of a file."""
        return frozenset(self._chosen.get(path, ()))

    def number(self, path: ModulePath) -> int:
        """How many units of a file are chosen."""
        return len(self._chosen.get(path, ()))

    def add(self, path: ModulePath, numbers: Iterable[int]) -> set[int]:
        """Add units of a file; returns those that were not there."""
        chosen = self._chosen.setdefault(path, set())
        fresh = {number for number in numbers if number not in chosen}
        chosen |= fresh
        return fresh

    def has(self, path: ModulePath, row: int) -> bool:
        """Whether the unit in which a row stands is in the selection."""
        chosen = self._chosen.get(path, ())
        return bool(chosen) and self._units.of(path).at_row(row) in chosen

    def functions(
        self, path: ModulePath, facts: ModuleFacts, test: Callable[[bytes], bool] = bool
    ) -> Iterator[tuple[int, FunctionFacts]]:
        """The functions of a module that stand in chosen units; the module's own body is always among them.

        Of those that nobody has read, the ones whose source does not pass the test are left out.
        """
        for index, function in facts.known_functions():
            if not index:
                yield index, function
            elif not function.parent and self.has(path, function.span.start.row) and facts.may(index, test):
                yield from ((each, facts.functions[each]) for each in facts.inside(index))

    def refs(self, path: ModulePath, facts: ModuleFacts, index: int) -> Iterator[Ref]:
        """The terms of a function that stand in chosen units."""
        function = facts.functions[index]
        refs = range(function.first, function.last)
        return iter(refs) if index else (ref for ref in refs if self.has(path, facts.spans[ref].start.row))
