"""What may stand in the place of a QuerySet that code reads by a name: an assignment, a patch, an option of a view."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qscache_lint.facts.model import AttributeStore, Call, Constant, NameStore
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.fixing.mentioning_files import files_with
from qscache_lint.fixing.repeatability.known import may_replace
from qscache_lint.project.abstract import QuerySet
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_OF_VIEWS = "as_view"
"""Its keyword arguments become attributes of the view."""


def replacing(evaluator: Evaluator, seen: str, name: str) -> Iterator[Reason]:
    """The first place of each file that may put something else than a QuerySet under a name that a file reads."""
    for path in files_with(evaluator, seen, name):
        facts = evaluator.project.facts(path)
        row = 0 if facts is None else next(_rows(evaluator, path, facts, name), 0)
        if row or facts is None:
            yield reason("may-be-put-in-place", path, row, name=name)


def _rows(evaluator: Evaluator, path: str, facts: ModuleFacts, name: str) -> Iterator[int]:
    def is_other(ref: int) -> bool:
        value = evaluator.value(path, ref)
        return not value or not all(isinstance(atom, QuerySet) for atom in value)

    for event in (each for function in facts.functions for each in function.events):
        if isinstance(event, (AttributeStore, NameStore)) and event.name == name and is_other(event.value):
            yield event.span.start.row
    for _, call in facts.every(Call):
        for each in call.arguments if called_name(facts.terms[call.function]) == _OF_VIEWS else ():
            if each.keyword == name and is_other(each.value):
                yield each.span.start.row
    if may_replace(path, evaluator.project.tree.read(path)):
        named = re.compile(rf"(?:\S*[.:])?{re.escape(name)}")
        for ref, term in facts.every(Constant):
            if isinstance(term.value, str) and named.fullmatch(term.value):
                yield facts.spans.row(ref)
