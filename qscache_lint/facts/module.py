"""The facts of one module as others see them: the record of its file, and what is found in it by number or name."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

from qscache_lint.facts.model import AttributeStore, Binding, ClassFacts, Escape, FunctionFacts, ModuleRecord
from qscache_lint.facts.names import written_name
from qscache_lint.facts.places import span_of
from qscache_lint.facts.terms import (
    YIELDED,
    YIELDED_FROM,
    Attribute,
    Call,
    ClassTerm,
    Constant,
    Free,
    FunctionTerm,
    Guard,
    Import,
    Mutated,
    Name,
    Opaque,
    Parameter,
    Ref,
    Term,
    operands,
)
from qscache_lint.source.units import Layout
from qscache_lint.values import Span

Kind = TypeVar("Kind")


class Spans(Sequence[Span]):
    """Where the terms of a module stand."""

    def __init__(self, places: bytes) -> None:
        self._places = array("I", places)

    def __len__(self) -> int:
        return len(self._places) // 4

    def __getitem__(self, ref: Ref) -> Span:  # type: ignore[override]  # a term has one number
        row, column, last, end = self._places[4 * ref : 4 * ref + 4]
        return span_of((row, column, last, end))

    def is_same(self, other: Spans) -> bool:
        """Whether the terms of another module stand at the same places."""
        return self._places == other._places

    def row(self, ref: Ref) -> int:
        """The row in which a term begins."""
        return self._places[4 * ref]


_STATED = ("terms", "functions", "classes", "stars", "conditions", "layout")
"""What a module states, besides where its terms stand."""


class ModuleFacts:
    """Everything one module states: its terms, functions and classes by number."""

    def __init__(self, record: ModuleRecord) -> None:
        self.terms: tuple[Term, ...] = record.terms
        self.spans = Spans(record.places)
        self.functions: tuple[FunctionFacts, ...] = record.functions
        self.classes: tuple[ClassFacts, ...] = record.classes
        self.stars: tuple[Binding, ...] = record.stars
        self.conditions: Mapping[Ref, tuple[Guard, ...]] = record.conditions
        self.layout: Layout = record.layout
        self._users: dict[int, dict[Ref, tuple[Ref, ...]]] = {}
        """By function: the terms that are made of each of its terms."""

    def is_same(self, other: ModuleFacts) -> bool:
        """Whether another module states the same, at the same places: only comments and space differ, or nothing."""
        return self.spans.is_same(other.spans) and all(getattr(self, of) == getattr(other, of) for of in _STATED)

    @property
    def body(self) -> FunctionFacts:
        """The module's own body."""
        return self.functions[0]

    def users(self, ref: Ref) -> tuple[Ref, ...]:
        """The terms that are directly made of a term, in the order of the code: they stand in the same body."""
        index = self.around(ref)
        if index not in self._users:
            self._users[index] = self._users_in(self.functions[index])
        return self._users[index].get(ref, ())

    def _users_in(self, function: FunctionFacts) -> dict[Ref, tuple[Ref, ...]]:
        found: dict[Ref, list[Ref]] = {}
        for user in range(function.first, function.last):
            for operand in dict.fromkeys(operands(self.terms[user])):
                found.setdefault(operand, []).append(user)
        return {ref: tuple(users) for ref, users in found.items()}

    def of_kind(self, kind: type[Kind], index: int) -> Iterator[tuple[Ref, Kind]]:
        """The terms of one kind in the body of a function, in the order of the code."""
        function, refs = self.functions[index], self._kinds.get(kind, [])
        return self._terms(kind, refs[bisect_left(refs, function.first) : bisect_left(refs, function.last)])

    def is_bodiless(self, index: int) -> bool:
        """Whether a function does nothing but raise, or nothing at all: what it gives is left to other classes."""
        function = self.functions[index]
        raises = any(isinstance(event, Escape) and not event.guards for event in function.events)
        return not function.returns and (raises or next(self.of_kind(Call, index), None) is None)

    def given_by(self, index: int) -> Iterator[Ref]:
        """What a function returns, and what it yields."""
        function = self.functions[index]
        yield from (returned.value for returned in function.returns)
        if function.is_generator:
            given = (term for _, term in self.of_kind(Opaque, index) if term.reason in (YIELDED, YIELDED_FROM))
            yield from (operand for term in given for operand in term.operands)

    def every(self, kind: type[Kind]) -> Iterator[tuple[Ref, Kind]]:
        """The terms of one kind in the module, in the order of the code."""
        return self._terms(kind, self._kinds.get(kind, []))

    def _terms(self, kind: type[Kind], refs: Iterable[Ref]) -> Iterator[tuple[Ref, Kind]]:
        return ((ref, term) for ref in refs if isinstance(term := self.terms[ref], kind))

    @cached_property
    def _kinds(self) -> dict[type[object], list[Ref]]:
        found: dict[type[object], list[Ref]] = {}
        for ref, term in enumerate(self.terms):
            found.setdefault(type(term), []).append(ref)
        return found

    def inside(self, index: int) -> tuple[int, ...]:
        """A function and those nested in it, in the order of reading."""
        found = [index]
        for each in found:
            found.extend(self._nested.get(each, ()))
        return tuple(sorted(found))

    @cached_property
    def _nested(self) -> dict[int, list[int]]:
        """The functions directly inside each function."""
        found: dict[int, list[int]] = {}
        for index, function in enumerate(self.functions):
            if function.parent:
                found.setdefault(function.parent, []).append(index)
        return found

    def classes_in(self, index: int) -> Sequence[int]:
        """The classes that stand in the body of a function, those in other classes included."""
        return self._classes.get(index, ())

    @cached_property
    def _classes(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, opened in enumerate(self.classes):
            found.setdefault(opened.function, []).append(number)
        return found

    def defaults_in(self, index: int) -> Sequence[Ref]:
        """The defaults of parameters that a body evaluates: those of the functions that it defines."""
        return self._defaults.get(index, ())

    @cached_property
    def _defaults(self) -> dict[int, list[Ref]]:
        found: dict[int, list[Ref]] = {}
        for parameter in (each for function in self.functions for each in function.parameters):
            if parameter.default is not None:
                found.setdefault(self.around(parameter.default), []).append(parameter.default)
        return found

    def around(self, ref: Ref) -> int:
        """The function in whose body a term stands."""
        return bisect_right(self._firsts, ref) - 1

    @cached_property
    def _firsts(self) -> list[Ref]:
        """The first term of each function: bodies are read in the order of their numbers."""
        return [function.first for function in self.functions]

    def names_of(self, term: Term) -> tuple[str, ...]:
        """The names that a term itself has, as it is written and as others write it."""
        find = _NAMES.get(type(term))
        return () if find is None else find(self, term)

    def body_of(self, index: int) -> range:
        """The terms of the body of a function, without those of functions nested in it."""
        function = self.functions[index]
        return range(function.first, function.last)

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """The names that any term has."""
        return frozenset(chain.from_iterable(map(self.names_of, self.terms)))

    def calling(self, names: Iterable[str]) -> list[Ref]:
        """The calls of anything that has one of some names, in the order of their numbers.

        Among them are calls of what has no name: `handlers[0]()`.
        """
        return sorted(ref for name in {*names, ""} for ref in self._calls.get(name, ()))

    @cached_property
    def _calls(self) -> dict[str, list[Ref]]:
        found: dict[str, list[Ref]] = {}
        for ref, term in self.every(Call):
            found.setdefault(called_name(self.terms[term.function]), []).append(ref)
        return found

    @cached_property
    def mutations(self) -> tuple[tuple[Ref, Mutated], ...]:
        """The terms of the module's own body by which a method changes something, in the order of the code."""
        return tuple(self.of_kind(Mutated, 0))

    def storing(self, attribute: str, owner: int) -> tuple[int, ...]:
        """The functions of a class that assign to an attribute of this name."""
        return self.stored_by(owner).get(attribute, ())

    def stored_by(self, owner: int) -> Mapping[str, tuple[int, ...]]:
        """The functions of a class that assign to attributes, by the names of these."""
        return self._stored_by.get(owner, {})

    def kept_on_receiver(self, owner: int) -> Mapping[str, Sequence[tuple[int, AttributeStore]]]:
        """What methods of a class assign to attributes of their receiver or its class, by name: method and event."""
        return self._kept_on_receiver.get(owner, {})

    @cached_property
    def _kept_on_receiver(self) -> dict[int, dict[str, list[tuple[int, AttributeStore]]]]:
        found: dict[int, dict[str, list[tuple[int, AttributeStore]]]] = {}
        for index, method in self.methods:
            receiver = Parameter(index, method.parameters[0].name) if method.parameters else None
            for event in method.events if receiver is not None else ():
                if isinstance(event, AttributeStore) and self._of_receiver(event.base) == receiver:
                    found.setdefault(method.owner or 0, {}).setdefault(event.name, []).append((index, event))
        return found

    def _of_receiver(self, ref: Ref) -> Term:
        """The term of which another one is the class, else itself: `self`, `type(self)`, `self.__class__`."""
        match self.terms[ref]:
            case Call(function=function, arguments=(argument,)) if self.terms[function] == Name("type"):
                return self.terms[argument.value]
            case Attribute(base=base, name="__class__"):
                return self.terms[base]
            case term:
                return term

    def setting(self, attribute: str) -> list[int]:
        """The functions that assign to an attribute of this name, and those that call `setattr`."""
        return sorted({*self._setting.get(attribute, ()), *map(self.around, self._calls.get("setattr", ()))})

    @cached_property
    def _setting(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, function in enumerate(self.functions):
            for event in function.events:
                if isinstance(event, AttributeStore):
                    found.setdefault(event.name, []).append(index)
        return found

    @cached_property
    def methods(self) -> tuple[tuple[int, FunctionFacts], ...]:
        """The functions of all classes, by their numbers."""
        return tuple((index, each) for index, each in enumerate(self.functions) if each.owner is not None)

    def methods_of(self, owner: int) -> tuple[FunctionFacts, ...]:
        """The functions of one class."""
        return self._methods.get(owner, ())

    @cached_property
    def _methods(self) -> dict[int, tuple[FunctionFacts, ...]]:
        found: dict[int, list[FunctionFacts]] = {}
        for _, method in self.methods:
            found.setdefault(method.owner or 0, []).append(method)
        return {owner: tuple(methods) for owner, methods in found.items()}

    @cached_property
    def _stored_by(self) -> dict[int, dict[str, tuple[int, ...]]]:
        found: dict[int, dict[str, tuple[int, ...]]] = {}
        for index, function in enumerate(self.functions):
            if function.owner is None:
                continue
            for name in dict.fromkeys(event.name for event in function.events if isinstance(event, AttributeStore)):
                stored = found.setdefault(function.owner, {})
                stored[name] = (*stored.get(name, ()), index)
        return found


def _names_of_parameter(facts: ModuleFacts, term: Parameter) -> tuple[str, ...]:
    """Frameworks hand arguments to constructors."""
    return (term.name,) if facts.functions[term.function].name == "__init__" else ()


def _names_of_constant(facts: ModuleFacts, term: Constant) -> tuple[str, ...]:
    return (term.value, written_name(term.value)) if isinstance(term.value, str) else ()


def _names_of_import(facts: ModuleFacts, term: Import) -> tuple[str, ...]:
    return (*term.module.split("."), *(() if term.name is None else (term.name,)))


_NAMES: dict[type[object], Callable[[ModuleFacts, Any], tuple[str, ...]]] = {
    **dict.fromkeys((Name, Attribute, Free), lambda _, term: (term.name, written_name(term.name))),
    Constant: _names_of_constant,
    Parameter: _names_of_parameter,
    Import: _names_of_import,
    FunctionTerm: lambda facts, term: (facts.functions[term.index].name,),
    ClassTerm: lambda facts, term: (facts.classes[term.index].name,),
}


def called_name(term: Term) -> str:
    """The last name of what is called: `remember`, `store.remember`; "" for what has none, or may have another one."""
    match term:
        case Name(name=name) | Attribute(name=name) | Import(name=str() as name):
            return name
        case _:
            return ""
