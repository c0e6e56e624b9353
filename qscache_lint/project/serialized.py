"""Serialised QuerySets: every place of a module that turns one into bytes for another reader."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from qscache_lint.facts.model import Argument, Call, ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.knowledge import Serializer
from qscache_lint.project.abstract import External, QuerySet
from qscache_lint.project.chosen import Choice, choice
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.handmade import Place, Places, Root
from qscache_lint.project.value_sets import all_querysets
from qscache_lint.values import Span, Step

_ANY_VALUE = re.compile(r"\(\w+=\?\)")
_REQUEST = "django.http.HttpRequest()."


class Serialized(msgspec.Struct, frozen=True):
    """One QuerySet that is serialised: `how` in words (`pickle.dumps()`), what becomes of it, and where."""

    queryset: QuerySet
    how: str
    choice: Choice
    path: str
    span: Span

    @property
    def trail(self) -> tuple[Step, ...]:
        """Where the QuerySet is built, where a cache that hands it out keeps it, and where the serializer is chosen."""
        origin = self.queryset.origin
        steps = (self.queryset.built,) if origin is None else (origin.built, origin.site, origin.stored)
        return tuple(step for step in (*steps, self.choice.step) if step is not None)


def serialized(evaluator: Evaluator, path: str) -> Iterator[Serialized]:
    """The QuerySets that a module serialises, in the order of its functions."""
    facts = evaluator.project.facts(path)
    if facts is None:
        return
    places = Places(facts, evaluator.knowledge.functions.handmade.requests)
    for index, function in evaluator.project.using.functions(path, facts):
        for _, call in evaluator.project.using.calls(path, facts, index):
            yield from _by_call(evaluator, path, call)
        for event in function.events:
            if isinstance(event, ItemStore):
                yield from _by_entry(evaluator, path, facts, places, event)


def _by_call(evaluator: Evaluator, path: str, call: Call) -> Iterator[Serialized]:
    if not evaluator.project.to_caches.has(path, call.function):
        return
    for atom in evaluator.value(path, call.function):
        row = evaluator.knowledge.serializers.get(atom.dotted) if isinstance(atom, External) else None
        if row is None or not isinstance(atom, External):
            continue
        for position, argument in enumerate(call.arguments):
            if _takes(row, position, argument):
                for queryset in all_querysets(evaluator.value(path, argument.value)):
                    made = choice(evaluator, path, row, call)
                    yield Serialized(queryset, f"{_short(atom.dotted)}()", made, path, argument.span)


def _by_entry(
    evaluator: Evaluator, path: str, facts: ModuleFacts, places: Places, event: ItemStore
) -> Iterator[Serialized]:
    """`request.session[key] = rows`, and `shelf[key] = rows` of what the tables know by its class."""
    if not evaluator.project.to_caches.has(path, event.base):
        return
    names = [atom.dotted for atom in evaluator.value(path, event.base) if isinstance(atom, External)]
    place = places.of(event.base)
    if place is not None and place == Place(Root.REQUEST, attributes=place.attributes) and place.attributes:
        names.append(f"{_REQUEST}{'.'.join(place.attributes)}")
    for name in dict.fromkeys(names):
        row = evaluator.knowledge.serializers.get(f"{name}.__setitem__")
        for queryset in () if row is None else all_querysets(evaluator.value(path, event.value)):
            if row is not None:
                made = choice(evaluator, path, row)
                yield Serialized(queryset, f"{_short(name)}[…] =", made, path, event.value_span)


def _takes(row: Serializer, position: int, argument: Argument) -> bool:
    return not row.value or any(slot.takes(position, argument.keyword) for slot in row.value)


def _short(dotted: str) -> str:
    """The last two steps of a name, as users write it: `pickle.dumps`, `session`."""
    plain = _ANY_VALUE.sub("", dotted).replace("()", "").replace("[]", "")
    return ".".join(plain.split(".")[-2:])
