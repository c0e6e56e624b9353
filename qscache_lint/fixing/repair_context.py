"""The function to be repaired, with all that a repair needs to know: its cache, its references and its callers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Item, Join, Ref
from qscache_lint.fixing.cached_function import CachedFunction, find_cached_function
from qscache_lint.fixing.callers import Use, find_uses
from qscache_lint.fixing.mentions import (
    is_bound_twice,
    refuse_mentions,
    refuse_overrides,
    refuse_strings,
    refuse_templates,
)
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.references import Kind, Reference, References, find_references
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.abstract import Method, Value
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.stores import rows, sites
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.value_sets import cached
from qscache_lint.reasons import reason


@dataclass(frozen=True, slots=True)
class RepairContext:
    """A cached function with all its references; every caller refines the value, reads its rows, or both."""

    cached_function: CachedFunction
    references: References
    uses: tuple[Use, ...]

    @property
    def readers(self) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.reads)

    @property
    def refiners(self) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.refines)

    @property
    def cache_uses(self) -> tuple[Reference, ...]:
        """The references to the cache itself: `stories.cache_clear`."""
        return tuple(each for each in self.references.places if each.kind is Kind.CACHE)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that a repair may have to change."""
        return tuple(sorted({self.cached_function.path, *self.references.paths}))


def find_context(analysis: Analysis, definition: Definition, templates: Templates) -> RepairContext:
    """Collect what a repair needs to know.

    Raises Refused, with the reason, for what cannot be repaired: values that leave a caller, callers out of sight,
    caches of other forms.
    """
    evaluator = analysis.evaluator
    cached_function = find_cached_function(analysis, definition)
    if is_bound_twice(evaluator, cached_function):
        raise Refused(reason("defined-twice", cached_function.path, function=cached_function.facts.qualname))
    refuse_strings(evaluator, cached_function)
    refuse_overrides(evaluator, cached_function)
    refuse_templates(templates, cached_function)
    references = find_references(evaluator, cached_function)
    uses = tuple(find_uses(evaluator, templates, cached_function, references))
    refuse_mentions(evaluator, cached_function, references)
    _refuse_other_values(analysis, cached_function)
    if cached_function.decorator is None:
        _refuse_other_reads(analysis, cached_function)
        if any(use.reads and use.is_async for use in uses):
            _refuse_ways_around(evaluator, cached_function)
    return RepairContext(cached_function, references, uses)


def _refuse_other_values(analysis: Analysis, cached_function: CachedFunction) -> None:
    """Raises Refused when the function may return something beside a QuerySet: `list(None)` fails."""
    evaluator = analysis.evaluator
    facts = evaluator.facts(cached_function.path)
    for returned in cached_function.facts.returns:
        row = returned.span.start.row
        refs = [ref for ref in _results(facts, returned.value) if not _is_empty(evaluator, cached_function.path, ref)]
        values = [evaluator.value(cached_function.path, ref) for ref in refs]
        if values and not any(isinstance(atom, QuerySet) for value in values for atom in value):
            raise Refused(reason("other-value", cached_function.path, row))
        if cached_function.decorator is not None and not all(map(_is_certain, values)):
            raise Refused(reason("other-value-possible", cached_function.path, row))


def _is_certain(value: Value) -> bool:
    return bool(value) and all(isinstance(atom, QuerySet) for atom in value)


def _results(facts: ModuleFacts, ref: Ref) -> Iterator[Ref]:
    """The terms that a value may come from, where branches join."""
    pending, seen = [ref], set[Ref]()
    while pending:
        current = pending.pop()
        term = facts.terms[current]
        if isinstance(term, Join) and current not in seen:
            pending.extend(choice.value for choice in term.choices)
        elif current not in seen:
            yield current
        seen.add(current)


def _is_empty(evaluator: Evaluator, path: str, ref: Ref) -> bool:
    """Whether a term is `none()` of a manager or QuerySet: a QuerySet, though the evaluator does not follow it."""
    term = evaluator.facts(path).terms[ref]
    called = evaluator.value(path, term.function) if isinstance(term, Call) else ()
    return bool(called) and all(isinstance(atom, Method) and atom.name == "none" for atom in called)


def _refuse_other_reads(analysis: Analysis, cached_function: CachedFunction) -> None:
    """Raises Refused when other code reads or refines what the function stores."""
    evaluator = analysis.evaluator
    for path in analysis.examined:
        facts = evaluator.project.facts(path)
        if facts is None:
            continue
        for index, _ in evaluator.project.using.functions(path, facts):
            if (path, index) == (cached_function.path, cached_function.identity.index) or not index:
                continue
            for ref in _reads(facts, index):
                if _comes_from(evaluator.value(path, ref), cached_function):
                    raise Refused(reason("same-key-read", path, facts.spans[ref].start.row))


def _refuse_ways_around(evaluator: Evaluator, cached_function: CachedFunction) -> None:
    """Raises Refused when the function may return a lazy QuerySet past its cache: async code cannot read that."""
    here = (site for site in sites(evaluator, cached_function.path) if site.span == cached_function.site)
    stored = {site.given(row.value) for site in here for row, _ in rows(evaluator, site)}
    for returned in cached_function.facts.returns:
        value = evaluator.value(cached_function.path, returned.value)
        is_lazy = any(isinstance(atom, QuerySet) for atom in value) and not cached(value)
        if is_lazy and returned.value not in stored:
            raise Refused(reason("past-the-cache", cached_function.path, returned.span.start.row))


def _reads(facts: ModuleFacts, index: int) -> list[Ref]:
    """The calls of methods and the items in a function, in the order of the code."""
    calls = [ref for ref, call in facts.of_kind(Call, index) if isinstance(facts.terms[call.function], Attribute)]
    return sorted([*calls, *(ref for ref, _ in facts.of_kind(Item, index))])


def _comes_from(value: Value, cached_function: CachedFunction) -> bool:
    return any(
        (queryset.kept.site.path, queryset.kept.site.span) == (cached_function.path, cached_function.site)
        and not queryset.hops
        for queryset in cached(value)
    )
