"""Drop the cache: where every caller refines, it saves nothing, and the function is better without it."""

from __future__ import annotations

import re

import libcst as cst

from qscache_lint.fixing import safety
from qscache_lint.fixing.definition import Definition
from qscache_lint.fixing.imports import is_used, without_import
from qscache_lint.fixing.model import Change, Refused, Repair
from qscache_lint.fixing.rewrite import rewrite
from qscache_lint.fixing.target import Target
from qscache_lint.project.analysis import Analysis


def drop_cache(analysis: Analysis, target: Target) -> Repair:
    """Plan the removal of the cache, and of its import when nothing else uses it.

    Raises Refused when the cache itself is used: `name.cache_clear()`, `name.invalidate()`.
    """
    subject = target.subject
    for place in target.cache_uses:
        raise Refused(f"line {place.span.start.row} of {place.path} uses the cache of {subject.label}")
    definition = Definition.of(analysis, target)
    before = definition.parsed.source
    after = rewrite(before, [definition.drop()])
    for bound in _names_of_cache(definition):
        after = _without_unused(before, after, bound)
    concerns = (
        *safety.outside(analysis.evaluator, subject, "a query at each call"),
        *safety.evaluated_anew(analysis.evaluator, subject),
    )
    message = f"every caller in the project refines {subject.label}, so {subject.cache} saves nothing"
    return Repair.planned(
        "drop-cache", subject.identity, message, concerns, (Change(subject.path, before, after),)
    )


def _names_of_cache(definition: Definition) -> tuple[str, ...]:
    """The names in the module that the cache is written with: `lru_cache`, or `functools` of `functools.lru_cache`."""
    subject = definition.target.subject
    if subject.decorator is not None:
        return (re.split(r"[.(]", subject.facts.decorators[subject.decorator].text)[0],)
    store = definition.parsed.call_at(subject.site)
    receiver = store.func.value if isinstance(store.func, cst.Attribute) else None
    return (receiver.value,) if isinstance(receiver, cst.Name) else ()


def _without_unused(original: bytes, source: bytes, bound: str) -> bytes:
    """The file without an import that nothing uses any more."""
    if is_used(cst.parse_module(source), bound):
        return source
    fresh = without_import(source, bound)
    if fresh == source or original[:1] in b"\r\n":
        return fresh
    return fresh.lstrip(b"\r\n")  # a file whose first line has gone does not begin with the empty lines behind it
