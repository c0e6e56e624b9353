"""Rows that are there: those of a QuerySet that its function has read in full before. A slice of it is a list."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Iteration, Test
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.term_graph import reached
from qscache_lint.facts.terms import Call, Guard, Ref, same_object
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.takings import Taking, Way, statements, takings


def is_loaded(context: Context, ref: Ref, site: Site) -> bool:
    """Whether all rows of the QuerySet that a term is have been read on every way to the place."""
    facts = context.facts(site.path)
    alike = frozenset(reached((ref,), lambda each: _same(facts, each)))
    passed = frozenset(facts.conditions.get(site.ref, ()))
    return any(
        guards <= passed and _reads_all(context, taking, site)
        for taking, guards in _before(facts, alike, site.ref)
    )


def _same(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The terms that are the very object: neither what branches join nor what they are joined to."""
    known = same_object(facts.terms[ref])
    if known is not None:
        yield known
    yield from (user for user in facts.users(ref) if same_object(facts.terms[user]) == ref)


def _before(facts: ModuleFacts, alike: frozenset[Ref], place: Ref) -> Iterator[tuple[Taking, frozenset[Guard]]]:
    """What the function does with an object before a place, and the tests on the way there."""
    index = facts.around(place)
    for user in sorted({user for each in alike for user in facts.users(each)}):
        if user < place and facts.around(user) == index and isinstance(facts.terms[user], Call):
            guards = frozenset(facts.conditions.get(user, ()))
            yield from ((taking, guards) for taking in takings(facts, user) if taking.value in alike)
    events = facts.functions[index].events
    if any(isinstance(event, (Iteration, Test)) and event.value in alike for event in events):
        for taking in statements(facts, index):
            is_before = taking.span.start < facts.spans[place].start
            if taking.way is Way.OPERATOR and taking.value in alike and is_before:
                yield taking, frozenset(taking.guards)


def _reads_all(context: Context, taking: Taking, site: Site) -> bool:
    """Whether a place reads all rows of the QuerySet that it takes."""
    if taking.way is Way.OPERATOR:
        row = context.knowledge.operators.get(taking.symbol)
        return row is not None and row.effect is Effect.ROWS
    handed = taking.handed
    if handed is None or handed.entry:
        return False
    rows = (
        context.consumers.by_call(atom, handed.position, handed.argument.keyword)
        for atom in context.value(site.path, handed.call.function, site.frame)
    )
    return any(each is not None and each.effect is Effect.ROWS for each in rows)
