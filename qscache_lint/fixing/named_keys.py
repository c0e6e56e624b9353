"""Memoizers of the project that read the name of the function they cache: its key, or its time limit, goes by that."""

from __future__ import annotations

from qscache_lint.facts.terms import Attribute
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.project.abstract import Function
from qscache_lint.project.evaluate import Evaluator

_NAMES = frozenset({"__name__", "__qualname__"})


def may_go_by_name(evaluator: Evaluator, cached_function: CachedFunction) -> bool:
    """Whether the caching decorator is one of the project, in a file that reads names of functions."""
    if cached_function.decorator is None:
        return False
    path = cached_function.path
    facts = evaluator.facts(path)
    written = cached_function.facts.decorators[cached_function.decorator].value
    called = getattr(facts.terms[written], "function", written)
    values = (atom for ref in (written, called) for atom in evaluator.value(path, ref))
    makers = {atom.of.path for atom in values if isinstance(atom, Function)}
    return any(term.name in _NAMES for maker in makers for _, term in evaluator.facts(maker).every(Attribute))
