"""The callers of a cached function: each reference, with all that is done with the value it gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from qscache_lint.facts.model import Awaited
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.reading import Caller, Demand, Need
from qscache_lint.fixing.references import Kind, Reference, References
from qscache_lint.fixing.templates import Templates
from qscache_lint.project.evaluate import Evaluator


@dataclass(frozen=True, slots=True)
class Use:
    """One reference that gets the value, and what it does with it.

    `names` are the variables that hold the value. `is_at_once`: no variable holds it, so that it is read where it is
    got. `is_async`: it stands in an `async def`, `is_import_time`: in a statement of the module or of a class.
    """

    reference: Reference
    demands: tuple[Demand, ...]
    names: frozenset[str]
    direct: frozenset[int]
    """The terms that are the very value, awaited or not."""

    is_async: bool
    is_import_time: bool

    @property
    def row(self) -> int:
        return self.reference.span.start.row

    @property
    def refinements(self) -> tuple[Demand, ...]:
        return tuple(demand for demand in self.demands if demand.need is Need.QUERYSET)

    @property
    def readings(self) -> tuple[Demand, ...]:
        return tuple(demand for demand in self.demands if demand.need in (Need.ROWS, Need.PART))

    @property
    def refines(self) -> bool:
        return bool(self.refinements)

    @property
    def reads(self) -> bool:
        """Whether it reads rows; one that does nothing with the value fills the cache for the others."""
        return bool(self.readings) or not self.demands

    @property
    def takes_part_only(self) -> bool:
        """Whether it takes some of the rows, and nowhere all of them."""
        needs = {demand.need for demand in self.demands}
        return Need.PART in needs and Need.ROWS not in needs

    @property
    def stop(self) -> int | None:
        """The constant bound of all that it reads: 10 where it only takes `[:10]`."""
        stops = {demand.stop for demand in self.demands if demand.need is not Need.QUERYSET}
        return next(iter(stops)) if self.takes_part_only and len(stops) == 1 else None

    @property
    def is_at_once(self) -> bool:
        return not self.names

    @property
    def template(self) -> str:
        """The template that reads the rows; "" when none does."""
        return next((demand.through_template for demand in self.demands if demand.through_template), "")


def find_uses(
    evaluator: Evaluator, templates: Templates, cached_function: CachedFunction, references: References
) -> Iterator[Use]:
    """What each reference does with the value.

    Raises Refused, with the place, where that is unclear, and where reading rows in a list would fail.
    """
    for reference in references.uses:
        use = _use(evaluator, templates, reference)
        if not use.demands and not use.names and not _is_statement(evaluator, reference):
            where = f"line {use.row} of {reference.path}"
            raise Refused(f"{where} {_verb(reference)} {cached_function.label}, and nobody sees where the value goes")
        for demand in use.demands:
            where = f"line {use.row} of {reference.path}"
            if demand.need is Need.UNCLEAR:
                raise Refused(f"{where} {_verb(reference)} {cached_function.label}, and there {demand.what}")
            if demand.may_be_async and demand.value not in use.direct:
                raise Refused(f"{where} {_verb(reference)} {cached_function.label}, and iterates it behind a branch")
        yield use


def _use(evaluator: Evaluator, templates: Templates, reference: Reference) -> Use:
    caller = Caller(evaluator, templates, reference.path, reference.function)
    facts = evaluator.facts(reference.path)
    function = facts.functions[reference.function]
    awaited = [
        ref
        for ref in range(function.first, function.last)
        if isinstance(term := facts.terms[ref], Awaited) and term.base == reference.ref
    ]
    direct = frozenset({reference.ref, *awaited})
    names = frozenset().union(*(caller.names(ref) for ref in direct))
    return Use(
        reference,
        tuple(caller.demands(reference.ref)),
        names,
        direct,
        is_async=function.is_async,
        is_import_time=not reference.function,
    )


def _is_statement(evaluator: Evaluator, reference: Reference) -> bool:
    """Whether the reference, awaited or not, is a statement by itself: its value goes nowhere."""
    parsed = Parsed.read(evaluator.project.tree.read(reference.path))
    expression = parsed.expression_at(reference.span)
    statements = parsed.tree.every(cst.Expr)
    values = (each.value.expression if isinstance(each.value, cst.Await) else each.value for each in statements)
    return any(value is expression for value in values)


def _verb(reference: Reference) -> str:
    return "reads" if reference.kind is Kind.READ else "calls"
