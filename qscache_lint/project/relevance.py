"""Relevance: which units of which files are looked at (see `source.units`).

A unit can only do something with a cache, or with what a cache hands out, by a name that stands in it. What no name
leads to is not evaluated, unless something else asks for it. With whole files in place of units a run evaluates more:
40 % more CPU on a project of 1,200 files, 65 % more on one of 1,400.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

from qscache_lint.facts.model import Binding, FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, ClassTerm, Ref
from qscache_lint.project.identities import ClassId, ModulePath
from qscache_lint.source.tree import SourceTree
from qscache_lint.source.units import ONE_UNIT, Units

Entry = TypeVar("Entry")


class ByUnit(Generic[Entry]):
    """Some parts of a file by the units in which they stand."""

    def __init__(self, entries: Iterable[tuple[Entry, Sequence[int]]]) -> None:
        self._entries: list[Entry] = []
        self._numbers: dict[int, list[int]] = {}
        for number, (entry, units) in enumerate(entries):
            self._entries.append(entry)
            for unit in set(units):
                self._numbers.setdefault(unit, []).append(number)

    def within(self, units: Iterable[int]) -> Iterator[Entry]:
        """The parts that stand in some units, in the order of the code."""
        return map(self._entries.__getitem__, sorted({each for unit in units for each in self._numbers.get(unit, ())}))


class Contents:
    """What the units of a file bind and define. A class is bound by each of its methods, too."""

    def __init__(self, path: ModulePath, facts: ModuleFacts, units: Units) -> None:
        self._facts = facts
        self._units = units
        self.globals = ByUnit(
            ((name, binding), self._binding(binding))
            for name, bindings in facts.body.bindings.items()
            for binding in bindings
        )
        self.members = ByUnit(
            ((ClassId(path, index), name, binding), self._binding(binding))
            for index, opened in enumerate(facts.classes)
            for name, bindings in opened.members.items()
            for binding in bindings
        )
        self.outermost = ByUnit(
            (index, [units.at_row(function.span.start.row)])
            for index, function in enumerate(facts.functions)
            if index and not function.parent
        )

    def _binding(self, binding: Binding) -> list[int]:
        term = self._facts.terms[binding.value]
        methods = self._facts.methods_of(term.index) if isinstance(term, ClassTerm) else ()
        return [self._units.at_row(span.start.row) for span in (binding.span, *(each.span for each in methods))]


class UnitIndex:
    """The units of the files of a tree."""

    def __init__(self, tree: SourceTree, facts: Callable[[ModulePath], ModuleFacts | None]) -> None:
        self._tree = tree
        self._facts = facts
        self._units: dict[ModulePath, Units] = {}
        self._contents: dict[ModulePath, Contents] = {}

    def contents(self, path: ModulePath, facts: ModuleFacts) -> Contents:
        """What the units of a file bind and define."""
        if path not in self._contents:
            self._contents[path] = Contents(path, facts, self.of(path))
        return self._contents[path]

    def forget(self, path: ModulePath) -> None:
        """Let go of a file that has been edited."""
        self._units.pop(path, None)
        self._contents.pop(path, None)

    def of(self, path: ModulePath) -> Units:
        """The units of a file; one that cannot be read is one unit."""
        if path not in self._units:
            facts = self._facts(path)
            self._units[path] = Units(b"", ONE_UNIT) if facts is None else Units(self._tree.read(path), facts.layout)
        return self._units[path]


Reason: TypeAlias = frozenset[tuple[int, frozenset[int]]]

Chosen: TypeAlias = dict[ModulePath, dict[int, frozenset[int]]]
"""The units of each file, with the places in them of the names for which they are chosen."""


class Selection:
    """Some units of some files."""

    def __init__(self, units: UnitIndex, chosen: Chosen | None = None) -> None:
        self._units = units
        self._chosen: Chosen = {} if chosen is None else chosen

    def __contains__(self, path: ModulePath) -> bool:
        return bool(self._chosen.get(path))

    @property
    def paths(self) -> tuple[ModulePath, ...]:
        """The files with a unit in the selection, in a stable order."""
        return tuple(sorted(path for path, chosen in self._chosen.items() if chosen))

    def of(self, path: ModulePath) -> frozenset[int]:
        """The chosen units of a file."""
        return frozenset(self._chosen.get(path, ()))

    def add(self, path: ModulePath, units: Iterable[int]) -> None:
        """Add units of a file."""
        chosen = self._chosen.setdefault(path, {})
        for unit in units:
            chosen.setdefault(unit, frozenset())

    def add_named(self, path: ModulePath, named: Mapping[int, Iterable[int]]) -> None:
        """Add units of a file, for the names that stand at some places in each."""
        chosen = self._chosen.setdefault(path, {})
        for unit, places in named.items():
            chosen[unit] = chosen.get(unit, frozenset()).union(places)

    @property
    def chosen(self) -> Chosen:
        """The chosen units of all files."""
        return self._chosen

    def all(self) -> frozenset[tuple[ModulePath, Reason]]:
        """The chosen units of all files, each with the reason for it."""
        return frozenset((path, self.why(path)) for path in self._chosen)

    def why(self, path: ModulePath) -> Reason:
        """The chosen units of a file, each with the places of the names for which it is."""
        return frozenset(self._chosen.get(path, {}).items())

    def why_unit(self, path: ModulePath, unit: int) -> frozenset[int] | None:
        """The places of the names for which a unit is chosen; None when it is not."""
        return self._chosen.get(path, {}).get(unit)

    def drop(self, path: ModulePath) -> None:
        """Choose nothing of a file, which is another one now."""
        self._chosen.pop(path, None)

    def has(self, path: ModulePath, row: int) -> bool:
        """Whether the unit in which a row stands is in the selection."""
        chosen = self._chosen.get(path, ())
        return bool(chosen) and self._units.of(path).at_row(row) in chosen

    def functions(self, path: ModulePath, facts: ModuleFacts) -> Iterator[tuple[int, FunctionFacts]]:
        """The functions of a module that stand in chosen units; the module's own body is always among them."""
        for index, function in enumerate(facts.functions):
            if not index:
                yield index, function
            elif not function.parent and self.has(path, function.span.start.row):
                yield from ((each, facts.functions[each]) for each in facts.inside(index))

    def calls(self, path: ModulePath, facts: ModuleFacts, index: int) -> Iterator[tuple[Ref, Call]]:
        """The calls in a function that stand in chosen units."""
        calls = facts.of_kind(Call, index)
        return calls if index else (each for each in calls if self.has(path, facts.spans.row(each[0])))

    def refs(self, path: ModulePath, facts: ModuleFacts, index: int) -> Iterator[Ref]:
        """The terms of a function that stand in chosen units."""
        function = facts.functions[index]
        refs = range(function.first, function.last)
        return iter(refs) if index else (ref for ref in refs if self.has(path, facts.spans.row(ref)))
