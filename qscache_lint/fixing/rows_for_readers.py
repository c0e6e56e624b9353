"""Readers that get rows in place of a QuerySet: which cannot take them, and what others may notice."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.terms import Attribute
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.repeatability.managers import unfollowed
from qscache_lint.fixing.requirements import Requirement
from qscache_lint.project.abstract import querysets
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import QuerySet
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_PROTOCOL = frozenset(
    {
        "__iter__",
        "__aiter__",
        "__reversed__",
        "__len__",
        "__bool__",
        "__contains__",
        "__getitem__",
        "count",  # a Paginator calls it
    }
)
"""What a QuerySet class may say of its rows, and a list does not."""


def refuse_own_protocol(evaluator: Evaluator, context: RepairContext) -> None:
    """Raises Refused where a QuerySet class of the project says itself what its rows are."""
    for queryset in _read(evaluator, context):
        for owner in queryset.classes:
            for found in own_protocol(evaluator, owner):
                raise Refused(found)


def own_protocol(evaluator: Evaluator, owner: ClassId) -> Iterator[Reason]:
    """The methods of a QuerySet class by which it says what its rows are."""
    for ancestor in evaluator.classes.ancestors(owner):
        for name, _ in evaluator.classes.methods(ancestor):
            if name in _PROTOCOL:
                method = f"{evaluator.project.class_name(ancestor)}.{name}()"
                yield reason("protocol-left-out", ancestor.path, what=method)


def reader_concerns(evaluator: Evaluator, context: RepairContext) -> Iterator[Reason]:
    """What readers may notice of the rows that they get. Raises Refused where one needs the QuerySet after all."""
    for queryset in _read(evaluator, context):
        unknown = unfollowed(evaluator, queryset)
        if unknown:
            yield reason("rows-of-other-form", context.cached_function.path, what=unknown)
    for use in context.readers:
        yield from _of_use(evaluator, use)


def _read(evaluator: Evaluator, context: RepairContext) -> Iterator[QuerySet]:
    """The QuerySets that readers get."""
    for use in context.readers:
        for ref in use.direct:
            yield from querysets(evaluator.value(use.reference.path, ref))


def _of_use(evaluator: Evaluator, use: Use) -> Iterator[Reason]:
    for each in use.readings:
        if each.from_end:
            yield reason("negative-index-accepted", use.reference.path, each.row)
        if each.kept_as:
            yield from _of_attribute(evaluator, use, each)


def _of_attribute(evaluator: Evaluator, use: Use, reading: Requirement) -> Iterator[Reason]:
    """Where an attribute that hands out the value is read. Raises Refused where a method of a QuerySet follows."""
    where, name = (use.reference.path, reading.row), reading.kept_as
    for path in evaluator.project.name_index.files_with_word(name):
        facts = evaluator.project.facts(path)
        for ref, term in () if facts is None else facts.every(Attribute):
            if facts is None or term.name != name:
                continue
            other = f"line {facts.spans[ref].start.row} of {path}"
            found = reason("attribute-has-rows", *where, attribute=f".{name}", other=other)
            asked = (facts.terms[user] for user in facts.users(ref))
            if any(isinstance(each, Attribute) and each.name in evaluator.knowledge.operations for each in asked):
                raise Refused(found)
            yield found
