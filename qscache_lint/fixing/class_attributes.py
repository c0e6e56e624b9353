"""Attributes of classes that a framework refines each time it asks for them, and no other code reads.

`queryset = stories()` in the body of a view: Django and Django REST framework call `.all()` on it, so that the rows
which a cache has are never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint import limits
from qscache_lint.facts.terms import Attribute, Constant
from qscache_lint.fixing.requirements import Requirement
from qscache_lint.project.abstract import ClassValue, Instance, Module
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.takings import Taking

_NO_CLASS = (Manager, Module, QuerySet)


def is_left_to_framework(
    evaluator: Evaluator, path: str, requirement: Requirement, others: Sequence[Requirement]
) -> bool:
    """Whether a class keeps a value for a framework alone, which refines it; `others` say what else is done there."""
    is_refined = any(each.queries_again and each.place == requirement.place for each in others)
    takings = evaluator.demands.takings_of(path, requirement.value)
    here = [each for each in takings if each.owner is not None and each.span == requirement.place]
    return is_refined and bool(here) and not any(_is_read(evaluator, path, each) for each in here)


def _is_read(evaluator: Evaluator, path: str, taking: Taking) -> bool:
    """Whether the project may read an attribute that a class body binds."""
    files = evaluator.project.name_index.files_with_word(taking.symbol)
    owner = ClassId(path, taking.owner or 0)
    return len(files) > limits.FILES_WITH_NAME or any(_reads(evaluator, each, taking.symbol, owner) for each in files)


def _reads(evaluator: Evaluator, path: str, name: str, owner: ClassId) -> bool:
    facts = evaluator.project.facts(path)
    if facts is None or any(term == Constant(name) for _, term in facts.every(Constant)):
        return True
    attributes = (term for _, term in facts.every(Attribute) if term.name == name)
    return any(_may_be_of(evaluator, path, each, owner) for each in attributes)


def _may_be_of(evaluator: Evaluator, path: str, term: Attribute, owner: ClassId) -> bool:
    """Whether an attribute may be that of a class, or of one above or below it."""
    value = evaluator.value(path, term.base)
    return not value or not all(_is_another(evaluator, atom, owner) for atom in value)


def _is_another(evaluator: Evaluator, atom: object, owner: ClassId) -> bool:
    if not isinstance(atom, (Instance, ClassValue)):
        return isinstance(atom, _NO_CLASS)
    mro = evaluator.classes.mro
    return isinstance(atom.of, ClassId) and atom.of not in mro(owner) and owner not in mro(atom.of)
