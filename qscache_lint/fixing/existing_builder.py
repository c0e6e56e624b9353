"""A builder that a cached function has already: it caches just what another function gives for the same arguments."""

from __future__ import annotations

from qscache_lint.facts.model import FunctionFacts, ParameterFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Constant, Parameter, Ref
from qscache_lint.fixing.cached_function import BINDING, CachedFunction
from qscache_lint.project.abstract import Function
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.stores import rows, sites


def existing_builder(evaluator: Evaluator, cached_function: CachedFunction) -> str:
    """The name of the function beside the cached one which gives what that caches; "" when there is none."""
    facts = evaluator.facts(cached_function.path)
    names = {_builder(evaluator, facts, cached_function, ref) for ref in _cached_values(evaluator, cached_function)}
    return names.pop() if len(names) == 1 else ""


def _cached_values(evaluator: Evaluator, cached_function: CachedFunction) -> tuple[Ref, ...]:
    if cached_function.decorator is not None:
        return tuple(each.value for each in cached_function.facts.returns)
    here = (site for site in sites(evaluator, cached_function.path) if site.span == cached_function.site)
    given = (site.given(row.value) for site in here for row, _ in rows(evaluator, site))
    return tuple(ref for ref in given if ref is not None)


def _builder(evaluator: Evaluator, facts: ModuleFacts, cached_function: CachedFunction, ref: Ref) -> str:
    term = facts.terms[ref]
    called = evaluator.value(cached_function.path, term.function) if isinstance(term, Call) else ()
    if not isinstance(term, Call) or len(called) != 1 or not isinstance(called[0], Function):
        return ""
    if called[0].of.path != cached_function.path:
        return ""
    builder = facts.functions[called[0].of.index]
    is_beside = (builder.owner, builder.parent) == (cached_function.facts.owner, cached_function.facts.parent)
    is_plain = all(decorator.text in BINDING for decorator in builder.decorators)
    if not is_beside or not is_plain or not _has_same_parameters(facts, builder, cached_function.facts):
        return ""
    is_forwarding = _forwards(facts, term, cached_function)
    return builder.name if is_forwarding and builder.name != cached_function.name else ""


def _has_same_parameters(facts: ModuleFacts, builder: FunctionFacts, cached: FunctionFacts) -> bool:
    """Whether two functions take the same, with the same constants as defaults."""
    return [_described(facts, each) for each in builder.parameters] == [
        _described(facts, each) for each in cached.parameters
    ]


def _described(facts: ModuleFacts, parameter: ParameterFacts) -> tuple[str, str, object]:
    default = None if parameter.default is None else facts.terms[parameter.default]
    return parameter.name, parameter.kind, default if isinstance(default, Constant) else parameter.default


def _forwards(facts: ModuleFacts, call: Call, cached_function: CachedFunction) -> bool:
    """Whether a call hands on all parameters of the cached function as they are, in their order."""
    called = facts.terms[call.function]
    receiver = (called.base,) if cached_function.is_member and isinstance(called, Attribute) else ()
    given = [*receiver, *(argument.value for argument in call.arguments)]
    names = [term.name if isinstance(term := facts.terms[ref], Parameter) else "" for ref in given]
    is_renamed = any(argument.keyword not in (None, *names) for argument in call.arguments)
    return not is_renamed and names == [each.name for each in cached_function.facts.parameters]
