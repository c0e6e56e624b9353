"""What one activation of a function does with the marked QuerySets that it is given (see `demands`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from msgspec.structs import replace

from qscache_lint.facts.term_graph import made_of
from qscache_lint.facts.terms import Choice, Ref
from qscache_lint.knowledge.model import Effect
from qscache_lint.project.abstract import Atom, Collection, Frame, Super, querysets
from qscache_lint.project.evaluation.branches import excluded
from qscache_lint.project.evaluation.core import Context, Site, answers
from qscache_lint.project.marks import is_marked
from qscache_lint.project.operations import Demand
from qscache_lint.project.querysets import QuerySet
from qscache_lint.project.questions import Question
from qscache_lint.project.takings import Taking, Way
from qscache_lint.project.value_sets import all_querysets

_OF_A_WHOLE = (Way.OPERATOR, Way.METHOD, Way.BOUND, Way.SET)
"""What these do with a container, they do not with its members."""


class EffectsOf(Question[tuple[Effect | None, ...]], frozen=True):
    """What an activation does with the marked QuerySets that it is given; None where they go elsewhere."""

    bottom: ClassVar[tuple[Effect | None, ...]] = ()

    frame: Frame

    @property
    def cut(self) -> tuple[Effect | None, ...]:
        """Anything may happen."""
        return (None,)


@answers(EffectsOf)
def _effects(context: Context, asked: EffectsOf) -> tuple[Effect | None, ...]:
    frame = asked.frame
    names = [name for name, value in frame.arguments if any(map(is_marked, all_querysets(value)))]
    if not names:  # the activation is too deep to be told
        return (None,)
    reached = made_of(context.facts(frame.of.path), frame.of.index, names)
    return tuple(dict.fromkeys(effect for ref in reached for effect in _effects_on(context, frame, ref)))


def _effects_on(context: Context, frame: Frame, ref: Ref) -> Iterator[Effect | None]:
    """What is done with a term, where it is a marked QuerySet, `super()` of one, or a container that has one."""
    path = frame.of.path
    value = context.value(path, ref, frame)
    found: list[tuple[Atom, QuerySet]] = [(each, each) for each in querysets(value) if is_marked(each)]
    found += [
        (atom, atom.receiver)
        for atom in value
        if isinstance(atom, Super) and isinstance(atom.receiver, QuerySet) and is_marked(atom.receiver)
    ]
    inside = [each for atom in value if isinstance(atom, Collection) for each in atom.inside if is_marked(each)]
    for taking in context.demands.takings_of(path, ref) if found or inside else ():
        if taking.way is Way.CAPTURED or not _is_reached(context, path, taking, frame):
            continue  # the terms of nested functions are among those that are reached
        for through, queryset in found:
            yield from (each.effect for each in _in_frame(context, path, taking, through, queryset, frame))
        if inside:
            yield from _of_container(context, path, taking, inside[0], frame)


def _in_frame(
    context: Context, path: str, taking: Taking, through: Atom, queryset: QuerySet, frame: Frame
) -> Iterator[Demand]:
    if through is queryset:
        return context.demands.of(path, taking, queryset, frame)
    return context.demands.called(path, taking, through, queryset, frame) if taking.way is Way.METHOD else iter(())


def _of_container(
    context: Context, path: str, taking: Taking, queryset: QuerySet, frame: Frame
) -> Iterator[Effect | None]:
    """What is done with a container of marked QuerySets as a whole: its members are terms of their own."""
    if taking.way is Way.ARGUMENT and taking.handed is not None and not taking.handed.entry:
        for atom in context.value(path, taking.handed.call.function, frame):
            handed = replace(taking.handed, entry="[]")
            yield from context.demands.inside(path, taking, handed, atom, queryset, frame)
    elif taking.way not in _OF_A_WHOLE:
        yield None


def _is_reached(context: Context, path: str, taking: Taking, frame: Frame) -> bool:
    """Whether the tests on the way to a place let the activation pass."""
    guards = taking.guards
    if taking.user is not None:
        guards = context.facts(path).conditions.get(taking.user, ())
    site = Site(path, taking.value, frame)
    return not guards or excluded(context, Choice(taking.value, guards), site) is None
