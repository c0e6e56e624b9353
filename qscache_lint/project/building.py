"""Building: what a function asks the database for on the way to the lazy QuerySet that it returns.

That is what a cache spares at a hit, even where all callers refine what it keeps.
"""

from __future__ import annotations

from qscache_lint.facts.module import called_name
from qscache_lint.facts.terms import Call
from qscache_lint.project.abstract import Frame
from qscache_lint.project.evaluation.core import Context
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.import_time import QueriesOf
from qscache_lint.values import Step


def sent_while_building(context: Context, function: FunctionId) -> Step | None:
    """The first query that a function sends itself, whatever its arguments are; None where it sends none."""
    facts = context.facts(function.path)
    called = {called_name(facts.terms[call.function]) for _, call in facts.of_kind(Call, function.index)}
    names = tuple(sorted({*context.knowledge.querysets.managers.names, *called} - {""}))
    sent = context.ask(QueriesOf(Frame(function), names))
    return Step(sent[0].path, sent[0].span, f"{sent[0].operation} queries here") if sent else None
