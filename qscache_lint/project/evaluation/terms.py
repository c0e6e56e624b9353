"""Terms: what each kind comes to, and those that need no more than a line."""

from __future__ import annotations

from qscache_lint import limits
from qscache_lint.facts.terms import Awaited, Constant, Free, Import, Name, Opaque, Parameter, Ref, Text
from qscache_lint.project.abstract import Formatted, Literal, Unknown, Value
from qscache_lint.project.evaluation.core import EVALUATORS, Context, Site, ValueOf, answers, evaluates
from qscache_lint.project.value_sets import widened


@answers(ValueOf)
def _evaluated(context: Context, asked: ValueOf) -> Value:
    facts = context.module(asked.path)
    if facts is None:
        return (Unknown("a name in a module that cannot be read"),)
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
    """Text that is put together: keys of caches are."""
    parts = tuple(each for part in term.parts for each in _parts(context, part, site))
    is_told = len(parts) <= limits.TEXT_PARTS
    return (Formatted("text", parts if is_told else (*parts[: limits.TEXT_PARTS], None)),)


def _parts(context: Context, ref: Ref, site: Site) -> tuple[str | None, ...]:
    """The fixed parts that a part of a text comes to."""
    if not isinstance(context.facts(site.path).terms[ref], _PLAIN):
        return (None,)
    match context.value(site.path, ref, site.frame):
        case (Literal(value=value),):
            return (str(value),)
        case (Formatted(parts=parts),):
            return parts
        case _:
            return (None,)


_PLAIN = (Constant, Free, Import, Name, Parameter)
"""Terms that are evaluated for the sake of the text that they are put into."""


@evaluates(Opaque)
def opaque(context: Context, term: Opaque, site: Site) -> Value:
    """What the facts say nothing of."""
    return (Unknown(term.reason),)


@evaluates(Awaited)
def awaited(context: Context, term: Awaited, site: Site) -> Value:
    """`await x` gives what the coroutine returns, which is what calling it gives here."""
    return context.value(site.path, term.base, site.frame)
