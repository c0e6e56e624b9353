"""What the parts of the evaluator share: the questions they may ask of each other, and where something is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, TypeVar

import msgspec

from qscache_lint.facts.model import Argument, Call, Ref
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import Knowledge
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    External,
    Frame,
    Function,
    FunctionId,
    Literal,
    Value,
)
from qscache_lint.project.classes import ClassIndex
from qscache_lint.project.project import Project
from qscache_lint.values import Step

Key = TypeVar("Key", bound=Hashable)


class Passed(msgspec.Struct, frozen=True):
    """One argument of a call, which is evaluated when somebody asks: most calls never look at theirs."""

    argument: Argument
    ask: Callable[[], Value]

    @property
    def value(self) -> Value:
        return self.ask()

    @staticmethod
    def known(argument: Argument, value: Value) -> Passed:
        """An argument whose value is known already."""
        return Passed(argument, lambda: value)


class Site(msgspec.Struct, frozen=True):
    """Where something is evaluated: the module, the term, and the activation it belongs to."""

    path: str
    ref: Ref
    frame: Frame | None


class Core(Protocol):
    """The evaluator, as its parts see it. What is not here, a part gets by name in its constructor."""

    project: Project
    knowledge: Knowledge
    classes: ClassIndex

    def value(self, path: str, ref: Ref, frame: Frame | None = None) -> Value:
        """What a term may come to."""

    def settle(self, key: Key, memory: dict[Key, Value], compute: Callable[[], Value]) -> Value:
        """Compute once and remember; a question that is still open answers with nothing."""

    def facts(self, path: str) -> ModuleFacts:
        """The facts of a module that has been read."""

    def step(self, path: str, ref: Ref, message: str) -> Step:
        """A place on the trail: where a term stands."""

    def attribute(self, atom: Atom, name: str, site: Site) -> Value:
        """What `atom.name` may be."""

    def call(self, atom: Atom, passed: tuple[Passed, ...] | None, site: Site) -> Value:
        """What calling `atom` may give."""

    def passed(self, term: Call, site: Site) -> tuple[Passed, ...]:
        """The evaluated arguments of a call."""

    def makes_property(self, decorator: Atom) -> bool:
        """Whether a memoizing decorator makes a property of the method."""

    def decorated(self, bare: Function, site: Site) -> Value:
        """What the decorators of a function make of it, innermost first."""

    def activation(self, function: Function, passed: tuple[Passed, ...]) -> Frame:
        """The activation of a function that a call with these arguments makes."""

    def result(self, identity: FunctionId, frame: Frame) -> Value:
        """What a function returns in an activation, its decorators left out."""


def outside(knowledge: Knowledge, dotted: str) -> Atom:
    """What a name outside the project stands for: a constant that the tables know, or itself."""
    return Literal(knowledge.constants[dotted]) if dotted in knowledge.constants else External(dotted)


def first_constant(passed: Sequence[Passed]) -> bool | int | str | None:
    """The first argument where it is one constant, else None."""
    if passed and len(passed[0].value) == 1 and isinstance(passed[0].value[0], Literal):
        return passed[0].value[0].value
    return None


def class_arguments(passed: Sequence[Passed]) -> tuple[ClassId, ...]:
    """The classes of the project among the arguments."""
    return tuple(atom.of for each in passed for atom in each.value if isinstance(atom, ClassValue))
