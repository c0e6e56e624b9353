"""Materialise: where every caller only reads rows, the function keeps rows in a list or tuple, and no query."""

from __future__ import annotations

from qscache_lint.fixing import safety
from qscache_lint.fixing.costs import common_stop, refuse_costs
from qscache_lint.fixing.definition import DefinitionRewriter
from qscache_lint.fixing.iteration import iterated_directly
from qscache_lint.fixing.model import MATERIALISE, Change, Repair
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import rewrite
from qscache_lint.fixing.rows_for_readers import reader_concerns, refuse_own_protocol
from qscache_lint.fixing.rows_in_cache import rows_in_cache
from qscache_lint.fixing.shadowing import refuse_shadowed
from qscache_lint.fixing.unused import without_unused
from qscache_lint.project.analysis import Analysis


def materialise(analysis: Analysis, context: RepairContext) -> Repair:
    """Plan that the function reads its rows before they are kept.

    Raises Refused when a caller would pay more than today, or would read rows where that is not possible.
    """
    cached_function = context.cached_function
    refuse_costs(analysis.evaluator, cached_function, context.readers)
    refuse_own_protocol(analysis.evaluator, context)
    refuse_shadowed(analysis.evaluator, cached_function)
    definition = DefinitionRewriter.of(analysis, context)
    changes = []
    for path in context.paths:
        before = analysis.evaluator.project.tree.read(path)
        transformers = [iterated_directly(analysis.evaluator, context, path)]
        if path == cached_function.path:
            transformers.append(definition.materialise(common_stop(context.readers)))
        after = without_unused(analysis.evaluator.project, path, rewrite(before, transformers))
        if after != before:
            changes.append(Change(path, before, after))
    concerns = dict.fromkeys(
        (
            *safety.outside(analysis.evaluator, cached_function, f"a {cached_function.rows}"),
            *rows_in_cache(analysis.evaluator, cached_function),
            *reader_concerns(analysis.evaluator, context),
            *safety.read_in_templates(context.readers),
            *safety.read_early(context),
        )
    )
    reads = f"every caller in the project reads the rows of {cached_function.label}"
    message = f"{reads}, so {cached_function.cache} keeps a {cached_function.rows} of them"
    effect = f"readers of {cached_function.label} get a {cached_function.rows} instead of a QuerySet"
    return Repair.planned(MATERIALISE, cached_function.identity, message, effect, tuple(concerns), tuple(changes))
