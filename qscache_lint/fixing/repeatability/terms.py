"""Terms as far as their values are known: text, data that can be read again, objects of the function's own."""

from __future__ import annotations

from dataclasses import dataclass

from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Container,
    Element,
    Free,
    Item,
    Join,
    Member,
    Mutated,
    Narrowed,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Updated,
    same_object,
)
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.known import (
    READING_CALLS,
    TEXT_METHODS,
    is_expression,
)
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.project.abstract import (
    Collection as Members,
)
from qscache_lint.project.abstract import External, Formatted, Instance, Literal, Value, join
from qscache_lint.project.identities import ClassId


@dataclass(frozen=True)
class Terms:
    """The terms of one function."""

    subject: Subject

    def is_text(self, ref: Ref) -> bool:
        """Whether a term is text or a number: a known one, or what methods of text give."""
        term = self.subject.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            return self.is_text(same)
        match term:
            case Call(function=function):
                method = self.subject.facts.terms[function]
                is_method = isinstance(method, Attribute) and method.name in TEXT_METHODS
                return is_method and self.is_text(method.base) if isinstance(method, Attribute) else False
            case Item(base=base) | Element(base=base) | Member(base=base) | Slice(base=base):
                return self.is_text(base)
            case Join(choices=choices):
                return all(choice.value != ref and self.is_text(choice.value) for choice in choices)
            case Binary(operator="%" | "+", left=left):
                return self.is_text(left)
            case Attribute(base=base, name="value"):
                return self.is_text(base)
            case _:
                return self.subject.is_text(ref) or self.is_column(ref)

    def is_column(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        base = self.subject.value(term.base) if isinstance(term, Attribute) else ()
        owners = [atom.of for atom in base if isinstance(atom, Instance) and isinstance(atom.of, ClassId)]
        name = term.name if isinstance(term, Attribute) else ""
        columns = (fields.Member.KEY, fields.Member.COLUMN)
        evaluator = self.subject.evaluator
        return len(owners) == len(base) > 0 and all(fields.member(evaluator, each, name) in columns for each in owners)

    def is_data(self, ref: Ref) -> bool:
        """Whether a term is text, or a container that can be read again and again."""
        term = self.subject.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            return self.is_data(same)
        if isinstance(term, Parameter):
            stated = self.subject.parameter(term.name)
            is_own = stated is not None and stated.kind in ("*", "**")
            return is_own or self.subject.is_container(term.name) or self.subject.is_scalar(term.name)
        if isinstance(term, (Container, Updated)):
            return not isinstance(term, Container) or term.kind not in ("generator", "async generator")
        value = self.subject.value(ref)
        is_known = bool(value) and all(isinstance(atom, (Members, Literal, Formatted)) for atom in value)
        return is_known or self.is_text(ref)

    def is_own(self, ref: Ref) -> bool:
        """Whether an object has been made in the function, or by its call."""
        pending, seen = [ref], set[Ref]()
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            match self.subject.facts.terms[current]:
                case Updated(base=base) | Mutated(base=base) | Narrowed(base=base):
                    pending.append(base)
                case Join(choices=choices):
                    pending.extend(choice.value for choice in choices)
                case Parameter(name=name):
                    stated = self.subject.parameter(name)
                    if stated is None or stated.kind not in ("*", "**"):
                        return False
                case Call(function=function):
                    if not self.makes_container(function) and not self.makes_condition(current):
                        return False
                case Container() | Opaque(reason="unfinished loop"):
                    pass
                case _:
                    return False
        return True

    def makes_container(self, function: Ref) -> bool:
        made = self.subject.value(function)
        return bool(made) and all(isinstance(each, External) and each.dotted in READING_CALLS for each in made)

    def makes_condition(self, ref: Ref) -> bool:
        term = self.subject.facts.terms[ref]
        made = self.subject.value(term.function) if isinstance(term, Call) else ()
        return bool(made) and all(isinstance(each, External) and is_expression(each.dotted) for each in made)

    def is_text_method(self, function: Ref) -> bool:
        method = self.subject.facts.terms[function]
        return isinstance(method, Attribute) and method.name in TEXT_METHODS and self.is_text(method.base)


def value_of_chain(subject: Subject, chain: Chain) -> Value:
    """What a parameter, or an attribute that a function reads of one, is taken for."""
    if not chain[1]:
        return subject.value_of(chain[0])
    refs = (ref for ref, _ in subject.facts.of_kind(Attribute, subject.identity.index))
    return join(subject.value(ref) for ref in refs if chain_of(subject, ref) == chain)


def chain_of(subject: Subject, ref: Ref) -> Chain | None:
    """The parameter that a term is, with the attributes that are read of it; None for other terms."""
    names: list[str] = []
    while True:
        term = subject.facts.terms[ref]
        same = same_object(term)
        if same is not None:
            ref = same
        elif isinstance(term, Attribute):
            names.insert(0, term.name)
            ref = term.base
        elif isinstance(term, (Parameter, Free)) and term.function == subject.identity.index:
            return term.name, tuple(names)
        else:
            return None
