"""Names that a repair writes and that mean something else where it writes them: a view called `list`, for example."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.subject import Flavour, Subject
from qscache_lint.project.evaluate import Evaluator


def refuse_shadowed(evaluator: Evaluator, subject: Subject, builder: str = "") -> None:
    """Raises Refused when `list`, `tuple` or `property`, or the `builder` that the cached half calls, is hidden."""
    builtins = {subject.rows, *(("property",) if subject.flavour is Flavour.PROPERTY else ())}
    for name in sorted(builtins & set(_bound(evaluator, subject))):
        raise Refused(f"{name} is no builtin in {subject.path}")
    called = _first_name(evaluator, subject, builder)
    if called in {parameter.name for parameter in subject.facts.parameters}:
        raise Refused(f"{subject.facts.qualname} has a parameter called {called}, which hides what is to be called")


def _first_name(evaluator: Evaluator, subject: Subject, builder: str) -> str:
    """The name with which the call of the builder begins, where it is one of the module."""
    if subject.flavour is Flavour.STATICMETHOD and subject.facts.owner is not None:
        return evaluator.facts(subject.path).classes[subject.facts.owner].qualname.partition(".")[0]
    return builder if subject.flavour is Flavour.FUNCTION else ""


def _bound(evaluator: Evaluator, subject: Subject) -> Iterator[str]:
    """The names that the function, its class and its module bind."""
    facts = evaluator.facts(subject.path)
    yield from subject.facts.bindings
    yield from (parameter.name for parameter in subject.facts.parameters)
    yield from facts.body.bindings
    if subject.facts.owner is not None:
        yield from facts.classes[subject.facts.owner].members
