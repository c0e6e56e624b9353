"""What templates do with a value, as repairs ask it: whether a list of the rows can stand in for the QuerySet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from qscache_lint.fixing.own_files import is_own_file
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.contexts import ContextEntry
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.found_templates import templates_of
from qscache_lint.project.in_templates import taken_in_templates
from qscache_lint.project.marks import marked
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.taken import Taken, Unfollowed
from qscache_lint.reasons import UseOfValue, reason
from qscache_lint.source.text import name_in_source
from qscache_lint.source.tree import read_mentions
from qscache_lint.templates.parser import row_with
from qscache_lint.values import Position, Reason, Span

_UNFOLLOWED: Mapping[Unfollowed, str] = {
    Unfollowed.MISSING: "template-missing",
    Unfollowed.UNREADABLE: "template-closed",
    Unfollowed.CHOSEN: "template-includes-unknown",
    Unfollowed.MANY: "template-includes-many",
}
"""The kind of reason for each."""

_ANY_ENTRY = ContextEntry("", 0, Span(Position(1, 1), Position(1, 1)), given=(marked(QuerySet()),))
"""A QuerySet in a context, wherever it comes from."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a template takes a variable: `problem` is what it does beside reading; `takes_part`: not all of its rows."""

    problem: UseOfValue | None = None
    takes_part: bool = False


class Templates:
    """The templates of a project."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def reading(self, template: str, name: str) -> Reading:
        """How a template, with all that it extends or includes, takes the variable `name`."""
        taken = taken_in_templates(self._evaluator, (template,), {name: (_ANY_ENTRY,)})
        problems = (_problem(each, name) for each in taken if not each.takes_rows)
        first = next(problems, None)
        return Reading(first, first is None and any(each.effect is Effect.PART for each in taken))

    def attribute_mention(self, name: str) -> Reason | None:
        """What a template does that asks any object for the attribute `name`, or may do so; None when none does."""
        asked, written = re.compile(rf"\.{re.escape(name)}\b"), name_in_source(f".{name}")
        root = self._evaluator.project.tree.root
        for path in templates_of(self._evaluator).paths:
            source = read_mentions(root / path)
            if source is None:
                return reason("template-unreadable", path, name=name)
            row = row_with(source.decode("utf-8", "replace"), asked) if written in source else None
            if row is not None and not is_own_file(source):
                return reason("template-mention", path, row, name=name)
        return None


def _problem(taken: Taken, name: str) -> UseOfValue:
    """What a template does with a QuerySet that it would not do with its rows."""
    if taken.unfollowed is not None:
        return UseOfValue.of(_UNFOLLOWED[taken.unfollowed], template=taken.template)
    row = taken.at.span.start.row
    return UseOfValue.of("template-other-use", line=row, template=taken.template, name=name)
