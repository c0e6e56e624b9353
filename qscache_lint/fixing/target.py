"""The function to be repaired, with all that a repair needs to know: its cache, its references and its callers."""

from __future__ import annotations

from dataclasses import dataclass

from qscache_lint.facts.model import ModuleFacts
from qscache_lint.fixing.callers import Use, find_uses
from qscache_lint.fixing.mentions import (
    definitions_of,
    refuse_mentions,
    refuse_overrides,
    refuse_strings,
    refuse_templates,
)
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.references import Kind, Reference, References, find_references
from qscache_lint.fixing.subject import Subject, find_subject
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.abstract import QuerySet, Value, cached
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.definitions import Definition


@dataclass(frozen=True, slots=True)
class Target:
    """A cached function with all its references; every caller refines the value, reads its rows, or both."""

    subject: Subject
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
        return tuple(sorted({self.subject.path, *self.references.paths}))


def find_target(analysis: Analysis, definition: Definition, templates: Templates) -> Target:
    """Collect what a repair needs to know.

    Raises Refused, with the reason, for what cannot be repaired: values that leave a caller, callers out of sight,
    caches of other forms.
    """
    evaluator = analysis.evaluator
    subject = find_subject(analysis, definition)
    if definitions_of(evaluator, subject):
        raise Refused(f"{subject.path} defines {subject.facts.qualname} more than once")
    refuse_strings(evaluator, subject)
    refuse_overrides(evaluator, subject)
    refuse_templates(templates, subject)
    references = find_references(evaluator, subject)
    uses = tuple(find_uses(evaluator, templates, subject, references))
    refuse_mentions(evaluator, subject, references)
    _refuse_other_values(analysis, subject)
    if subject.decorator is None:
        _refuse_other_reads(analysis, subject)
    return Target(subject, references, uses)


def _refuse_other_values(analysis: Analysis, subject: Subject) -> None:
    """Raises Refused when the function may return something beside a QuerySet: `list(None)` fails."""
    for returned in subject.facts.returns:
        value = analysis.evaluator.value(subject.path, returned.value)
        if not any(isinstance(atom, QuerySet) for atom in value):
            row = returned.span.start.row
            raise Refused(f"line {row} of {subject.path} returns something else than a QuerySet")
        if subject.decorator is not None and not all(isinstance(atom, QuerySet) for atom in value):
            raise Refused(f"line {returned.span.start.row} of {subject.path} may return something else than a QuerySet")


def _refuse_other_reads(analysis: Analysis, subject: Subject) -> None:
    """Raises Refused when somebody else reads or refines what the function stores, behind its back."""
    evaluator = analysis.evaluator
    for path in analysis.examined:
        facts = evaluator.facts(path) if evaluator.project.facts(path) is not None else None
        for index, function in enumerate(facts.functions if facts is not None else ()):
            if facts is None or (path, index) == (subject.path, subject.identity.index) or not index:
                continue
            for ref in range(function.first, function.last):
                if _is_read(facts, ref) and _comes_from(evaluator.value(path, ref), subject):
                    raise Refused(f"line {facts.spans[ref].start.row} of {path} reads the same key")


def _is_read(facts: ModuleFacts, ref: int) -> bool:
    """Whether a term is the call of a method, or an item."""
    term = facts.terms[ref]
    name = type(term).__name__
    if name == "Item":
        return True
    function = getattr(term, "function", None)
    return name == "Call" and isinstance(function, int) and type(facts.terms[function]).__name__ == "Attribute"


def _comes_from(value: Value, subject: Subject) -> bool:
    return any(
        (queryset.kept.site.path, queryset.kept.site.span) == (subject.path, subject.site)
        and not queryset.hops
        for queryset in cached(value)
    )
