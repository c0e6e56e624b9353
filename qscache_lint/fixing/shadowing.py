"""Names that a repair writes and that mean something else where it writes them: a view called `list`, for example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.subject import Flavour, Subject
from qscache_lint.project.evaluate import Evaluator


def refuse_shadowed(evaluator: Evaluator, subject: Subject, builder: str = "") -> None:
    """Raises Refused when `list`, `tuple` or `property`, or the `builder` that the cached half calls, is hidden."""
    for name in sorted(_hidden(evaluator, subject)):
        raise Refused(f"{name} is no builtin in {subject.path}")
    called = _first_name(evaluator, subject, builder)
    if called in {parameter.name for parameter in subject.facts.parameters}:
        raise Refused(f"{subject.facts.qualname} has a parameter called {called}, which hides what is to be called")


def _first_name(evaluator: Evaluator, subject: Subject, builder: str) -> str:
    """The name with which the call of the builder begins, where it is one of the module."""
    if subject.flavour is Flavour.STATICMETHOD and subject.facts.owner is not None:
        return evaluator.facts(subject.path).classes[subject.facts.owner].qualname.partition(".")[0]
    return builder if subject.flavour is Flavour.FUNCTION else ""


def _hidden(evaluator: Evaluator, subject: Subject) -> Iterator[str]:
    """The builtins that a repair writes where they mean something else.

    A body sees the names of its function and its module, and none of its class; a decorator and an annotation are read
    in the body of the class.
    """
    module = evaluator.facts(subject.path).body.bindings
    inside = {*subject.facts.bindings, *(parameter.name for parameter in subject.facts.parameters), *module}
    if subject.rows in inside:
        yield subject.rows
    beside = {*_members(evaluator, subject), *module}
    if subject.rows in beside and subject.facts.annotation is not None:
        yield subject.rows
    if "property" in beside and subject.flavour is Flavour.PROPERTY:
        yield "property"


def _members(evaluator: Evaluator, subject: Subject) -> Iterable[str]:
    """The names that the body of its class binds."""
    owner = subject.facts.owner
    return () if owner is None else evaluator.facts(subject.path).classes[owner].members
