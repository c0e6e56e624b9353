"""The graph of a module's terms: which may be the very object that another one is, and which are made of others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from functools import partial
from typing import TypeVar

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Call, Free, Join, Name, Parameter, Ref, same_object

Node = TypeVar("Node", bound=Hashable)


def same(facts: ModuleFacts, ref: Ref) -> frozenset[Ref]:
    """The terms that may be the very object that a term is: joins upwards, and what they join."""
    return frozenset(reached((ref,), partial(_alike, facts)))


def reached(roots: Iterable[Node], steps: Callable[[Node], Iterable[Node]]) -> Iterator[Node]:
    """Some terms, or other nodes of a graph, and those that steps lead to from them, each once."""
    pending = list(roots)
    seen = set(pending)
    while pending:
        current = pending.pop()
        yield current
        fresh = [each for each in steps(current) if each not in seen]
        seen.update(fresh)
        pending.extend(fresh)


def origins(facts: ModuleFacts, ref: Ref) -> tuple[Ref, ...]:
    """The terms that a term may be, by whichever branch has led to it, without those that only join others."""

    def behind(current: Ref) -> tuple[Ref, ...]:
        term = facts.terms[current]
        known = same_object(term)
        if isinstance(term, Join):
            return tuple(choice.value for choice in term.choices)
        return () if known is None else (known,)

    return tuple(each for each in reached((ref,), behind) if not behind(each))


def _alike(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    term = facts.terms[ref]
    known = same_object(term)
    if known is not None:
        yield known
    elif isinstance(term, Join):
        yield from (choice.value for choice in term.choices)
    yield from becomes(facts, ref)


def becomes(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The terms that a term may become without a change: where branches join, and where more is known of it."""
    for user in facts.users(ref):
        above = facts.terms[user]
        if isinstance(above, Join) or same_object(above) == ref:
            yield user


def made_of(facts: ModuleFacts, index: int, names: Collection[str]) -> Iterator[Ref]:
    """The terms of a function, and of those nested in it, that are made of some of its parameters."""
    return reached(
        _roots(facts, index, names), lambda each: dict.fromkeys((*facts.users(each), *_held(facts, index, each)))
    )


def _roots(facts: ModuleFacts, index: int, names: Collection[str]) -> Iterator[Ref]:
    """The parameters as a function and its nested ones name them, and `super()` where the first one is its receiver."""
    function = facts.functions[index]
    wanted = {kind(index, name) for name in names for kind in (Parameter, Free)}
    for each in facts.inside(index):
        named = (*facts.of_kind(Parameter, each), *facts.of_kind(Free, each))
        yield from (ref for ref, term in named if term in wanted)
    if function.owner is not None and function.parameters and function.parameters[0].name in names:
        yield from (ref for ref, call in facts.of_kind(Call, index) if facts.terms[call.function] == Name("super"))


def _held(facts: ModuleFacts, index: int, ref: Ref) -> Iterator[Ref]:
    """The terms by which nested functions read the variables that hold a term."""
    inner = facts.inside(index)
    if len(inner) == 1:
        return
    bindings = facts.functions[index].bindings
    names = {name for name, bound in bindings.items() if any(each.value == ref for each in bound)}
    for each in inner if names else ():
        free = facts.of_kind(Free, each)
        yield from (found for found, term in free if term.function == index and term.name in names)
