"""The split: an uncached function that returns the QuerySet, and a cached one that returns its rows.

Callers that refine go to the first, callers that read go to the second, and so do their imports. One that does both
gets both: `stories.filter()` becomes `getRecentStories(0).filter()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.fixing import safety
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.costs import common_stop, refuse_costs
from qscache_lint.fixing.definition import DefinitionRewriter
from qscache_lint.fixing.freshness import built_anew
from qscache_lint.fixing.imports import (
    ExtendAll,
    FollowImports,
    Renaming,
    lists_name,
    plan_renaming,
    refuse_other_lists,
)
from qscache_lint.fixing.iteration import iterated_directly
from qscache_lint.fixing.mentioning_files import files_mentioning
from qscache_lint.fixing.model import SPLIT_FUNCTION, Change, Refused, Repair
from qscache_lint.fixing.named_keys import may_go_by_name
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.refining_builder import refining_builder
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.repeating import refuse_unrepeatable
from qscache_lint.fixing.rewrite import PlacedTransformer, RefineBuilder, Rename, rewrite
from qscache_lint.fixing.rewriters.definitions import Names
from qscache_lint.fixing.rows_for_readers import reader_concerns, refuse_own_protocol
from qscache_lint.fixing.rows_in_cache import rows_in_cache
from qscache_lint.fixing.shadowing import name_taken, refuse_shadowed
from qscache_lint.fixing.unused import without_unused
from qscache_lint.naming import builder_name, cached_name, says_cached
from qscache_lint.project.analysis import Analysis
from qscache_lint.reasons import reason


def split_function(analysis: Analysis, context: RepairContext, keep_cached_name: bool = False) -> Repair:
    """Plan the split of a function, method or property.

    Raises Refused when a name is taken, a place cannot be rewritten, or a caller would pay more than today.
    """
    cached_function = context.cached_function
    goes_by_name = may_go_by_name(analysis.evaluator, cached_function)
    keep_cached_name = keep_cached_name or goes_by_name or says_cached(cached_function.name)
    refuse_costs(analysis.evaluator, cached_function, context.readers)
    refuse_own_protocol(analysis.evaluator, context)
    names = _names(cached_function.name, keep_cached_name)
    refuse_shadowed(analysis.evaluator, cached_function, names.builder)
    _refuse_taken(analysis, context, names.new)
    changes = tuple(_Split(analysis, context, names).changes())
    cached, builder = cached_function.called(names.cached), cached_function.called(names.builder)
    gets = "rows instead of a QuerySet" if keep_cached_name else "an uncached QuerySet"
    evaluator = analysis.evaluator
    concerns = dict.fromkeys(
        (
            *safety.outside(evaluator, cached_function, gets),
            *built_anew(analysis, context, names.new),
            *rows_in_cache(evaluator, cached_function),
            *reader_concerns(evaluator, context),
            *safety.read_in_templates(context.readers),
            *safety.read_early(context),
        )
    )
    message = f"{builder} {'is' if builder == names.builder else 'returns'} the QuerySet, {cached} caches its rows"
    readers = f"readers of {cached_function.label}" if keep_cached_name else "readers"
    another = "" if keep_cached_name else f", and the cached {cached_function.sort} has a new name"
    effect = f"{readers} get a {cached_function.rows} instead of a QuerySet{another}"
    around, dot, _ = cached_function.facts.qualname.rpartition(".")
    builds = f"{around}{dot}{names.builder}"
    return Repair.planned(
        SPLIT_FUNCTION, cached_function.identity, message, effect, tuple(concerns), changes, builds, names.new
    )


def _names(name: str, keep_cached_name: bool) -> Names:
    if keep_cached_name:
        fresh = builder_name(name)
        return Names(builder=fresh, cached=name, new=fresh)
    fresh = cached_name(name)
    return Names(builder=name, cached=fresh, new=fresh)


def _refuse_taken(analysis: Analysis, context: RepairContext, name: str) -> None:
    for path in files_mentioning(analysis.evaluator, context.cached_function, name):
        if context.cached_function.is_member or path in context.paths:
            raise Refused(name_taken(analysis.evaluator, path, name))


class _Split:
    def __init__(self, analysis: Analysis, context: RepairContext, names: Names) -> None:
        self._evaluator = analysis.evaluator
        self._context = context
        self._names = names
        self._definition = DefinitionRewriter.of(analysis, context)
        self._parsed = {context.cached_function.path: self._definition.parsed}
        self._both = tuple(use for use in context.uses if use.reads and use.refines)
        self._listed = () if context.cached_function.is_member else self._files_listing()
        self._renaming = self._renamed()

    def _files_listing(self) -> tuple[str, ...]:
        """The files whose `__all__` has the old name."""
        name = self._context.cached_function.name
        for path in self._context.paths:
            refuse_other_lists(self._read(path).tree, name, path)
        return tuple(path for path in self._context.paths if lists_name(self._read(path).tree, name))

    def _read(self, path: str) -> Parsed:
        if path not in self._parsed:
            self._parsed[path] = Parsed.read(self._evaluator.project.tree.read(path))
        return self._parsed[path]

    def _renamed(self) -> Renaming:
        readers = tuple(use.reference for use in self._context.readers)
        both = tuple(use.reference for use in self._both)
        if self._names.new == self._names.cached:
            renamed = (*readers, *self._context.cache_uses)
        else:
            renamed = tuple(use.reference for use in self._context.refiners if not use.reads)
        return plan_renaming(self._evaluator, self._context, renamed, both, self._names.new, self._listed)

    def changes(self) -> Iterator[Change]:
        for path in self._context.paths:
            before = self._evaluator.project.tree.read(path)
            after = without_unused(self._evaluator.project, path, rewrite(before, list(self._transformers(path))))
            if after != before:
                yield Change(path, before, after)

    def _transformers(self, path: str) -> Iterator[PlacedTransformer]:
        cached_function = self._context.cached_function
        yield Rename(self._renaming.tokens.get(path, {}))
        yield from (self._refining_builder(use) for use in self._both if use.reference.path == path)
        yield iterated_directly(self._evaluator, self._context, path)
        imports = [change for change in self._renaming.imports if change.path == path]
        if imports:
            yield FollowImports(imports, cached_function.name, self._names.new)
        if path in self._listed:
            yield ExtendAll(cached_function.name, self._names.new)
        if path == cached_function.path:
            yield self._definition.split(self._names, common_stop(self._context.readers))

    # -- callers that need both

    def _refining_builder(self, use: Use) -> RefineBuilder:
        if not use.names or any(each.value not in use.direct for each in use.refinements):
            label = self._context.cached_function.label
            raise Refused(reason("both-behind-branch", use.reference.path, use.row, function=label))
        parsed = self._read(use.reference.path)
        refuse_unrepeatable(self._evaluator, use, self._context.cached_function.label, parsed)
        builder = self._names.builder if self._names.new == self._names.builder else ""
        return refining_builder(self._context.cached_function, use, use.refinements, parsed, builder)
