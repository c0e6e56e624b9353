"""What a body reads of its parameters, and how much of each it needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum

from qscache_lint import limits
from qscache_lint.facts.model import Test
from qscache_lint.facts.terms import (
    Attribute,
    Call,
    Compare,
    Constant,
    Free,
    Join,
    Mutated,
    Narrowed,
    Not,
    Parameter,
    Ref,
    Slice,
    Updated,
)
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.known import TEXT_METHODS, is_condition, is_plain_call, is_text_call
from qscache_lint.fixing.repeatability.moved import Moved, whole
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.project.abstract import Atom, ClassValue, External, Function, Instance, Method
from qscache_lint.project.evaluate import Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.written import expression


class Need(IntEnum):
    """What the body needs of a value: the more, the greater."""

    PRESENCE = 1
    """Whether it is there, or true."""

    COLUMN = 2
    """What is compared with a column: of an object, the text that Django makes of it."""

    ROW = 3
    """Which row it is."""

    VALUE = 4
    """All of it."""

    SEVERAL = 5
    """All that is in it."""

    QUERY = 6
    """The query of a manager or QuerySet."""

    CLASS = 7
    """Which class it is."""


@dataclass(frozen=True)
class Requirement:
    """One read of a parameter in the body."""

    chain: Chain
    need: Need
    place: tuple[str, int]

    @property
    def label(self) -> str:
        return ".".join((self.chain[0], *self.chain[1]))


class Reads:
    """The reads of parameters in what moves. An expression that is `written` in the key, too, needs no look."""

    def __init__(self, moved: Moved, written: Collection[object] = (), depth: int = limits.BUILDER_DEPTH) -> None:
        self._moved = moved
        self._subject = moved.subject
        self._facts = moved.subject.facts
        self._written = written
        self._depth = depth
        self._tests = {event.value for event in moved.events if isinstance(event, Test)}
        self._seen: set[tuple[Ref, Chain]] = set()

    def requirements(self) -> Iterator[Requirement]:
        for ref in sorted(self._moved.refs):
            term = self._facts.terms[ref]
            if isinstance(term, (Parameter, Free)) and term.function == self._subject.identity.index:
                yield from self._uses(ref, (term.name, ()))

    def _uses(self, ref: Ref, chain: Chain) -> Iterator[Requirement]:
        """What is done with a term that is a parameter, or an attribute of one."""
        if (ref, chain) in self._seen:
            return
        self._seen.add((ref, chain))
        if ref in self._tests:
            yield self._need(ref, chain, Need.PRESENCE)
        if ref in self._moved.roots:
            yield self._need(ref, chain, Need.VALUE)
        for user in self._moved.users(ref):
            if self._written and self._is_in_key(user):
                continue
            yield from self._use(ref, chain, user)

    def _is_in_key(self, ref: Ref) -> bool:
        """Whether the key has all of a term as text, or of the calls of a method of it."""
        term = self._facts.terms[ref]
        calls = self._moved.users(ref) if isinstance(term, Attribute) and term.name in TEXT_METHODS else ()
        if calls:
            return all(self._is_called(call, ref) and self._is_in_key(call) for call in calls)
        return expression(self._facts, ref) in self._written and self._is_known_text(ref)

    def _is_called(self, call: Ref, ref: Ref) -> bool:
        term = self._facts.terms[call]
        return isinstance(term, Call) and term.function == ref

    def _is_known_text(self, ref: Ref) -> bool:
        """Whether the key has all of a term that it has as text."""
        term = self._facts.terms[ref]
        method = self._facts.terms[term.function] if isinstance(term, Call) else None
        is_method = isinstance(method, Attribute) and method.name in TEXT_METHODS
        is_made = isinstance(term, Call) and is_text_call(self._subject.value(term.function))
        return is_method or is_made or self._subject.are_scalars(self._subject.value(ref))

    def _is_text(self, ref: Ref) -> bool:
        term = self._facts.terms[ref]
        return isinstance(term, Constant) and isinstance(term.value, str)

    def _need(self, ref: Ref, chain: Chain, need: Need) -> Requirement:
        return Requirement(chain, need, self._subject.place(ref))

    def _use(self, ref: Ref, chain: Chain, user: Ref) -> Iterator[Requirement]:
        match self._facts.terms[user]:
            case Attribute(base=base, name=name) if base == ref:
                yield from self._attribute(ref, chain, user, name)
            case Narrowed(base=base) | Mutated(base=base) | Updated(base=base) if base == ref:
                yield from self._uses(user, chain)
            case Join():
                yield from self._uses(user, chain)
            case Call() as call:
                yield from self._call(ref, chain, user, call)
            case Compare(operator="is" | "is not", right=right) if self._facts.terms[right] == Constant(None):
                yield self._need(user, chain, Need.PRESENCE)
            case Compare(operator="==" | "!=", right=right) if self._is_text(right):
                yield self._need(user, chain, Need.COLUMN)
            case Not():
                yield self._need(user, chain, Need.PRESENCE)
            case Slice(base=base) if base != ref:
                yield self._need(user, chain, Need.COLUMN)
            case _:
                yield self._need(user, chain, Need.VALUE)

    def _attribute(self, ref: Ref, chain: Chain, user: Ref, name: str) -> Iterator[Requirement]:
        base, value = self._subject.value(ref), self._subject.value(user)
        further = (chain[0], (*chain[1], name))
        if any(isinstance(atom, (Manager, QuerySet)) for atom in base):
            functions = [atom for atom in value if isinstance(atom, Function)]
            yield self._need(user, chain, Need.QUERY)
            for function in functions:
                yield from self._inside(user, function, {})
        elif any(isinstance(atom, ClassValue) for atom in base):
            yield self._need(user, chain, Need.CLASS)
        elif name in ("pk", "id") or (value and all(isinstance(atom, Manager) for atom in value)):
            yield self._need(user, chain, Need.ROW)
        elif name in TEXT_METHODS and not chain[1] and self._subject.is_scalar(chain[0]):
            yield self._need(user, chain, Need.VALUE)
        else:
            yield from self._field(user, chain, further, base)

    def _field(self, user: Ref, chain: Chain, further: Chain, base: tuple[Atom, ...]) -> Iterator[Requirement]:
        """A field, a property or a method."""
        owners = [atom for atom in base if isinstance(atom, Instance) and isinstance(atom.of, ClassId)]
        functions = [self._function(atom, further[1][-1]) for atom in owners]
        if not functions or not all(functions):
            yield from self._uses(user, further)
            if not self._moved.users(user) and user not in self._tests and user not in self._moved.roots:
                yield self._need(user, further, Need.VALUE)
            return
        for function in functions:
            if function is not None:
                yield from self._inside(user, function, {0: chain})

    def _function(self, atom: Instance, name: str) -> Function | None:
        assert isinstance(atom.of, ClassId)
        identity = fields.function_of(self._subject.evaluator, atom.of, name)
        return None if identity is None else Function(identity, receiver=atom)

    def _call(self, ref: Ref, chain: Chain, user: Ref, call: Call) -> Iterator[Requirement]:
        if call.function == ref:
            yield self._need(user, chain, Need.VALUE)
            return
        for argument in call.arguments:
            if argument.value != ref:
                continue
            for atom in self._subject.value(call.function) or (External("?"),):
                yield from self._given(ref, chain, user, call, atom)

    def _given(self, ref: Ref, chain: Chain, user: Ref, call: Call, atom: Atom) -> Iterator[Requirement]:
        """What something does with a parameter that it is called with."""
        argument = next(each for each in call.arguments if each.value == ref)
        match atom:
            case Method(receiver=QuerySet() | Manager() as receiver) if argument.keyword is not None:
                model = None if receiver.model is None else receiver.model.identity
                yield self._need(user, chain, self._compared(model, argument.keyword))
            case External(dotted=dotted) if is_condition(dotted) and argument.keyword is not None:
                yield self._need(user, chain, self._compared(self._model(), argument.keyword))
            case External(dotted=dotted) if is_plain_call(dotted):
                yield self._need(user, chain, Need.COLUMN)
            case Function() if self._depth:
                yield from self._passed_on(chain, user, call, atom, ref)
            case _:
                yield self._need(user, chain, Need.VALUE)

    def _compared(self, model: ClassId | str | None, lookup: str) -> Need:
        found = fields.compared(self._subject.evaluator, model, lookup)
        return {
            fields.Compared.COLUMN: Need.COLUMN,
            fields.Compared.ROW: Need.ROW,
            fields.Compared.SEVERAL: Need.SEVERAL,
            fields.Compared.UNKNOWN: Need.VALUE,
        }[found]

    def _model(self) -> ClassId | str | None:
        """The one model that the query is about."""
        atoms = [atom for ref in self._moved.roots for atom in self._subject.value(ref)]
        models = {atom.model.identity for atom in atoms if isinstance(atom, QuerySet) and atom.model is not None}
        return models.pop() if len(models) == 1 else None

    def _passed_on(self, chain: Chain, user: Ref, call: Call, atom: Function, ref: Ref) -> Iterator[Requirement]:
        """What a function of the project reads of a parameter that it is given."""
        evaluator = self._subject.evaluator
        passed = evaluator.passed(call, Site(self._subject.path, user, self._subject.frame))
        inner = Subject(evaluator, atom.of, evaluator.activation(atom, passed))
        bound = bind(inner.function, passed, atom.receiver)
        names = [name for name, each in bound.given.items() if each.argument.value == ref]
        if not names:
            yield self._need(user, chain, Need.VALUE)
        yield from self._read_inside(user, inner, dict.fromkeys(names, chain))

    def _inside(self, user: Ref, function: Function, given: dict[int, Chain]) -> Iterator[Requirement]:
        """What a method or property reads of the object that it is called on."""
        evaluator = self._subject.evaluator
        inner = Subject(evaluator, function.of, evaluator.activation(function, ()))
        parameters = inner.function.parameters
        names = {parameters[place].name: chain for place, chain in given.items() if place < len(parameters)}
        yield from self._read_inside(user, inner, names)

    def _read_inside(self, user: Ref, inner: Subject, names: dict[str, Chain]) -> Iterator[Requirement]:
        if not self._depth:
            yield from (self._need(user, chain, Need.VALUE) for chain in names.values())
            return
        for each in Reads(whole(inner), (), self._depth - 1).requirements():
            chain = names.get(each.chain[0])
            if chain is not None:
                yield self._need(user, (chain[0], (*chain[1], *each.chain[1])), each.need)
