"""Methods that override a cached one: their objects need a builder of their own, which calls them.

One that calls the method it overrides would call itself without end, since that asks the object for its builder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from qscache_lint.facts.model import Attribute, FunctionTerm
from qscache_lint.fixing.cached_function import CachedFunction, binding_of
from qscache_lint.fixing.model import Refused
from qscache_lint.project.abstract import ClassId, FunctionId
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.reasons import reason


def overrides_of(evaluator: Evaluator, cached_function: CachedFunction) -> Iterator[CachedFunction]:
    """The functions of subclasses that override the cached one, as functions of its kind.

    Raises Refused where a subclass has something else under the name, or a function that is called another way.
    """
    owner = cached_function.owner
    for below in () if owner is None else evaluator.classes.subclasses(owner):
        if below != owner and cached_function.name in evaluator.facts(below.path).classes[below.index].members:
            yield _override(evaluator, cached_function, below)


def _override(evaluator: Evaluator, cached_function: CachedFunction, below: ClassId) -> CachedFunction:
    facts = evaluator.facts(below.path)
    opened = facts.classes[below.index]
    bound = opened.members[cached_function.name]
    term = facts.terms[bound[0].value]
    if len(bound) == 1 and isinstance(term, FunctionTerm):
        identity, function = FunctionId(below.path, term.index), facts.functions[term.index]
        attributes = (term for _, term in facts.of_kind(Attribute, term.index))
        if any(attribute.name == cached_function.name for attribute in attributes):
            raise Refused(reason("override-calls-base", below.path, other=opened.qualname, name=cached_function.name))
        is_alike = evaluator.flavour(identity) == evaluator.flavour(cached_function.identity)
        if is_alike and function.is_async == cached_function.facts.is_async:
            return replace(
                cached_function, identity=identity, facts=function, decorator=None, binding=binding_of(function)
            )
    raise Refused(reason("override-differs", below.path, other=opened.qualname, name=cached_function.name))
