"""Generators of the project: what they yield."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import Iteration
from qscache_lint.facts.terms import YIELDED, YIELDED_FROM, Choice, Opaque
from qscache_lint.project.abstract import ASYNC_ITERATOR, ITERATOR, Collection, Data, Value, join
from qscache_lint.project.evaluation.branches import excluded
from qscache_lint.project.evaluation.containers import elements
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.value_sets import all_querysets, draws_rows


def yielded(context: Context, site: Site, index: int) -> Value:
    """What a call of a generator function gives: what it yields, where a QuerySet is among that."""
    found = join(_yielded(context, site, index))
    if any(all_querysets(found)):
        return (Collection("generator", rest=found),)
    kind = ASYNC_ITERATOR if context.facts(site.path).functions[index].is_async else ITERATOR
    return (Collection(kind),) if _draws(context, site, index) else (Data("generator"),)


def _draws(context: Context, site: Site, index: int) -> bool:
    """Whether a generator function goes through a QuerySet."""
    facts = context.facts(site.path)
    iterated = (event.value for event in facts.functions[index].events if isinstance(event, Iteration))
    handed = (term.operands for _, term in facts.of_kind(Opaque, index) if term.reason == YIELDED_FROM)
    drawn = (*iterated, *(ref for refs in handed for ref in refs))
    return any(draws_rows(context.value(site.path, ref, site.frame)) for ref in drawn)


def _yielded(context: Context, site: Site, index: int) -> Iterator[Value]:
    facts = context.facts(site.path)
    for ref, term in facts.of_kind(Opaque, index):
        if term.reason not in (YIELDED, YIELDED_FROM) or not term.operands:
            continue
        if excluded(context, Choice(ref, facts.conditions.get(ref, ())), site) is None:
            value = context.value(site.path, term.operands[0], site.frame)
            yield value if term.reason == YIELDED else elements(context, value)
