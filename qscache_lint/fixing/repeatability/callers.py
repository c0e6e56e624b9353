"""What the calls of the project give to a function that puts a key together: its parameters, one call at a time.

A function that may also be called from where it is not seen (a view, a receiver of a signal, one that is handed on) has
an activation of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, Escape, ItemStore, NameStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Free, FunctionTerm, Import, Name, Parameter, Ref
from qscache_lint.fixing.repeatability.pieces import Given, Piece, Spot
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import External, Function
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.identities import FunctionId

_Place: TypeAlias = tuple[FunctionId, str]
_BINDING = frozenset({"staticmethod", "classmethod"})
_LABELS = frozenset({"__name__", "__qualname__", "__module__"})


@dataclass(frozen=True)
class Activation(Given):
    """What parameters hold in one call: terms of the callers, several of them, or a function that is decorated."""

    given: Mapping[_Place, Spot] = field(default_factory=dict)
    several: Mapping[_Place, tuple[Spot, ...]] = field(default_factory=dict)
    decorated: Mapping[_Place, FunctionId] = field(default_factory=dict)

    def within(self, outer: Activation) -> Activation:
        return Activation(
            {**outer.given, **self.given},
            {**outer.several, **self.several},
            {**outer.decorated, **self.decorated},
        )

    def behind(self, spot: Spot) -> Spot | None:
        place = _place(spot)
        return None if place is None else self.given.get(place)

    def members(self, spot: Spot) -> tuple[Spot, ...] | None:
        place = _place(spot)
        return None if place is None else self.several.get(place)

    def label(self, spot: Spot) -> Piece | None:
        term = spot.subject.facts.terms[spot.ref]
        if not isinstance(term, Attribute) or term.name not in _LABELS:
            return None
        place = _place(spot.beside(term.base))
        function = None if place is None else self.decorated.get(place)
        if function is None:
            return None
        facts = spot.subject.evaluator.facts(function.path).functions[function.index]
        modules = spot.subject.evaluator.project.modules.names(function.path)
        names = {"__name__": (facts.name,), "__qualname__": (facts.qualname,), "__module__": modules}
        return Piece(texts=names[term.name])


OPEN = Activation()
"""A call of which nothing is known."""


class Callers:
    """Looks for the calls of functions; where its steps are used up, there may be others."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._steps = iter(range(limits.CALLS_OF_WRITER))

    def activations(self, identity: FunctionId, depth: int = limits.HELPERS_DEEP) -> Iterator[Activation]:
        """What is given to a function, and to those around it, by each call that may come to it."""
        outermost = self._outermost(identity)
        function = self._evaluator.facts(outermost.path).functions[outermost.index]
        files = self._evaluator.project.name_index.files_with_word(function.name)
        if not outermost.index or not depth or len(files) > limits.FILES_WITH_NAME:
            yield OPEN
            return
        found = self._is_called_unseen(outermost)
        if found:
            yield OPEN
        for path in files:
            facts = self._evaluator.project.facts(path)
            for each in (OPEN,) if facts is None else self._in_file(path, facts, outermost, depth):
                found = True
                yield each
        if not found and identity == outermost:
            yield OPEN  # one inside a function that nothing calls, such as an unused memoizer, never runs

    def _outermost(self, identity: FunctionId) -> FunctionId:
        functions, index = self._evaluator.facts(identity.path).functions, identity.index
        while functions[index].parent:
            index = functions[index].parent or 0
        return FunctionId(identity.path, index)

    def _is_called_unseen(self, identity: FunctionId) -> bool:
        """Whether Python itself, or what a decorator makes of it, calls a function."""
        function = self._evaluator.facts(identity.path).functions[identity.index]
        values = [self._evaluator.value(identity.path, each.value) for each in function.decorators]
        is_plain = all(isinstance(atom, External) and atom.dotted in _BINDING for value in values for atom in value)
        return function.name.startswith("__") or not function.name.isidentifier() or not is_plain or not all(values)

    def _in_file(self, path: str, facts: ModuleFacts, called: FunctionId, depth: int) -> Iterator[Activation]:
        name = self._evaluator.facts(called.path).functions[called.index].name
        terms: list[tuple[Ref, Name | Import | Attribute]] = [*facts.every(Name), *facts.every(Import)]
        terms.extend(facts.every(Attribute))
        refs = [ref for ref, term in terms if term.name == name and not self._is_another(path, ref, called)]
        if path == called.path:
            refs += [ref for ref, term in facts.every(FunctionTerm) if term.index == called.index]
        for ref in refs:
            yield from self._at(path, facts, ref, called, depth)

    def _is_another(self, path: str, ref: Ref, called: FunctionId) -> bool:
        """Whether a name is known to stand for something else."""
        value = self._evaluator.value(path, ref)
        is_known = bool(value) and all(isinstance(atom, (Function, External)) for atom in value)
        return is_known and not any(isinstance(atom, Function) and atom.of == called for atom in value)

    def _at(self, path: str, facts: ModuleFacts, ref: Ref, called: FunctionId, depth: int) -> Iterator[Activation]:
        """What one mention of a function gives it."""
        name = self._evaluator.facts(called.path).functions[called.index].name
        if next(self._steps, None) is None or _is_handed_on(facts, ref, name):
            yield OPEN
            return
        yield from (self._decorating(called, identity) for identity in _decorated(path, facts, ref))
        for user in facts.users(ref):
            call = facts.terms[user]
            if not isinstance(call, Call) or call.function != ref:
                yield OPEN
                continue
            decorated = [self._decorating(called, identity) for identity in _decorated(path, facts, user)]
            given = self._given(path, user, call, called)
            around = FunctionId(path, facts.around(user))
            outer = (OPEN,) if not around.index else self.activations(around, depth - 1)
            for each in outer:
                yield from (given.within(each).within(one) for one in decorated or (OPEN,))

    def _given(self, path: str, user: Ref, call: Call, called: FunctionId) -> Activation:
        """The arguments of a call, and the defaults of what it leaves out."""
        evaluator = self._evaluator
        facts = evaluator.facts(called.path).functions[called.index]
        receivers = [atom.receiver for atom in evaluator.value(path, call.function) if isinstance(atom, Function)]
        is_method = facts.owner is not None and evaluator.flavour(called) != "static"
        passed = evaluator.passed(call, Site(path, user, None))
        receiver = next((each for each in receivers if each is not None), External("?")) if is_method else None
        bound = bind(facts, passed, receiver)
        caller = Subject(evaluator, FunctionId(path, evaluator.facts(path).around(user)))
        found = {
            (called, name): Spot(caller, each.argument.value, {})
            for name, each in bound.given.items()
            if each.argument.value >= 0
        }
        own = Subject(evaluator, called)
        for each in facts.parameters if not bound.is_open else ():
            if each.default is not None and each.name not in bound.given:
                found[called, each.name] = Spot(own, each.default, {})
        several = {
            (called, name): tuple(Spot(caller, each.argument.value, {}) for each in members)
            for name, members in bound.several.items()
            if not bound.is_open and all(each.argument.keyword is None for each in members)
        }
        return Activation(found, several)

    def _decorating(self, decorator: FunctionId, function: FunctionId) -> Activation:
        """The function that a decorator is given: by itself, or by the function inside it that takes one."""
        functions = self._evaluator.facts(decorator.path).functions
        inside = [index for index, each in enumerate(functions) if each.parent == decorator.index]
        places = [FunctionId(decorator.path, index) for index in (decorator.index, *inside)]
        first = [(each, functions[each.index].parameters[:1]) for each in places]
        return Activation(decorated={(each, one[0].name): function for each, one in first if one})


def _place(spot: Spot) -> _Place | None:
    term = spot.subject.facts.terms[spot.ref]
    if not isinstance(term, (Parameter, Free)):
        return None
    return FunctionId(spot.subject.path, term.function), term.name


def _is_handed_on(facts: ModuleFacts, ref: Ref, own: str) -> bool:
    """Whether a function is returned, kept in an attribute or container, or given another name."""
    function = facts.functions[facts.around(ref)]
    kept = (each for each in function.events if isinstance(each, (AttributeStore, ItemStore, NameStore, Escape)))
    if any(each.value == ref for each in kept) or any(each.value == ref for each in function.returns):
        return True
    bound = [(name, each) for name, found in function.bindings.items() for each in found]
    bound += [(name, each) for one in facts.classes for name, found in one.members.items() for each in found]
    return any(each.value == ref and name != own for name, each in bound)


def _decorated(path: str, facts: ModuleFacts, ref: Ref) -> Iterator[FunctionId]:
    """The functions that a term is a decorator of."""
    for index, function in enumerate(facts.functions):
        if any(each.value == ref for each in function.decorators):
            yield FunctionId(path, index)

