"""Calls that reach the variables of the function around them by name, whatever these are called."""

from __future__ import annotations

from typing import NamedTuple

from qscache_lint.facts.terms import Call
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.values import Span

REFLECTIVE = frozenset({"locals", "vars", "eval", "exec"})


class ReflectiveCall(NamedTuple):
    """A call, by the name of what it calls."""

    name: str
    span: Span


def reflective_call(evaluator: Evaluator, path: str, function: int) -> ReflectiveCall | None:
    """The first call in a function that reaches all its variables: `locals()`, but not `vars(module)`."""
    facts = evaluator.facts(path)
    for ref, call in facts.of_kind(Call, function):
        called = evaluator.value(path, call.function)
        names = (atom.dotted for atom in called if isinstance(atom, External) and atom.dotted in REFLECTIVE)
        for name in names:
            if name != "vars" or not call.arguments:
                return ReflectiveCall(name, facts.spans[ref])
    return None
