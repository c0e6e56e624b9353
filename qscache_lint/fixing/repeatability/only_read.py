"""Objects that can change: a list, dict or `Q` of a module is constant where every mention of it only reads it.

A whitelist: what is done with the object has to have a form that is known to leave it as it is. Handing it to code that
is not known, keeping it under another name or in another object, and returning it are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, Binding, Event, FunctionFacts, Iteration, Test
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Free,
    FunctionTerm,
    Import,
    Item,
    Join,
    Member,
    Mutated,
    Name,
    Narrowed,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Text,
)
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.accesses import Way, is_reached
from qscache_lint.fixing.repeatability.known import (
    COPYING_METHODS,
    LEAVING_MODULES,
    READING_METHODS,
    TEXT_METHODS,
    is_leaving,
)
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    External,
    Function,
    Instance,
    Method,
    Module,
    Unknown,
)
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet

_PLAIN = (Compare, Not, Text, Slice)
"""Terms that look at an object, or copy it."""


def is_only_read(evaluator: Evaluator, path: str, ref: Ref, name: str, owner: ClassId | None = None) -> bool:
    """Whether nothing changes what a statement of a module or class binds to a name, nor hands it out."""
    facts = evaluator.facts(path)
    if _is_fixed(facts, ref):
        return True
    if is_reached(evaluator, path, owner, name, set(Way)):
        return False
    reads = _Reads(evaluator, path, limits.BUILDER_DEPTH, is_flat=_has_fixed_members(facts, ref))
    mentions = _Mentions(reads, name)
    return reads.is_read(ref, name) and all(mentions.are_reads(each) for each in files_with(evaluator, path, name))


def _has_fixed_members(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a container holds nothing that can be changed itself."""
    term = facts.terms[ref]
    return isinstance(term, Container) and all(_is_fixed(facts, each.value) for each in term.entries)


def _is_fixed(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a term is of a kind that nothing can change: text, a number, a function, a tuple of these."""
    term = facts.terms[ref]
    match term:
        case Constant() | Text() | FunctionTerm():
            return True
        case Container(kind="tuple", entries=entries):
            return all(_is_fixed(facts, each.value) for each in entries)
        case _:
            return False


@dataclass(frozen=True)
class _Mentions:
    """Where other code than its own statement has the object."""

    reads: _Reads
    name: str

    def are_reads(self, path: str) -> bool:
        facts = self.reads.evaluator.project.facts(path)
        if facts is None:
            return False
        reads = replace(self.reads, path=path)
        return all(reads.is_used(ref) and reads.is_read(ref, self.name) for ref in self._in(path, facts))

    def _in(self, path: str, facts: ModuleFacts) -> Iterator[Ref]:
        yield from (ref for ref, term in facts.every(Name) if term.name == self.name)
        yield from (ref for ref, term in facts.every(Import) if term.name == self.name)
        for ref, term in facts.every(Attribute):
            if term.name == self.name and self._may_be_it(path, term.base):
                yield ref

    def _may_be_it(self, path: str, base: Ref) -> bool:
        """Whether an object may be the module or class that has the name."""
        value = self.reads.evaluator.value(path, base)
        return not value or any(isinstance(atom, (Module, Unknown, ClassValue, Instance)) for atom in value)


@dataclass(frozen=True)
class _Reads:
    """What one file does with an object; `depth` functions more are followed into. `is_flat`: its members are fixed."""

    evaluator: Evaluator
    path: str
    depth: int
    is_flat: bool

    @property
    def _facts(self) -> ModuleFacts:
        return self.evaluator.facts(self.path)

    def is_used(self, ref: Ref) -> bool:
        """Whether a read of a name is seen again: of `del name[:]` is not more than the name."""
        facts = self._facts
        events = facts.functions[facts.around(ref)].events
        is_import = isinstance(facts.terms[ref], Import)
        return is_import or bool(facts.users(ref)) or any(getattr(each, "value", None) == ref for each in events)

    def is_read(self, ref: Ref, name: str = "") -> bool:
        """Whether all that is done with a term only reads it; `name` is the one that may be bound to it."""
        facts = self._facts
        function = facts.functions[facts.around(ref)]
        if any(each.value == ref for each in function.returns) or ref in facts.defaults_in(facts.around(ref)):
            return False
        if not all(_is_reading(event, ref, name) for event in function.events) or self._is_shared(function, ref, name):
            return False
        return all(self._is_reading_term(ref, user) for user in facts.users(ref))

    def _is_shared(self, function: FunctionFacts, ref: Ref, name: str) -> bool:
        """Whether the object has another name, too: a variable, one of the module or of a class."""
        bound: list[tuple[str, tuple[Binding, ...]]] = list(function.bindings.items())
        if function.parent is None:
            bound.extend(each for opened in self._facts.classes for each in opened.members.items())
        return any(each.value == ref for other, several in bound if other != name for each in several)

    def _is_reading_term(self, ref: Ref, user: Ref) -> bool:
        match self._facts.terms[user]:
            case Call() as call:
                return call.function != ref and self._are_reading(ref, user, call)
            case Attribute(base=base, name=name) if base == ref:
                return self._is_method(user, name)
            case Binary(operator=operator, left=left, at=at):
                is_in_place = at.end.column - at.start.column > len(operator)
                return not (is_in_place and left == ref)
            case Element() | Member() | Item():
                return self.is_flat or self.is_read(user)
            case Join() | Narrowed():
                return self.is_read(user)
            case Mutated(base=base, method=method):
                return base != ref and method in COPYING_METHODS
            case Container(entries=entries):
                return all(each.star or each.value != ref for each in entries)
            case Opaque(reason=reason):
                return reason == "unary operator"
            case term:
                return isinstance(term, _PLAIN)

    def _is_method(self, ref: Ref, name: str) -> bool:
        """Whether an attribute is a method that reads, and is called at once."""
        value = self.evaluator.value(self.path, ref)
        users = [self._facts.terms[user] for user in self._facts.users(ref)]
        is_called = bool(users) and all(isinstance(user, Call) and user.function == ref for user in users)
        of_query = bool(value) and all(
            isinstance(atom, Method) and isinstance(atom.receiver, (QuerySet, Manager)) for atom in value
        )
        if not is_called or not (of_query or name in READING_METHODS or name in TEXT_METHODS):
            return False
        is_followed = name in READING_METHODS and not self.is_flat
        return not is_followed or all(self.is_read(user) for user in self._facts.users(ref))

    # -- calls

    def _are_reading(self, ref: Ref, user: Ref, call: Call) -> bool:
        given = [each for each in call.arguments if each.value == ref]
        if all(each.star for each in given):
            return True  # what is called gets its members
        function = self.evaluator.value(self.path, call.function)
        return bool(function) and all(self._is_reading_call(ref, user, call, atom) for atom in function)

    def _is_reading_call(self, ref: Ref, user: Ref, call: Call, atom: Atom) -> bool:
        match atom:
            case External(dotted=dotted):
                return is_leaving(dotted) or dotted.startswith(LEAVING_MODULES)
            case Method(receiver=QuerySet() | Manager()):
                return True
            case Method(receiver=Collection(), name=name):
                return name in COPYING_METHODS
            case Function() if self.depth:
                return self._reads_parameter(ref, user, call, atom)
            case _:
                return False

    def _reads_parameter(self, ref: Ref, user: Ref, call: Call, atom: Function) -> bool:
        """Whether a function of the project only reads what it is given."""
        facts = self.evaluator.facts(atom.of.path)
        function = facts.functions[atom.of.index]
        passed = self.evaluator.passed(call, Site(self.path, user, None))
        given = bind(function, passed, atom.receiver).given
        names = {name for name, each in given.items() if each.argument.value == ref}
        if not names or any(each.kind in ("*", "**") for each in function.parameters if each.name in names):
            return False
        inner = replace(self, path=atom.of.path, depth=self.depth - 1)
        own = (each for each, term in facts.of_kind(Parameter, atom.of.index) if term.name in names)
        free = (term for _, term in facts.every(Free) if term.function == atom.of.index)
        return not any(term.name in names for term in free) and all(inner.is_read(each) for each in own)


def _is_reading(event: Event, ref: Ref, name: str) -> bool:
    """Whether something that happens in a function leaves an object as it is, and does not keep it.

    The constructor gives the object under its own `name`.
    """
    if isinstance(event, (Test, Iteration)) or (isinstance(event, AttributeStore) and event.name == name):
        return True
    return event.value != ref and getattr(event, "base", None) != ref
