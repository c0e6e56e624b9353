"""Which rows are equal: those of one primary key, as Django says, unless a class of the project says it."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.repeatability.managers import foreign_bases
from qscache_lint.project.abstract import Instance, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId

_METHODS = ("__eq__", "__hash__")


def may_have_equality(evaluator: Evaluator, rows: Value) -> bool:
    """Whether something else than the primary key may say which rows are equal.

    Where rows go is not always known, so that every model of the project counts, with all classes that it is made of.
    """
    index, classes = evaluator.project.name_index, evaluator.classes
    if any(index.files_giving_attribute(name) for name in _METHODS):
        return True
    owners = (atom.of for atom in rows if isinstance(atom, Instance))
    known = {each for of in owners if isinstance(of, ClassId) for each in (of, *classes.subclasses(of))}
    if any(next(foreign_bases(classes, each), "") for each in known):
        return True
    heirs = (heir for each in _definers(evaluator) for heir in (each, *classes.subclasses(each)))
    return any(classes.may_be_model(heir) for heir in heirs)


def _definers(evaluator: Evaluator) -> Iterator[ClassId]:
    """The classes that bind one of the methods, by a `def` or another statement."""
    for path in dict.fromkeys(each for name in _METHODS for each in evaluator.project.name_index.files_with_word(name)):
        facts = evaluator.project.facts(path)
        for index, opened in enumerate(() if facts is None else facts.classes):
            if any(name in opened.members for name in _METHODS):
                yield ClassId(path, index)
