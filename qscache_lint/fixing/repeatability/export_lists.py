"""Where code reads an `__all__`: a name that is new there is noticed.

A module that makes its own list of those of others hands names on, and does not read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import (
    Attribute,
    Binary,
    Call,
    Container,
    Element,
    Import,
    Join,
    Mutated,
    Name,
    Ref,
    Updated,
    operands,
)
from qscache_lint.project.abstract import External, Module, Value
from qscache_lint.project.evaluation.exports import COPIES, LIST
from qscache_lint.project.modules import ModuleIndex

_CHANGES = frozenset({"append", "extend", "insert", "remove"})
_LISTS = (Binary, Call, Container, Join, Mutated, Updated)


def list_readings(
    path: str, facts: ModuleFacts, modules: ModuleIndex, value: Callable[[Ref], Value]
) -> Iterator[tuple[Ref, Value]]:
    """The terms of a file that read a list of names, with the modules that may have it; `value` evaluates a term."""
    own = _own(facts)
    for ref, attribute in facts.every(Attribute):
        if attribute.name == LIST and _is_read(facts, ref, own):
            yield ref, value(attribute.base)
    for ref, imported in facts.every(Import):
        if imported.name == LIST and _is_read(facts, ref, own):
            target = modules.resolve(path, imported.module, imported.level)
            yield ref, (External(imported.module) if target is None else Module(imported.module, target),)
    named = [ref for ref, name in facts.every(Name) if name.name == LIST]
    made = [ref for ref in own if isinstance(facts.terms[ref], _LISTS)]
    yield from ((ref, (Module("", path),)) for ref in (*named, *made) if _is_read(facts, ref, own))


def _own(facts: ModuleFacts) -> frozenset[Ref]:
    """The terms that the list of the module itself is made of."""
    bound = (binding.value for binding in facts.body.bindings.get(LIST, ()))
    return frozenset(reached(bound, partial(_parts, facts)))


def _parts(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    term = facts.terms[ref]
    is_copy = isinstance(term, Call) and facts.terms[term.function] in COPIES
    if is_copy or isinstance(term, (Binary, Container, Element, Join, Mutated, Updated)):
        yield from operands(term)
    yield from (user for user in facts.users(ref) if _is_change(facts, user, ref))


def _is_change(facts: ModuleFacts, user: Ref, ref: Ref) -> bool:
    """Whether a term is a step of `.append(name)`: the method of a list, its call, or the list afterwards."""
    match facts.terms[user]:
        case Attribute(name=name):
            return name in _CHANGES
        case Call(function=function):
            return function == ref and _is_change(facts, ref, ref)
        case term:
            return isinstance(term, Mutated)


def _is_read(facts: ModuleFacts, ref: Ref, own: frozenset[Ref]) -> bool:
    """Whether anything is done with a list besides putting its names into that of the module."""
    users, bound = facts.users(ref), facts.body.bindings.items()
    if any(each.value == ref for name, bindings in bound if name != LIST for each in bindings):
        return True
    return not own.issuperset(users) if users else ref not in own
