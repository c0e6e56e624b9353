"""What the key reads at each call: parameters, attributes of them, and settings, here and inside a helper."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from qscache_lint.facts.terms import Attribute, Call, Ref
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.fixing.repeatability.terms import chain_of
from qscache_lint.project.abstract import Function
from qscache_lint.project.evaluate import Site
from qscache_lint.project.evaluation.binding import bind


def behind(read: Chain, chains: Collection[Chain]) -> tuple[tuple[str, ...], ...]:
    """What chains read of what another one has read: `("user",)` behind `request`, where the key has `request.user`."""
    name, path = read
    return tuple(each[1][len(path) :] for each in chains if each[0] == name and each[1][: len(path)] == path)


def chains_inside(subject: Subject, chains: Collection[Chain], ref: Ref, function: Function) -> frozenset[Chain]:
    """The same chains as a function sees them that a term of another one calls, or has as a property."""
    found = {each for each in chains if "." in each[0]}  # settings
    for name, given in _given(subject, ref, function):
        read = chain_of(subject, given)
        found.update((name, path) for path in (() if read is None else behind(read, chains)))
    return frozenset(found)


def _given(subject: Subject, ref: Ref, function: Function) -> Iterator[tuple[str, Ref]]:
    """The parameters of the function, with the terms that they hold."""
    evaluator, term = subject.evaluator, subject.facts.terms[ref]
    asked = subject.facts.terms[term.function] if isinstance(term, Call) else term
    inner = Subject(evaluator, function.of)
    if isinstance(term, Call) and not _is_called(subject, term, function):
        return
    if isinstance(asked, Attribute) and function.receiver is not None and inner.receiver:
        yield inner.receiver, asked.base
    if isinstance(term, Call):
        bound = bind(inner.function, evaluator.passed(term, Site(subject.path, ref, subject.frame)), function.receiver)
        yield from ((name, each.argument.value) for name, each in bound.given.items() if each.argument.value >= 0)


def _is_called(subject: Subject, call: Call, function: Function) -> bool:
    """Whether it is the function itself that is called, and not one that runs by the way, such as `get_queryset()`."""
    called = (atom for atom in subject.value(call.function) if isinstance(atom, Function))
    return any(atom.of == function.of for atom in called)
