"""Shapes: what an object is by the way to it, where its value is unknown: `form.fields["owner"]`."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Element, Item, Join, Member, Ref, Term, Updated, same_object
from qscache_lint.knowledge.consumer_rows import ConsumerTable

_GIVING_ONE = ("get", "pop", "setdefault")
"""The methods of a dict that give one member."""


def members_by_shape(facts: ModuleFacts, ref: Ref, table: ConsumerTable) -> Iterator[str]:
    """The classes of the tables that a term is an instance of, where the way to it tells."""
    for each in _alternatives(facts, ref):
        match facts.terms[each]:
            case Attribute(base=base, name=name) if name in table.attributes_of_members:
                yield from (table.attributes_of_members[name] for _ in members_by_shape(facts, base, table))
            case _:
                yield from _members(facts, each, table)


def _members(facts: ModuleFacts, ref: Ref, table: ConsumerTable) -> Iterator[str]:
    """The classes of a member of a dict: an item, what a method gives, or each value in turn."""
    match facts.terms[ref]:
        case Item(base=base):
            yield from _dicts(facts, base, table)
        case Call(function=function):
            yield from _of_method(facts, function, table, _GIVING_ONE)
        case Element(base=base):
            yield from _of_call(facts, base, table, "values")
        case Member(base=pair, position=1) if isinstance(element := facts.terms[pair], Element):
            yield from _of_call(facts, element.base, table, "items")


def _of_call(facts: ModuleFacts, ref: Ref, table: ConsumerTable, method: str) -> Iterator[str]:
    call = facts.terms[ref]
    if isinstance(call, Call):
        yield from _of_method(facts, call.function, table, (method,))


def _of_method(facts: ModuleFacts, ref: Ref, table: ConsumerTable, methods: tuple[str, ...]) -> Iterator[str]:
    method = facts.terms[ref]
    if isinstance(method, Attribute) and method.name in methods:
        yield from _dicts(facts, method.base, table)


def _dicts(facts: ModuleFacts, ref: Ref, table: ConsumerTable) -> Iterator[str]:
    """The classes of the members of a dict, told by the name of the attribute or method that it comes from."""
    for each in _alternatives(facts, ref):
        match facts.terms[each]:
            case Attribute(name=name) if name in table.members_of:
                yield table.members_of[name]
            case Call(function=function) if isinstance(method := facts.terms[function], Attribute):
                called = f"{method.name}()"
                yield from (table.members_of[called],) if called in table.members_of else ()


def _alternatives(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The terms that a term is one of, by branches, narrowing and items that were put in."""
    pending, seen = [ref], {ref}
    while pending:
        current = pending.pop()
        steps = _steps(facts.terms[current])
        if not steps:
            yield current
        fresh = [each for each in steps if each not in seen]
        seen.update(fresh)
        pending.extend(fresh)


def _steps(term: Term) -> tuple[Ref, ...]:
    match term:
        case Join(choices=choices):
            return tuple(choice.value for choice in choices)
        case Updated(base=base):
            return (base,)
        case _:
            inner = same_object(term)
            return () if inner is None else (inner,)
