"""Occasions: what makes a framework run code, where one such thing never runs together with another.

A view answers one request, and a command is one process. What a memo on an object holds is there for the code of the
same occasion only: rows that another view reads are those of another object.
"""

from __future__ import annotations

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId


def outermost(facts: ModuleFacts, index: int) -> int:
    """The function of a module or class around a function; that itself, where it is none that is inside another."""
    while facts.functions[index].parent:
        index = facts.functions[index].parent or 0
    return index


def is_view(evaluator: Evaluator, path: str, index: int) -> bool:
    """Whether a decorator tells that a function is a view."""
    names = evaluator.knowledge.functions.occasions.decorators
    decorators = evaluator.facts(path).functions[index].decorators
    values = (atom for each in decorators for atom in evaluator.value(path, each.value))
    return any(isinstance(atom, External) and atom.dotted in names for atom in values)


def is_started(evaluator: Evaluator, identity: ClassId) -> bool:
    """Whether a framework makes objects of a class, each for one occasion."""
    bases = evaluator.knowledge.functions.occasions.bases
    return any(isinstance(base, str) and base.startswith(bases) for base in evaluator.classes.mro(identity))
