"""The function to be repaired: where it is, which decorator goes, who calls it, and what each caller needs."""

from __future__ import annotations

from dataclasses import dataclass

from qscache_lint.facts.module import FunctionFacts
from qscache_lint.fixing.mentions import refuse_other_mentions
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.reading import Caller, Need
from qscache_lint.fixing.references import CallSite, References, find_references
from qscache_lint.knowledge import Store
from qscache_lint.project.abstract import FunctionId
from qscache_lint.project.analysis import Analysis


@dataclass(frozen=True, slots=True)
class Target:
    """A memoized module-level function with all its references; every caller is a refiner or a reader."""

    identity: FunctionId
    name: str
    facts: FunctionFacts
    store: Store
    references: References
    refiners: tuple[CallSite, ...]
    readers: tuple[CallSite, ...]

    @property
    def path(self) -> str:
        return self.identity.path

    @property
    def decorator(self) -> str:
        """The caching decorator as written, without the `@`."""
        return self.facts.decorators[0].text


def find_target(analysis: Analysis, identity: FunctionId, store: Store) -> Target:
    """Collect what a repair of a function needs to know.

    Raises Refused, with the reason, for what cannot be repaired: methods, several decorators, callers that hand the
    value on or need both the rows and the QuerySet.
    """
    evaluator = analysis.evaluator
    function = evaluator.project.function(identity)
    if function is None:
        raise Refused("the file cannot be read")
    _refuse_shape(function)
    references = find_references(evaluator, identity, function.name)
    refiners: list[CallSite] = []
    readers: list[CallSite] = []
    for site in references.calls:
        (refiners if _needs_queryset(analysis, site, function.name) else readers).append(site)
    return Target(identity, function.name, function, store, references, tuple(refiners), tuple(readers))


def refuse_hidden_callers(analysis: Analysis, target: Target) -> None:
    """Raises Refused when somebody may call the function out of sight."""
    for path in sorted({target.path, *target.references.paths}):
        refuse_other_mentions(analysis.evaluator.project.tree, path, target.name, target.references)


def _refuse_shape(function: FunctionFacts) -> None:
    if function.owner is not None or function.parent:
        raise Refused(f"{function.qualname} is not a function of its module")
    if function.is_async:
        raise Refused(f"{function.name} is asynchronous")
    if len(function.decorators) != 1:
        raise Refused(f"{function.name} has other decorators beside the caching one")


def _needs_queryset(analysis: Analysis, site: CallSite, name: str) -> bool:
    """Whether a caller refines; False when it only reads rows. Raises Refused for anything else."""
    demands = list(Caller(analysis.evaluator, site.path, site.function).demands(site.ref))
    needs = {demand.need for demand in demands}
    row = site.span.start.row
    for demand in demands:
        if demand.need is Need.UNCLEAR:
            raise Refused(f"line {row} of {site.path} calls {name}(), and there {demand.what}")
    if needs == {Need.ROWS, Need.QUERYSET}:
        raise Refused(f"line {row} of {site.path} both reads the rows of {name}() and refines it")
    return Need.QUERYSET in needs
