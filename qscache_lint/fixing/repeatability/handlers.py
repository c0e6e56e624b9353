"""Handlers that building a query never reaches: of what is raised where a row is asked for, and is not there."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluation.names import global_name
from qscache_lint.values import Position

_OF_ROWS = frozenset({"ObjectDoesNotExist", "DoesNotExist", "MultipleObjectsReturned"})
"""Raised by `get()` and by a foreign key, which are queries. https://docs.djangoproject.com/en/stable/ref/exceptions/"""


def is_idle(subject: Subject, node: cst.CSTNode) -> bool:
    """Whether a statement is a `try` that does nothing as long as no row is asked for."""
    if not isinstance(node, cst.Try) or node.finalbody is not None:
        return False
    return all(each.type is not None and _is_of_rows(subject, each.type) for each in node.handlers)


def idle_handlers(subject: Subject) -> Collection[Position]:
    """Where the handlers of such statements begin in a function."""
    try:
        parsed = Parsed.read(subject.evaluator.project.tree.read(subject.path))
        function = parsed.function_at(subject.function.span)
    except Refused:
        return ()
    idle = [each for each in m.findall(function, m.Try()) if is_idle(subject, each)]
    handlers = (handler for each in idle if isinstance(each, cst.Try) for handler in each.handlers)
    return {parsed.positions.span(each).start for each in handlers}


def _is_of_rows(subject: Subject, expression: cst.BaseExpression) -> bool:
    match expression:
        case cst.Tuple(elements=elements):
            return bool(elements) and all(_is_of_rows(subject, each.value) for each in elements)
        case cst.Attribute(attr=cst.Name(value=name)):
            return name in _OF_ROWS
        case cst.Name(value=name):
            known = global_name(subject.evaluator, subject.path, name)
            is_own = name in subject.function.bindings or subject.parameter(name) is not None
            return name in _OF_ROWS and not is_own and known == (External(f"django.core.exceptions.{name}"),)
        case _:
            return False
