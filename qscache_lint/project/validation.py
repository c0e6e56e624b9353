"""Validation: methods of forms and serializers that run before anything is saved, and what only these call."""

from __future__ import annotations

from fnmatch import fnmatchcase

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import Attribute, Call, Parameter
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId


def is_validating(evaluator: Evaluator, path: str, index: int) -> bool:
    """Whether a function of a module only runs while an object of its class is validated."""
    facts = evaluator.facts(path)
    function = facts.functions[index]
    row = evaluator.knowledge.functions.validating
    if function.owner is None:
        return False
    bases = evaluator.classes.mro(ClassId(path, function.owner))
    if not any(isinstance(base, str) and base.startswith(row.bases) for base in bases):
        return False
    callers = {each: _callers(facts, each) for each in reached((index,), lambda each: _callers(facts, each))}
    first = [facts.functions[each].name for each, calling in callers.items() if not calling]
    return bool(first) and all(any(fnmatchcase(name, each) for each in row.methods) for name in first)


def _callers(facts: ModuleFacts, index: int) -> frozenset[int]:
    """The other methods of a class that call one of them by `self`."""
    function = facts.functions[index]
    calls = ((each, facts.terms[call.function]) for each, call in facts.every(Call))
    return frozenset(
        around
        for each, method in calls
        if isinstance(method, Attribute)
        and method.name == function.name
        and isinstance(facts.terms[method.base], Parameter)
        and facts.functions[around := facts.around(each)].owner == function.owner
        and around != index
    )
