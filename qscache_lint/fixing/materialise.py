"""Materialise: where every caller only reads rows, the function keeps rows in a list or tuple, and no query."""

from __future__ import annotations

from qscache_lint.fixing import safety
from qscache_lint.fixing.costs import common_stop, refuse_costs
from qscache_lint.fixing.definition import DefinitionRewriter
from qscache_lint.fixing.iteration import iterated_directly
from qscache_lint.fixing.model import MATERIALISE, Change, Repair
from qscache_lint.fixing.rewrite import rewrite
from qscache_lint.fixing.shadowing import refuse_shadowed
from qscache_lint.fixing.target import Target
from qscache_lint.fixing.unused import without_unused
from qscache_lint.project.analysis import Analysis


def materialise(analysis: Analysis, target: Target) -> Repair:
    """Plan that the function reads its rows before they are kept.

    Raises Refused when a caller would pay more than today, or would read rows where that is not possible.
    """
    subject = target.subject
    refuse_costs(analysis.evaluator, subject, target.readers)
    refuse_shadowed(analysis.evaluator, subject)
    definition = DefinitionRewriter.of(analysis, target)
    changes = []
    for path in target.paths:
        before = analysis.evaluator.project.tree.read(path)
        transformers = [iterated_directly(analysis.evaluator, target, path)]
        if path == subject.path:
            transformers.append(definition.materialise(common_stop(target.readers)))
        after = without_unused(analysis.evaluator, path, rewrite(before, transformers))
        if after != before:
            changes.append(Change(path, before, after))
    concerns = (
        *safety.outside(analysis.evaluator, subject, f"a {subject.rows}"),
        *safety.read_in_templates(target.readers),
        *safety.read_early(target),
    )
    everybody = f"every caller in the project reads the rows of {subject.label}"
    message = f"{everybody}, so {subject.cache} keeps a {subject.rows} of them"
    effect = f"readers of {subject.label} get a {subject.rows} instead of a QuerySet"
    return Repair.planned(MATERIALISE, subject.identity, message, effect, concerns, tuple(changes))
