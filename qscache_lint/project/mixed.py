"""Values that are a QuerySet on one path and a container on another: which containers, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Join, Ref, same_object
from qscache_lint.project.abstract import Collection, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.takings import reached
from qscache_lint.values import Step

_KINDS = ("list", "tuple", "set", "dict")
"""The containers that code may take for a QuerySet: they can be iterated, and have no method of it."""


def container_kinds(value: Value) -> tuple[str, ...]:
    """The kinds of containers among the atoms of a value."""
    found = {atom.kind for atom in value if isinstance(atom, Collection)}
    return tuple(kind for kind in _KINDS if kind in found)


def container_places(evaluator: Evaluator, path: str, ref: Ref) -> Iterator[Step]:
    """The terms that a term may be, by whichever branch, which are a container and no QuerySet."""
    facts = evaluator.facts(path)

    def inside(current: Ref) -> tuple[Ref, ...]:
        term = facts.terms[current]
        same = same_object(term)
        if isinstance(term, Join):
            return tuple(choice.value for choice in term.choices)
        return () if same is None else (same,)

    for each in reached((ref,), inside):
        kinds = container_kinds(evaluator.value(path, each))
        if kinds and not inside(each):
            yield evaluator.step(path, each, f"a {kinds[0]} comes from here")
