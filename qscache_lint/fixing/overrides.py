"""Methods that override a cached one: their objects need a builder of their own, which calls them.

One that calls the method it overrides would call itself without end, since that asks the object for its builder; unless
it refines what that gives, so that it calls the builder of its base class instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from qscache_lint.facts.terms import Attribute, FunctionTerm
from qscache_lint.fixing.cached_function import CachedFunction, binding_of
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.references import Reference
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.reasons import reason
from qscache_lint.values import Reason


def overrides_of(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[CachedFunction]:
    """The functions of subclasses that override the cached one, as functions of its kind.

    Raises Refused where a subclass has something else under the name, or a function that is called another way.
    """
    owner = cached_function.owner
    for below in () if owner is None else evaluator.classes.subclasses(owner):
        if below != owner and cached_function.name in evaluator.facts(below.path).classes[below.index].members:
            yield _override(evaluator, cached_function, below)


def call_of_base(evaluator: Evaluator, cached_function: CachedFunction, moved: Iterable[Reference]) -> Reason | None:
    """Why an override that calls what it overrides stands in the way; None where all such calls are `moved`.

    It has to be the only override of its objects, since the builder of another one would lead back to it.
    """
    places = {(each.path, each.named) for each in moved}
    overrides = tuple(overrides_of(evaluator, cached_function))
    is_only = _are_apart(evaluator, cached_function, overrides)
    for override in overrides:
        for ref, term in evaluator.facts(override.path).of_kind(Attribute, override.identity.index):
            if term.name == cached_function.name and not (is_only and (override.path, ref) in places):
                other = override.facts.qualname.rpartition(".")[0]
                return reason("override-calls-base", override.path, other=other, name=cached_function.name)
    return None


def _are_apart(evaluator: Evaluator, cached_function: CachedFunction, overrides: Sequence[CachedFunction]) -> bool:
    """Whether no class of the project has two of the overrides."""
    owners = {each.owner for each in overrides}
    below = () if cached_function.owner is None else evaluator.classes.subclasses(cached_function.owner)
    return all(len(owners.intersection((each, *evaluator.classes.ancestors(each)))) <= 1 for each in below)


def _override(evaluator: Evaluator, cached_function: CachedFunction, below: ClassId) -> CachedFunction:
    facts = evaluator.facts(below.path)
    opened = facts.classes[below.index]
    bound = opened.members[cached_function.name]
    term = facts.terms[bound[0].value]
    if len(bound) == 1 and isinstance(term, FunctionTerm):
        identity, function = FunctionId(below.path, term.index), facts.functions[term.index]
        is_alike = evaluator.flavour(identity) == evaluator.flavour(cached_function.identity)
        if is_alike and function.is_async == cached_function.facts.is_async:
            return replace(
                cached_function, identity=identity, facts=function, decorator=None, binding=binding_of(function)
            )
    raise Refused(reason("override-differs", below.path, other=opened.qualname, name=cached_function.name))
