"""Drop the cache: where every caller refines, it saves nothing, and the function is better without it."""

from __future__ import annotations

from qscache_lint.fixing import safety
from qscache_lint.fixing.definition import DefinitionRewriter
from qscache_lint.fixing.model import DROP_CACHE, Change, Refused, Repair
from qscache_lint.fixing.rewrite import rewrite
from qscache_lint.fixing.shadowing import refuse_shadowed
from qscache_lint.fixing.subject import Flavour
from qscache_lint.fixing.target import Target
from qscache_lint.fixing.unused import without_unused
from qscache_lint.project.analysis import Analysis


def drop_cache(analysis: Analysis, target: Target) -> Repair:
    """Plan the removal of the cache, and of its import when nothing else uses it.

    Raises Refused when the cache itself is used: `name.cache_clear()`, `name.invalidate()`.
    """
    subject = target.subject
    for place in target.cache_uses:
        raise Refused(f"line {place.span.start.row} of {place.path} uses the cache of {subject.label}")
    refuse_shadowed(analysis.evaluator, subject)
    definition = DefinitionRewriter.of(analysis, target)
    before = definition.parsed.source
    after = without_unused(analysis.evaluator, subject.path, rewrite(before, [definition.drop()]))
    concerns = (
        *safety.outside(analysis.evaluator, subject, "a query at each call"),
        *safety.evaluated_anew(analysis.evaluator, subject),
    )
    message = f"every caller in the project refines {subject.label}, so {subject.cache} saves nothing"
    change = Change(subject.path, before, after)
    asking = "access" if subject.flavour is Flavour.PROPERTY else "call"
    effect = f"the cache goes: every {asking} makes a QuerySet of its own"
    return Repair.planned(
        DROP_CACHE, subject.identity, message, effect, concerns, (change,), builder=subject.facts.qualname
    )
