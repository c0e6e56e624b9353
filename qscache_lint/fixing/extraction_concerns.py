"""What an extraction may change, for any of the calls that may go to the builder; what they share is found once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.definition import DefinitionRewriter
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.repeatability import caching_concerns, calling_concerns
from qscache_lint.fixing.rewriters.definitions import Names
from qscache_lint.fixing.shared_object import shared_object_concerns
from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge.model import Store
from qscache_lint.project.analysis import Analysis
from qscache_lint.reasons import is_of_rows
from qscache_lint.values import Reason


@dataclass(frozen=True)
class ExtractionConcerns:
    """What speaks against the builder of one function."""

    analysis: Analysis
    cached_function: CachedFunction
    templates: Templates
    written: dict[tuple[Names, bool], tuple[Reason, ...]] = field(default_factory=dict)
    """What a new builder does otherwise, by its name and whether it may raise."""

    def of(self, context: RepairContext, names: Names) -> Iterator[Reason]:
        """What calling the builder may change. What is known to be repeatable raises nothing on its way.

        Raises Refused for a new builder that would write to the database.
        """
        analysis, cached_function = self.analysis, self.cached_function
        routes = tuple(use.reference for use in context.uses)
        is_stored = cached_function.decorator is None
        caching = self._of_stored if is_stored else caching_concerns(analysis, cached_function, routes)
        calling = calling_concerns(analysis, cached_function, names.new, routes)
        found = tuple(dict.fromkeys((*caching, *calling)))
        if names.new:
            yield from self._of_new(context, names, may_raise=not all(map(is_of_rows, found)))
        yield from found
        yield from self._of_object

    @cached_property
    def _of_stored(self) -> tuple[Reason, ...]:
        return tuple(caching_concerns(self.analysis, self.cached_function))

    @cached_property
    def _of_object(self) -> tuple[Reason, ...]:
        if self.cached_function.store is not Store.MEMO:
            return ()
        return tuple(shared_object_concerns(self.analysis.evaluator, self.templates, self.cached_function))

    def _of_new(self, context: RepairContext, names: Names, *, may_raise: bool) -> tuple[Reason, ...]:
        if (names, may_raise) not in self.written:
            definition = DefinitionRewriter.of(self.analysis, context)
            definition.refuse_writes(names)
            self.written[names, may_raise] = definition.extraction_differences(names, may_raise=may_raise)
        return self.written[names, may_raise]
