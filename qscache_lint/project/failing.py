"""Callers of what a cache returns: some fail on `[]`, since they call what no empty container has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached, same
from qscache_lint.facts.terms import Attribute, Call, Constant, FunctionTerm, Import, Name, Ref, operands
from qscache_lint.project.abstract import Collection, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ModulePath
from qscache_lint.project.value_sets import cached
from qscache_lint.values import Step

_CONTAINERS: Mapping[str, type] = {each.__name__: each for each in (dict, list, set, tuple)}
_SEEKING = frozenset({"count"})
"""Methods of lists and tuples that have to be told what they look for; those of a QuerySet take nothing."""

_FIXED = (Constant, FunctionTerm, Import, Name)
"""What is the same wherever it stands: a test of it tells nothing of a value that is made with it."""


class MethodCall(msgspec.Struct, frozen=True, array_like=True):
    """A place that calls a method of a QuerySet on what a store gives; `fails`: where that is an empty container."""

    step: Step
    fails: bool


def method_calls(evaluator: Evaluator, path: ModulePath, stores: Iterable[Step]) -> Iterator[MethodCall]:
    """The places of a module that call a method of a QuerySet on what one of some stores gives.

    A place behind a test of the value, or of what it was asked for with, may well be meant for QuerySets alone.
    """
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    for index, _ in evaluator.project.using.functions(path, facts):
        for ref, call in evaluator.project.using.calls(path, facts, index):
            method = facts.terms[call.function]
            if isinstance(method, Attribute) and method.name in evaluator.knowledge.operations:
                value = _given_by(evaluator, path, method.base, frozenset(stores))
                kind = _failing_kind(value, method.name, call)
                fails = kind is not None and not _is_tested(facts, ref, method.base)
                if value:
                    yield MethodCall(Step(path, method.at, f".{method.name}() fails here on an empty {kind}"), fails)


def _given_by(evaluator: Evaluator, path: ModulePath, ref: Ref, stores: frozenset[Step]) -> Value:
    """The value of a term that one of some stores gives; nothing for others."""
    if not evaluator.project.to_cached.has(path, ref):
        return ()
    value = evaluator.value(path, ref)
    return value if any(each.kept.site in stores for each in cached(value)) else ()


def _failing_kind(value: Value, method: str, call: Call) -> str | None:
    """The kind of the empty container that the receiver of a call may be, which has no such method."""
    empty = (atom.kind for atom in value if isinstance(atom, Collection) and atom.is_empty)
    return next((kind for kind in empty if _lacks(kind, method, call)), None)


def _lacks(kind: str, method: str, call: Call) -> bool:
    return not hasattr(_CONTAINERS.get(kind), method) or (method in _SEEKING and not call.arguments)


def _is_tested(facts: ModuleFacts, ref: Ref, value: Ref) -> bool:
    """Whether a test on the way to a place asks for a value, or for something that it is made of."""
    made_of = {*same(facts, value), *_variables(facts, value)}
    guards = facts.conditions.get(ref, ())
    return any(not made_of.isdisjoint(_variables(facts, guard.test)) for guard in guards)


def _variables(facts: ModuleFacts, ref: Ref) -> frozenset[Ref]:
    """The terms that a term is made of, without those that are the same everywhere."""
    below = reached((ref,), lambda each: operands(facts.terms[each]))
    return frozenset(each for each in below if not isinstance(facts.terms[each], _FIXED))
