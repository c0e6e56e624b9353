"""The callers of a cached function: each reference, with all that is done with the value it gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst
from msgspec.structs import replace

from qscache_lint.facts.terms import Awaited
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.reading import Caller
from qscache_lint.fixing.references import Kind, Reference, References
from qscache_lint.fixing.requirements import Need, Requirement
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.abstract import Atom
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.querysets import Ordering, Origin, QuerySet
from qscache_lint.project.value_sets import cached
from qscache_lint.reasons import reason
from qscache_lint.values import Step


@dataclass(frozen=True, slots=True)
class Use:
    """One reference that gets the value, and what it does with it.

    `names` are the variables that hold the value. `is_at_once`: no variable holds it, so that it is read where it is
    got. `is_async`: it stands in an `async def`, `is_import_time`: in a statement of the module or of a class.
    """

    reference: Reference
    requirements: tuple[Requirement, ...]
    names: frozenset[str]
    direct: frozenset[int]
    """The terms that are the very value, awaited or not."""

    is_async: bool
    is_import_time: bool

    @property
    def row(self) -> int:
        return self.reference.span.start.row

    @property
    def refinements(self) -> tuple[Requirement, ...]:
        return tuple(each for each in self.requirements if each.need is Need.QUERYSET)

    @property
    def readings(self) -> tuple[Requirement, ...]:
        return tuple(each for each in self.requirements if each.need in (Need.ROWS, Need.PART))

    @property
    def refines(self) -> bool:
        return bool(self.refinements)

    @property
    def reads(self) -> bool:
        """Whether it reads rows; one that does nothing with the value fills the cache for the others."""
        return bool(self.readings) or not self.requirements

    @property
    def takes_part_only(self) -> bool:
        """Whether it takes some of the rows, and nowhere all of them."""
        needs = {each.need for each in self.requirements}
        return Need.PART in needs and Need.ROWS not in needs

    @property
    def stop(self) -> int | None:
        """The constant bound of all that it reads: 10 where it only takes `[:10]`."""
        stops = {each.stop for each in self.requirements if each.need is not Need.QUERYSET}
        return next(iter(stops)) if self.takes_part_only and len(stops) == 1 else None

    @property
    def is_at_once(self) -> bool:
        return not self.names

    @property
    def template(self) -> str:
        """The template that reads the rows; "" when none does."""
        return next((each.template for each in self.requirements if each.template), "")


def find_uses(
    evaluator: Evaluator, templates: Templates, cached_function: CachedFunction, references: References
) -> Iterator[Use]:
    """What each reference does with the value.

    Raises Refused, with the place, where that is unclear, and where reading rows in a list would fail.
    """
    for reference in references.uses:
        use = use_of(evaluator, templates, cached_function, reference)
        where, verb, label = (reference.path, use.row), _verb(reference), cached_function.label
        if not use.requirements and not use.names and not _is_statement(evaluator, reference):
            raise Refused(reason("value-unfollowed", *where, verb=verb, function=label))
        for requirement in use.requirements:
            if requirement.what is not None and requirement.need is Need.UNCLEAR:
                raise Refused(requirement.what.reason(*where, verb=verb, function=label))
            if requirement.may_be_async and requirement.value not in use.direct:
                raise Refused(reason("iterated-behind-branch", *where, verb=verb, function=label))
        yield use


def use_of(
    evaluator: Evaluator, templates: Templates, cached_function: CachedFunction, reference: Reference
) -> Use:
    """What the code around one reference does with the value."""
    facts = evaluator.facts(reference.path)
    function = facts.functions[reference.function]
    awaited = [user for user in facts.users(reference.ref) if isinstance(facts.terms[user], Awaited)]
    direct = frozenset({reference.ref, *awaited})
    value = [each for ref in direct for each in evaluator.value(reference.path, ref)]
    querysets = _querysets(value, cached_function)
    caller = Caller(evaluator, templates, reference.path, reference.function, querysets)
    held = ((name, each.value) for name, bound in function.bindings.items() for each in bound)
    return Use(
        reference,
        tuple(caller.requirements(reference.ref)),
        frozenset(name for name, ref in held if ref in direct),
        direct,
        is_async=function.is_async,
        is_import_time=not reference.function,
    )


def _querysets(value: Iterable[Atom], cached_function: CachedFunction) -> tuple[QuerySet, ...]:
    """What a caller gets: QuerySets of the project's classes. A repair has to be right whatever their order is."""
    known = (replace(each, ordering=Ordering.UNKNOWN) for each in cached(tuple(value)))
    site = Step(cached_function.path, cached_function.site, "kept here")
    origin = Origin(cached_function.store, cached_function.label, "", site)
    return tuple(dict.fromkeys(known)) or (QuerySet(origin=origin),)


def _is_statement(evaluator: Evaluator, reference: Reference) -> bool:
    """Whether the reference, awaited or not, is a statement by itself: its value goes nowhere."""
    parsed = Parsed.read(evaluator.project.tree.read(reference.path))
    expression = parsed.expression_at(reference.span)
    statements = parsed.tree.every(cst.Expr)
    values = (each.value.expression if isinstance(each.value, cst.Await) else each.value for each in statements)
    return any(value is expression for value in values)


def _verb(reference: Reference) -> str:
    return "reads" if reference.kind is Kind.READ else "calls"
