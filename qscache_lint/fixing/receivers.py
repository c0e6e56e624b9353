"""Receivers: what an object is for certain, so that a method of it is the one that gets a builder.

The evaluator takes an object for what it has seen of it. Here nothing may be left out: a parameter counts where all
calls of its function are seen, a row where what is iterated is a QuerySet, an attribute where its object is certain.
What a term is made of in a circle adds nothing, so that a function may call itself with rows of what it has asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from qscache_lint.facts.model import NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Element, Free, Item, Join, Parameter, Ref, Slice, same_object
from qscache_lint.fixing.cached_function import CachedFunction, Flavour
from qscache_lint.fixing.seen_calls import Term, given_by_all, is_borrowed
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Function,
    Instance,
    Literal,
    Module,
    Super,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.entries import ENTRY
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.operations import builds_query
from qscache_lint.project.querysets import Manager, QuerySet

_CERTAIN = (ClassValue, Function, Instance, Manager, Module, QuerySet, Super)
_Seen: TypeAlias = frozenset[tuple[Term, bool]]


class Receivers:
    """What the objects are on which a cached function, or one that overrides it, is called."""

    def __init__(
        self, evaluator: Evaluator, cached_function: CachedFunction, functions: Collection[FunctionId]
    ) -> None:
        """`functions` are the cached one and those that get a builder along with it."""
        self._evaluator = evaluator
        self._cached_function = cached_function
        self._functions = functions

    def are_certain(self, path: str, ref: Ref) -> bool:
        """Whether what is called is the function, or an object has the property, whatever runs."""
        found = self._objects((path, ref), frozenset()) or ()
        means = self._has_property if self._cached_function.flavour is Flavour.PROPERTY else self._is_ours
        return bool(found) and all(map(means, found))

    def _is_ours(self, atom: Atom) -> bool:
        return isinstance(atom, Function) and atom.of in self._functions

    def _has_property(self, owner: Atom) -> bool:
        """Whether an object has the property from the class that has the cached one, or overrides it."""
        of = owner.of if isinstance(owner, Instance) else None
        if not isinstance(of, ClassId):
            return False
        found = self._evaluator.classes.member(of, self._cached_function.name)
        if found is None:
            return False
        return all(
            self._is_ours(atom) for binding in found[1] for atom in self._evaluator.value(found[0].path, binding.value)
        )

    # -- objects

    def _objects(self, term: Term, seen: _Seen) -> Value | None:
        """All that a term may be, without None, which has no attributes; None where something is not seen."""
        if (term, False) in seen:
            return ()
        around = seen | {(term, False)}
        path, ref = term
        facts = self._evaluator.facts(path)
        match facts.terms[ref]:
            case Attribute(base=base, name=name):
                owners = self._objects((path, base), around)
                return _known(self._attributes(owners, name, Site(path, ref, None))) if owners else owners
            case Element(base=base) | Item(base=base) if (rows := self._rows((path, base), around)) is not None:
                return tuple(map(Instance, rows))
            case Parameter(function=function, name=name) | Free(function=function, name=name) if self._is_lent(
                FunctionId(path, function), name
            ):
                return None
        known = _known(self._evaluator.value(path, ref))
        if known is not None:
            return known
        sources = self._sources(term, facts)
        return None if sources is None else _all(sources, lambda each: self._objects(each, around))

    def _is_lent(self, identity: FunctionId, name: str) -> bool:
        """Whether a parameter is the receiver of a method that another class may have, too."""
        function = self._evaluator.facts(identity.path).functions[identity.index]
        is_first = bool(function.parameters) and function.parameters[0].name == name
        is_bound = is_first and function.owner is not None
        return is_bound and self._evaluator.flavour(identity) != "class" and is_borrowed(self._evaluator, identity)

    def _attributes(self, owners: Value, name: str, site: Site) -> Value:
        return join(self._evaluator.attribute(owner, name, site) for owner in owners)

    def _sources(self, term: Term, facts: ModuleFacts) -> Iterable[Term] | None:
        """The terms of which a term is one, whatever runs; None where some are not seen."""
        path, ref = term
        same = same_object(facts.terms[ref])
        if same is not None:
            return [(path, same)]
        match facts.terms[ref]:
            case Join(choices=choices):
                return [(path, choice.value) for choice in choices]
            case Parameter(function=function, name=name):
                return given_by_all(self._evaluator, FunctionId(path, function), name)
            case Free(function=function, name=name):
                return self._bound(path, facts, function, name)
            case _:
                return None

    def _bound(self, path: str, facts: ModuleFacts, function: int, name: str) -> Iterable[Term] | None:
        """What a variable of a function may have, for the functions inside it."""
        events = (event for inner in facts.inside(function) for event in facts.functions[inner].events)
        if any(isinstance(event, NameStore) and event.name == name for event in events):
            return None
        found = [(path, binding.value) for binding in facts.functions[function].bindings.get(name, ())]
        if not any(each.name == name for each in facts.functions[function].parameters):
            return found
        given = given_by_all(self._evaluator, FunctionId(path, function), name)
        return None if given is None else [*found, *given]

    # -- rows

    def _rows(self, term: Term, seen: _Seen) -> frozenset[ClassId] | None:
        """The models whose rows a term has, if it is a QuerySet whatever runs; None where something is not seen."""
        if (term, True) in seen:
            return frozenset()
        around = seen | {(term, True)}
        path, ref = term
        facts = self._evaluator.facts(path)
        value = self._evaluator.value(path, ref)
        known = _models(value)
        if known is not None:
            return known
        match facts.terms[ref]:
            case Call() as call:
                return self._rows_of_call(path, ref, call, value, around)
            case Slice(base=base, step=None):
                return self._rows((path, base), around)
        sources = self._sources(term, facts)
        found = None if sources is None else [self._rows(each, around) for each in sources]
        if found is None or any(each is None for each in found):
            return None
        return frozenset(model for each in found for model in each or ())

    def _rows_of_call(self, path: str, ref: Ref, call: Call, value: Value, seen: _Seen) -> frozenset[ClassId] | None:
        """Those of what a call gives: a step of a query on a QuerySet, or the cached function itself."""
        method = self._evaluator.facts(path).terms[call.function]
        row = self._evaluator.knowledge.operations.get(method.name) if isinstance(method, Attribute) else None
        if isinstance(method, Attribute) and row is not None and builds_query(row):
            rows = self._rows((path, method.base), seen)
            given = _models(tuple(atom for atom in value if not isinstance(atom, Unknown)))
            return None if rows is None or given is None else rows | given
        functions = self._objects((path, call.function), seen)
        if functions is None or not all(map(self._is_ours, functions)):
            return None
        if not functions:
            return frozenset()
        site = Site(path, ref, None)
        passed = self._evaluator.passed(call, site)
        given_out = join(self._evaluator.call(function, passed, site) for function in functions)
        return _models(tuple(atom for atom in given_out if atom != ENTRY))  # other writers of the key: see elsewhere


def _all(terms: Iterable[Term], find: Callable[[Term], Value | None]) -> Value | None:
    """What several terms are, together; None where one of them is not known."""
    found = [find(each) for each in terms]
    return None if any(each is None for each in found) else join(each or () for each in found)


def _known(value: Value) -> Value | None:
    """A value without None; None where a part of it is not known."""
    atoms = tuple(atom for atom in value if not _is_none(atom))
    return atoms if value and all(isinstance(atom, _CERTAIN) for atom in atoms) else None


def _models(value: Value) -> frozenset[ClassId] | None:
    """The models of a value that is a QuerySet of rows, or None; None where it may be anything else."""
    models = [_model(atom) for atom in value if not _is_none(atom)]
    if not models or None in models:
        return None
    return frozenset(each for each in models if each is not None)


def _model(atom: Atom) -> ClassId | None:
    identity = atom.model.identity if isinstance(atom, QuerySet) and atom.plain and atom.model is not None else None
    return identity if isinstance(identity, ClassId) else None


def _is_none(atom: Atom) -> bool:
    return isinstance(atom, Literal) and atom.value is None
