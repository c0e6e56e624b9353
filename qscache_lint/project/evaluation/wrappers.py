"""What decorators of the project that keep nothing make of a function: wrappers that pass on, and objects around it."""

from __future__ import annotations

from collections.abc import Mapping

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Awaited, Call, Free, Parameter, Ref, Term
from qscache_lint.project.abstract import Atom, Function, Instance, Unknown
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.identities import ClassId, FunctionId

_STARS: Mapping[str, str] = {"positional": "", "*": "*", "**": "**"}
"""How a parameter of each kind is handed on."""


def passes_through(context: Context, made: Atom, decorator: FunctionId, bound: str) -> bool:
    """Whether a wrapper only gives what the decorated function gives, called with the same arguments.

    Such wrappers may stand around one another in any number.
    """
    if not isinstance(made, Function) or made.of.path != decorator.path:
        return False
    facts = context.facts(decorator.path)
    wrapper, target = facts.functions[made.of.index], Free(decorator.index, bound)
    if wrapper.is_generator or not wrapper.returns:
        return False
    own = [(Parameter(made.of.index, each.name), _STARS.get(each.kind)) for each in wrapper.parameters]
    return all(_given_to(facts, each.value, target) == own for each in wrapper.returns)


def _given_to(facts: ModuleFacts, ref: Ref, target: Term) -> list[tuple[Term, str | None]] | None:
    """The arguments of a call of `target`, awaited or not; None for any other term."""
    term = facts.terms[ref]
    term = facts.terms[term.base] if isinstance(term, Awaited) else term
    if not isinstance(term, Call) or facts.terms[term.function] != target:
        return None
    return [(facts.terms[each.value], None if each.keyword is not None else each.star) for each in term.arguments]


def instance_around(context: Context, decorator: ClassId, inner: Atom) -> Atom:
    """The object that a class makes of a function: it has that as the first argument of its constructor."""
    for found in context.attribute(Instance(decorator), "__init__", Site(decorator.path, 0, None)):
        if isinstance(found, Function):
            parameters = context.facts(found.of.path).functions[found.of.index].parameters[1:2]
            return Instance(decorator, exact=True, given=tuple((each.name, (inner,)) for each in parameters))
    return Unknown("the result of a class used as a decorator")
