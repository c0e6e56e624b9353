"""The change of the definition itself: which form it has, and the transformer that rewrites it."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from qscache_lint.facts.terms import Call
from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.effects import first_write, leaves_alone
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import ChangeFunction, FunctionChange
from qscache_lint.fixing.rewriters.anatomy import calls_in
from qscache_lint.fixing.rewriters.decorated import DropDecorator, MaterialiseReturns, SplitDecorated
from qscache_lint.fixing.rewriters.definitions import Names, Style
from qscache_lint.fixing.rewriters.extracted import ExtractDecorated
from qscache_lint.fixing.rewriters.extracted_store import ExtractStored
from qscache_lint.fixing.rewriters.stored import DropStore, MaterialiseStored, SplitStored
from qscache_lint.project.abstract import Unknown, Value
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.evaluation.stores import rows, sites
from qscache_lint.project.querysets import QuerySet
from qscache_lint.reasons import reason
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Reason


def style_of(analysis: Analysis, function: CachedFunction, parsed: Parsed, stop: int | None = None) -> Style:
    """How a function is written in its parsed file."""
    facts = analysis.evaluator.facts(function.path)
    owner = "" if function.facts.owner is None else facts.classes[function.facts.owner].qualname
    line = split_rows(decode(parsed.source))[function.facts.span.start.row - 1]
    around = line[: len(line) - len(line.lstrip(" \t"))]
    return Style(function, owner, parsed.newline, parsed.module.default_indent, stop, around)


@dataclass(frozen=True)
class DefinitionRewriter:
    """Gives the transformer that rewrites the definition of a context in its parsed file."""

    analysis: Analysis
    context: RepairContext
    parsed: Parsed

    @staticmethod
    def of(analysis: Analysis, context: RepairContext) -> DefinitionRewriter:
        """Raises Refused for a file that cannot be parsed, or not be given back as it was."""
        source = analysis.evaluator.project.tree.read(context.cached_function.path)
        return DefinitionRewriter(analysis, context, Parsed.read(source))

    def style(self, stop: int | None = None) -> Style:
        return style_of(self.analysis, self.context.cached_function, self.parsed, stop)

    def split(self, names: Names, stop: int | None) -> ChangeFunction:
        style = self.style(stop)
        if self.context.cached_function.decorator is not None:
            return self._change(SplitDecorated(style, names))
        return self._change(SplitStored(style, names, self._store(), is_callable=self._stores_callable()))

    def extract(self, names: Names) -> ChangeFunction:
        """A builder beside the function, which calls it and is cached as before."""
        if self.context.cached_function.decorator is not None:
            return self._change(ExtractDecorated(self.style(), names))
        return self._change(self._extract_stored(names))

    def extraction_differences(self, names: Names, *, may_raise: bool) -> tuple[Reason, ...]:
        """What the builder does otherwise than the function on a miss; see `ExtractStored`."""
        if self.context.cached_function.decorator is not None:
            return ()
        function = self.parsed.function_at(self.context.cached_function.facts.span)
        return self._extract_stored(names).differences(function, may_raise=may_raise)

    def refuse_writes(self, names: Names) -> None:
        """Raises Refused where the builder would write to the database at each call."""
        cached_function, among = self.context.cached_function, None
        if cached_function.decorator is None:
            function = self.parsed.function_at(cached_function.facts.span)
            calls = self._extract_stored(names).calls(function)
            among = frozenset(self.parsed.positions.span(each) for each in calls if each in calls_in(function))
        found = first_write(self.analysis.evaluator, cached_function.identity, among)
        if found is not None:
            raise Refused(found)

    def _extract_stored(self, names: Names) -> ExtractStored:
        is_callable = self._stores_callable()
        return ExtractStored(self.style(), names, self._store(), is_callable=is_callable, gentle=self._gentle())

    def _gentle(self) -> frozenset[int]:
        """The numbers of the calls that change nothing of what they get."""
        evaluator, cached_function = self.analysis.evaluator, self.context.cached_function
        facts = evaluator.facts(cached_function.path)
        calls = facts.of_kind(Call, cached_function.identity.index)
        gentle = {facts.spans[ref] for ref, call in calls if leaves_alone(evaluator, cached_function.path, call)}
        written = calls_in(self.parsed.function_at(cached_function.facts.span))
        return frozenset(at for at, each in enumerate(written) if self.parsed.positions.span(each) in gentle)

    def drop(self) -> ChangeFunction:
        if self.context.cached_function.decorator is not None:
            return self._change(DropDecorator(self.context.cached_function))
        return self._change(DropStore(self.style(), self._store(), is_callable=self._stores_callable()))

    def materialise(self, stop: int | None) -> ChangeFunction:
        if self.context.cached_function.decorator is not None:
            return self._change(MaterialiseReturns(self.style(stop)))
        style = self.style(stop)
        return self._change(MaterialiseStored(style, self._store(), is_callable=self._stores_callable()))

    def _change(self, change: FunctionChange) -> ChangeFunction:
        return ChangeFunction(self.context.cached_function.facts.span, change)

    def _store(self) -> int:
        """The number of the storing call among those of the function."""
        function = self.parsed.function_at(self.context.cached_function.facts.span)
        return list(calls_in(function)).index(self.parsed.call_at(self.context.cached_function.site))

    def _stores_callable(self) -> bool:
        """Whether `get_or_set` is given something that makes the QuerySet when it is called, not the QuerySet itself.

        Raises Refused where it cannot be told.
        """
        called = self.parsed.call_at(self.context.cached_function.site).func
        if isinstance(called, cst.Attribute) and called.attr.value not in _CALLING:
            return False
        value = self._stored_value()
        if all(isinstance(atom, QuerySet) for atom in value):
            return False
        if any(isinstance(atom, (QuerySet, Unknown)) for atom in value):
            raise Refused(reason("unclear-store", function=self.context.cached_function.name))
        return True

    def _stored_value(self) -> Value:
        """What the store is given."""
        evaluator, cached_function = self.analysis.evaluator, self.context.cached_function
        here = (site for site in sites(evaluator, cached_function.path) if site.span == cached_function.site)
        given = (site.given(row.value) for site in here for row, _ in rows(evaluator, site))
        return next((evaluator.value(cached_function.path, ref) for ref in given if ref is not None), ())


_CALLING = frozenset({"get_or_set", "aget_or_set"})
"""The methods of a cache that call a default which can be called."""
