"""A caller that reads and refines one value refines what the builder gives, and reads the rest as before."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from qscache_lint.fixing.cached_function import CachedFunction
from qscache_lint.fixing.callers import Use
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.requirements import Requirement
from qscache_lint.fixing.rewrite import RefineBuilder, renamed
from qscache_lint.fixing.rewriters.definitions import parenthesized
from qscache_lint.project.takings import Way


def refining_builder(
    cached_function: CachedFunction, use: Use, refinements: Sequence[Requirement], parsed: Parsed, builder: str
) -> RefineBuilder:
    """The change of one caller, in its parsed file; `builder` is the builder's new name, "" when it has the old one."""
    places = {
        way: {each.place for each in refinements if each.way is way}
        for way in (Way.METHOD, Way.ARGUMENT, Way.OPERATOR)
    }
    expression = _call(cached_function, use, parsed, builder)
    return RefineBuilder(use.names, expression, places[Way.METHOD], places[Way.ARGUMENT], places[Way.OPERATOR])


def _call(cached_function: CachedFunction, use: Use, parsed: Parsed, builder: str) -> cst.BaseExpression:
    """What the caller got its value from, calling the builder."""
    expression = parsed.expression_at(use.reference.span)
    if builder:
        expression = renamed(expression, parsed, {use.reference.token: builder})
    return parenthesized(cst.Await(expression)) if cached_function.facts.is_async else expression
