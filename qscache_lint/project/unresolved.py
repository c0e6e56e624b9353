"""What stayed unresolved: receivers of QuerySet methods and decorators without a known value, counted by the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from qscache_lint.facts.terms import Attribute, Call
from qscache_lint.project.abstract import Function, Unknown
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import FunctionId


def unresolved(evaluator: Evaluator, paths: Iterable[str]) -> Counter[str]:
    """How often each reason kept a value from being known, in the modules of `paths`.

    Counted are calls of methods that QuerySets have on something unknown, where a cached QuerySet may have been missed,
    and functions whose decorators make something unknown of them.
    """
    found: Counter[str] = Counter()
    for path in paths:
        if evaluator.project.facts(path) is not None:
            found.update(_receivers(evaluator, path))
            found.update(_decorated(evaluator, path))
    return found


def _receivers(evaluator: Evaluator, path: str) -> Iterator[str]:
    facts = evaluator.facts(path)
    for _, call in facts.every(Call):
        method = facts.terms[call.function]
        if not isinstance(method, Attribute) or not _is_query(evaluator, method.name):
            continue
        reasons = [atom.reason if isinstance(atom, Unknown) else "" for atom in evaluator.value(path, method.base)]
        if reasons and all(reasons):
            yield reasons[0]


def _is_query(evaluator: Evaluator, name: str) -> bool:
    row = evaluator.knowledge.operations.get(name)
    return row is not None and row.effect.queries_again


def _decorated(evaluator: Evaluator, path: str) -> Iterator[str]:
    for index, function in enumerate(evaluator.facts(path).functions):
        if function.decorators:
            made = evaluator.decorated(Function(FunctionId(path, index), bare=True))
            yield from (atom.reason for atom in made if isinstance(atom, Unknown))
