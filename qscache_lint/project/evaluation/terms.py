"""Terms: what each kind comes to, and those that need no more than a line."""

from __future__ import annotations

from qscache_lint.facts.model import Awaited, Constant, Opaque, Text
from qscache_lint.project.abstract import Data, Literal, Unknown, Value
from qscache_lint.project.evaluation.core import EVALUATORS, Context, Site, ValueOf, answers, evaluates
from qscache_lint.project.value_sets import widened


@answers(ValueOf)
def _evaluated(context: Context, asked: ValueOf) -> Value:
    facts = context.module(asked.path)
    if facts is None:
        return (Unknown("the module cannot be read"),)
    term = facts.terms[asked.ref]
    evaluate = EVALUATORS.get(type(term))
    if evaluate is None:
        return (Unknown(type(term).__name__),)
    return widened(evaluate(context, term, Site(asked.path, asked.ref, asked.frame)))


@evaluates(Constant)
def constant(context: Context, term: Constant, site: Site) -> Value:
    """A constant."""
    return (Literal(term.value),)


@evaluates(Text)
def text(context: Context, term: Text, site: Site) -> Value:
    """Text that is put together."""
    return (Data("text"),)


@evaluates(Opaque)
def opaque(context: Context, term: Opaque, site: Site) -> Value:
    """What the facts say nothing of."""
    return (Unknown(term.reason),)


@evaluates(Awaited)
def awaited(context: Context, term: Awaited, site: Site) -> Value:
    """`await x` gives what the coroutine returns, which is what calling it gives here."""
    return context.value(site.path, term.base, site.frame)
