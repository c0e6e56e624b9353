"""Serialised QuerySets: every place of a module that turns one into bytes, or hands it to code that does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.terms import Call, Ref
from qscache_lint.project.abstract import Frame
from qscache_lint.project.chosen import SerializerChoice, choice
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import written
from qscache_lint.project.evaluation.serializers import Serializing, at_call, at_item, handing_over
from qscache_lint.project.identities import FunctionId, ModulePath
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.value_sets import all_querysets
from qscache_lint.values import Span, Step

_ANY_VALUE = re.compile(r"\(\w+=\?\)")


class Serialized(msgspec.Struct, frozen=True):
    """One QuerySet that is serialised: `how` in words (`pickle.dumps()`), what becomes of it, and where.

    `serializer` is the place that serialises it: the same one, or in a function that the QuerySet is handed to. It
    `is_given` to the function around by a parameter, and built elsewhere.
    """

    queryset: QuerySet
    how: str
    choice: SerializerChoice
    path: str
    span: Span
    serializer: Step
    is_given: bool = False

    @property
    def trail(self) -> tuple[Step, ...]:
        """Where the QuerySet is built, where a cache that hands it out keeps it, and what serialises it, and how."""
        origin = self.queryset.origin
        steps = (self.queryset.built,) if origin is None else (origin.built, origin.site, origin.stored)
        inner = None if self._is_here else self.serializer
        return tuple(step for step in (*steps, inner, self.choice.step) if step is not None)

    @property
    def _is_here(self) -> bool:
        return (self.serializer.path, self.serializer.span) == (self.path, self.span)


def serialized(evaluator: Evaluator, path: str) -> Iterator[Serialized]:
    """The QuerySets that a module serialises, in the order of its functions."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    for index, function in evaluator.project.using.functions(path, facts):
        for ref, call in evaluator.project.using.calls(path, facts, index):
            if _may_serialise(evaluator, path, call):
                yield from _by_call(evaluator, Site(path, ref, None), call)
        for event in function.events:
            if isinstance(event, ItemStore):
                for found in at_item(evaluator, path, event):
                    yield from _of(evaluator, found, found)


def _may_serialise(evaluator: Evaluator, path: ModulePath, call: Call) -> bool:
    """Whether a call, or a function that it gets as an argument, may lead to a serializer, as far as names tell."""
    refs = (call.function, *(argument.value for argument in call.arguments))
    return any(evaluator.project.to_caches.has(path, ref) for ref in refs)


def without_helpers(found: Iterable[Serialized]) -> tuple[Serialized, ...]:
    """Those without the ones of helpers that serialise what they are given, where calls give them a QuerySet.

    These calls are among them.
    """
    every = tuple(found)
    reached = {each.serializer for each in every if not each.is_given}
    return tuple(each for each in every if not each.is_given or each.serializer not in reached)


def _by_call(evaluator: Evaluator, site: Site, call: Call) -> Iterator[Serialized]:
    for found in at_call(evaluator, site, call):
        yield from _of(evaluator, found, found)
    for argument in written(evaluator.facts(site.path), call):
        if any(all_querysets(evaluator.value(site.path, argument.value))):
            for inner in handing_over(evaluator, site, call, argument)[:1]:
                here = Serializing(site.path, argument.value, argument.span, inner.row, inner.dotted)
                yield from _of(evaluator, here, inner)


def _of(evaluator: Evaluator, here: Serializing, inner: Serializing) -> Iterator[Serialized]:
    """The QuerySets in an expression that is serialised by `inner`."""
    made = choice(evaluator, inner.path, inner.row, inner.call)
    own = None
    for queryset in all_querysets(here.serialised(evaluator, None)):
        if own is None:
            own = frozenset(all_querysets(here.serialised(evaluator, _given_nothing(evaluator, here.path, here.value))))
        how = f"{_short(inner.dotted)}()" if inner.call is not None else f"{_short(inner.dotted)}[…] ="
        step = Step(inner.path, inner.span, f"serialised here by {how}")
        yield Serialized(queryset, how, made, here.path, here.span, step, queryset not in own)


def _given_nothing(evaluator: Evaluator, path: ModulePath, ref: Ref) -> Frame | None:
    """An activation of the function around a term that has none of its arguments: what comes out is the function's."""
    facts = evaluator.facts(path)

    def of(index: int) -> Frame | None:
        function = facts.functions[index]
        outer = of(function.parent) if function.parent else None
        passed = function.parameters if function.owner is None else function.parameters[1:]  # without the receiver
        return Frame(FunctionId(path, index), tuple((each.name, ()) for each in passed), outer)

    return of(facts.around(ref)) if facts.around(ref) else None


def _short(dotted: str) -> str:
    """The last two steps of a name, as users write it: `pickle.dumps`, `session`."""
    plain = _ANY_VALUE.sub("", dotted.removesuffix(".__setitem__")).replace("()", "").replace("[]", "")
    return ".".join(plain.split(".")[-2:])
