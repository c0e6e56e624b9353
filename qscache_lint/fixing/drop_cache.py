"""Drop the cache: where every caller refines, it saves nothing, and the function is better without it."""

from __future__ import annotations

from qscache_lint.fixing import safety
from qscache_lint.fixing.cached_function import Flavour
from qscache_lint.fixing.definition import DefinitionRewriter
from qscache_lint.fixing.freshness import built_anew
from qscache_lint.fixing.model import DROP_CACHE, Change, Refused, Repair
from qscache_lint.fixing.repair_context import RepairContext
from qscache_lint.fixing.rewrite import rewrite
from qscache_lint.fixing.shadowing import refuse_shadowed
from qscache_lint.fixing.unused import without_unused
from qscache_lint.project.analysis import Analysis
from qscache_lint.project.building import sent_while_building
from qscache_lint.reasons import reason


def drop_cache(analysis: Analysis, context: RepairContext) -> Repair:
    """Plan the removal of the cache, and of its import when nothing else uses it.

    Raises Refused when the cache itself is used: `name.cache_clear()`, `name.invalidate()`; and when it spares queries
    that build the value.
    """
    cached_function = context.cached_function
    sent = sent_while_building(analysis.evaluator, cached_function.identity)
    if sent is not None:
        raise Refused(reason("spares-queries", sent.path, sent.span.start.row, function=cached_function.label))
    for place in context.cache_uses:
        raise Refused(reason("cache-used", place.path, place.span.start.row, function=cached_function.label))
    refuse_shadowed(analysis.evaluator, cached_function)
    definition = DefinitionRewriter.of(analysis, context)
    before = definition.parsed.source
    after = without_unused(analysis.evaluator.project, cached_function.path, rewrite(before, [definition.drop()]))
    concerns = (
        *safety.outside(analysis.evaluator, cached_function, "a query at each call"),
        *built_anew(analysis, context, new=""),
    )
    message = f"every caller in the project refines {cached_function.label}, so {cached_function.cache} saves nothing"
    change = Change(cached_function.path, before, after)
    asking = "access" if cached_function.flavour is Flavour.PROPERTY else "call"
    effect = f"the cache is removed: every {asking} creates a QuerySet of its own"
    return Repair.planned(
        DROP_CACHE,
        cached_function.identity,
        message,
        effect,
        concerns,
        (change,),
        builder=cached_function.facts.qualname,
    )
