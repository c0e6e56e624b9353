"""Expressions as they are written: two that are made alike of the same variables are equal, wherever they stand."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Constant,
    Container,
    Free,
    Import,
    Item,
    Name,
    Parameter,
    Ref,
    Text,
)


def expression(facts: ModuleFacts, ref: Ref) -> Hashable:
    """An expression as it is written, whatever its place: two with the same variables come to the same."""
    return _expression(facts, ref, iter(range(limits.TERMS_OF_KEY)))


def _expression(facts: ModuleFacts, ref: Ref, steps: Iterator[int]) -> Hashable:
    term = facts.terms[ref]
    if next(steps, None) is None:
        return ref
    match term:
        case Constant(value=value):
            return ("=", type(value).__name__, value)
        case Parameter(function=function, name=name) | Free(function=function, name=name):
            return ("variable", function, name)
        case Name() | Import():
            return term
        case Attribute(base=base, name=name):
            return ("attribute", _expression(facts, base, steps), name)
        case Call(function=called, arguments=arguments):
            given = ((each.keyword, each.star, _expression(facts, each.value, steps)) for each in arguments)
            return ("call", _expression(facts, called, steps), *given)
        case Item(base=base, key=key):
            return ("item", _expression(facts, base, steps), _expression(facts, key, steps))
        case Binary(operator=operator, left=left, right=right):
            return (operator, _expression(facts, left, steps), _expression(facts, right, steps))
        case Text(parts=parts):
            return ("text", *(_expression(facts, part, steps) for part in parts))
        case Container(kind=kind, entries=entries) if not any(entry.star for entry in entries):
            return (kind, *(_expression(facts, entry.value, steps) for entry in entries))
        case _:
            return ref
