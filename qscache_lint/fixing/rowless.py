"""Refinements of which no row is ever made: values, counts, and parts of another query."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.facts.term_graph import becomes, reached
from qscache_lint.facts.terms import Ref
from qscache_lint.fixing.requirements import Requirement
from qscache_lint.project.abstract import External, Function, Method
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.operations import builds_query
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.takings import Handed, Taking, Way

_VALUES = frozenset({"values", "values_list", "dates", "datetimes", "count", "exists", "aggregate"})
"""What gives values of columns. https://docs.djangoproject.com/en/stable/ref/models/querysets/"""

_WITHOUT_ROWS = _VALUES | {f"a{name}" for name in _VALUES}
_SUBQUERIES = ("Subquery", "Exists")


def make_no_rows(evaluator: Evaluator, path: str, requirements: Sequence[Requirement]) -> bool:
    """Whether all that some places do with a QuerySet, and with what comes of it, gives no objects of its rows."""
    return all(_makes_none(evaluator, path, each) for each in requirements)


def _makes_none(evaluator: Evaluator, path: str, requirement: Requirement) -> bool:
    takings = evaluator.demands.takings_of(path, requirement.value)
    here = [each for each in takings if (each.way, each.span) == (requirement.way, requirement.place)]
    return bool(here) and all(_is_rowless(evaluator, path, each) for each in here)


def _is_rowless(evaluator: Evaluator, path: str, taking: Taking) -> bool:
    if taking.way is Way.ARGUMENT and taking.handed is not None:
        return _is_embedded(evaluator, path, taking.handed)
    if taking.way is not Way.METHOD or taking.user is None or not _is_of_django(evaluator, path, taking.user):
        return False
    if taking.symbol in _WITHOUT_ROWS:
        return True
    row = evaluator.knowledge.operations.get(taking.symbol)
    return row is not None and builds_query(row) and _goes_on(evaluator, path, taking.user)


def _goes_on(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    """Whether a QuerySet is refined further, always to something without rows."""
    facts = evaluator.facts(path)
    terms = reached((ref,), lambda each: becomes(facts, each))
    takings = [taking for each in terms for taking in evaluator.demands.takings_of(path, each)]
    return bool(takings) and all(_is_rowless(evaluator, path, each) for each in takings)


def _is_of_django(evaluator: Evaluator, path: str, call: Ref) -> bool:
    """Whether a method is that of Django's own QuerySets, and none of the project."""
    function = getattr(evaluator.facts(path).terms[call], "function", call)
    return not any(isinstance(atom, Function) for atom in evaluator.value(path, function))


def _is_embedded(evaluator: Evaluator, path: str, handed: Handed) -> bool:
    """Whether a QuerySet becomes part of another query: `story__in=rows`, `Subquery(rows)`."""
    called = evaluator.value(path, handed.call.function)
    is_look_up = (handed.argument.keyword or "").endswith("__in")
    return bool(called) and all(_takes_query(atom, is_look_up) for atom in called)


def _takes_query(atom: object, is_look_up: bool) -> bool:
    match atom:
        case Method(receiver=QuerySet() | Manager()):
            return is_look_up
        case External(dotted=dotted):
            name = dotted.rpartition(".")[2]
            return dotted.startswith("django.db.models") and (name in _SUBQUERIES or (name == "Q" and is_look_up))
        case _:
            return False
