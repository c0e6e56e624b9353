"""Occasions: what makes a framework run code, where one such thing never runs together with another.

A view answers one request, and a command is one process. What a memo on an object holds is there for the code of the
same occasion only: rows that another view reads are those of another object.
"""

from __future__ import annotations

from typing import TypeAlias

from qscache_lint.project.abstract import ClassId, External, FunctionId
from qscache_lint.project.evaluate import Evaluator

Occasion: TypeAlias = frozenset[ClassId | FunctionId] | None
"""The views and other classes for which code runs, each an occasion of its own; None where that may be any."""


def occasion(evaluator: Evaluator, path: str, index: int) -> Occasion:
    """The occasions on which a function of a module runs; a mixin has those of all classes derived from it."""
    facts = evaluator.facts(path)
    while facts.functions[index].parent:
        index = facts.functions[index].parent or 0
    owner = facts.functions[index].owner
    if owner is None:
        return frozenset({FunctionId(path, index)}) if _is_view(evaluator, path, index) else None
    classes = (ClassId(path, owner), *evaluator.classes.subclasses(ClassId(path, owner)))
    started = frozenset(each for each in classes if is_started(evaluator, each))
    others = (each for each in classes if each not in started)
    return started if all(started.intersection(evaluator.classes.subclasses(each)) for each in others) else None


def _is_view(evaluator: Evaluator, path: str, index: int) -> bool:
    """Whether a decorator tells that a function is a view."""
    names = evaluator.knowledge.functions.occasions.decorators
    decorators = evaluator.facts(path).functions[index].decorators
    values = (atom for each in decorators for atom in evaluator.value(path, each.value))
    return any(isinstance(atom, External) and atom.dotted in names for atom in values)


def is_started(evaluator: Evaluator, identity: ClassId) -> bool:
    """Whether a framework makes objects of a class, each for one occasion."""
    bases = evaluator.knowledge.functions.occasions.bases
    return any(isinstance(base, str) and base.startswith(bases) for base in evaluator.classes.mro(identity))


def may_coincide(one: Occasion, other: Occasion) -> bool:
    """Whether code may run on the same occasion as other code."""
    return one is None or other is None or not one.isdisjoint(other)
