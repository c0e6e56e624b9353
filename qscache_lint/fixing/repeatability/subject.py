"""What all parts of the whitelist look at: one function as it would run again, and what is known of its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from qscache_lint.facts.model import FunctionFacts, ParameterFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Constant, Parameter, Ref, Text, same_object
from qscache_lint.project.abstract import ONCE, Collection, Formatted, Frame, Instance, Literal, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.annotations import declared
from qscache_lint.project.evaluation.callsites import given_to
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.querysets import QuerySet

Chain: TypeAlias = tuple[str, tuple[str, ...]]
"""A parameter, and the attributes that are read of it: `section.name`."""

_NUMBERS = frozenset({"int", "bool"})
_SCALARS = _NUMBERS | {"str", "float", "uuid.UUID", "datetime.date", "datetime.datetime", "decimal.Decimal"}


@dataclass(frozen=True)
class Subject:
    """A function of the project, in which terms are looked at."""

    evaluator: Evaluator
    identity: FunctionId
    frame: Frame | None = None
    """The activation that a call of it makes, where one is followed."""

    @property
    def path(self) -> str:
        return self.identity.path

    @cached_property
    def facts(self) -> ModuleFacts:
        return self.evaluator.facts(self.identity.path)

    @property
    def function(self) -> FunctionFacts:
        return self.facts.functions[self.identity.index]

    def value(self, ref: Ref) -> Value:
        return self.evaluator.value(self.path, ref, self.frame)

    def place(self, ref: Ref) -> tuple[str, int]:
        """The file and the row of a term."""
        return self.path, self.facts.spans[ref].start.row

    def where(self, ref: Ref) -> str:
        """Where a term stands, as a sentence says it."""
        return f"line {self.facts.spans[ref].start.row} of {self.path}"

    def parameter(self, name: str) -> ParameterFacts | None:
        return next((each for each in self.function.parameters if each.name == name), None)

    @cached_property
    def receiver(self) -> str:
        """The name of `self` or `cls`; "" for a function that is bound to nothing."""
        function = self.function
        if function.owner is None or not function.parameters or self.evaluator.flavour(self.identity) == "static":
            return ""
        return function.parameters[0].name

    # -- what is known of a parameter

    def known_of(self, name: str) -> Value:
        """What the annotation of a parameter says, else what its default and all calls that are seen give it."""
        stated = self.parameter(name)
        passed = None if self.frame is None else self.frame.argument(name)
        if passed is not None:
            return passed
        if stated is None or stated.kind in ("*", "**") or name == self.receiver:
            return ()
        if stated.annotation is not None:
            return declared(self.evaluator, self.path, stated.annotation)
        return self.given(name)

    def value_of(self, name: str) -> Value:
        """What the evaluator takes a parameter for."""
        term = Parameter(self.identity.index, name)
        refs = (ref for ref, each in self.facts.of_kind(Parameter, self.identity.index) if each == term)
        return next((self.value(ref) for ref in refs), ())

    def are_scalars(self, value: Value) -> bool:
        """Whether a value is known to be text or a number."""
        return _are(value, _SCALARS, (bool, int, str))

    def are_numbers(self, value: Value) -> bool:
        """Whether a value is known to be whole numbers."""
        return _are(value, _NUMBERS, (bool, int))

    def is_scalar(self, name: str) -> bool:
        """Whether a parameter is known to be text or a number: two that have the same text are the same."""
        return _are(self.known_of(name), _SCALARS, (bool, int, str))

    def is_number(self, name: str) -> bool:
        """Whether a parameter is known to be a whole number, whose text has no separators."""
        return _are(self.known_of(name), _NUMBERS, (bool, int))

    def given(self, name: str) -> Value:
        """What the calls that are seen, and the default, give to a parameter."""
        stated = self.parameter(name)
        if stated is None or stated.kind in ("*", "**") or name == self.receiver:
            return ()
        return (*given_to(self.evaluator, self.identity, name), *self.default(name))

    def default(self, name: str) -> Value:
        """What a parameter is where it is not given."""
        stated = self.parameter(name)
        return () if stated is None or stated.default is None else self.value(stated.default)

    def is_container(self, name: str) -> bool:
        """Whether a parameter is known to be a list or the like, which can be read again and again."""
        known = self.known_of(name)
        kept = [atom for atom in known if not _is_none(atom)]
        once = ("generator", *ONCE)
        return bool(kept) and all(isinstance(atom, Collection) and atom.kind not in once for atom in kept)

    def may_be_lazy(self, name: str) -> bool:
        """Whether a parameter may be a QuerySet, as far as calls and annotations say."""
        return any(isinstance(atom, QuerySet) for atom in self.known_of(name))

    def is_text(self, ref: Ref) -> bool:
        """Whether a term is known to be text or a number."""
        term = self.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            return self.is_text(same)
        match term:
            case Constant() | Text():
                return True
            case Parameter(function=index, name=name) if index == self.identity.index:
                return self.is_scalar(name)
            case _:
                return _are(self.value(ref), _SCALARS, (bool, int, str))


def _are(value: Value, names: frozenset[str], kinds: tuple[type, ...]) -> bool:
    known = [atom for atom in value if not _is_none(atom)]
    return bool(known) and all(_is(atom, names, kinds) for atom in known)


def _is(atom: object, names: frozenset[str], kinds: tuple[type, ...]) -> bool:
    match atom:
        case Literal(value=value):
            return isinstance(value, kinds)
        case Formatted():
            return str in kinds
        case Instance(of=str() as dotted):
            return dotted in names
        case _:
            return False


def _is_none(atom: object) -> bool:
    return isinstance(atom, Literal) and atom.value is None
