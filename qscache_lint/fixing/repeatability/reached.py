"""What runs for the refining calls: a branch that the constants of all of them rule out runs for none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qscache_lint.facts.terms import Call, Guard, Ref
from qscache_lint.fixing.references import Reference
from qscache_lint.fixing.repeatability.moved import Moved
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import Frame, Literal, Value
from qscache_lint.project.evaluation.branches import truth_of


def reached(moved: Moved, routes: Sequence[Reference]) -> Moved:
    """What runs again where `routes` are the calls: no list is made for them if `as_list=False` is the default."""
    subject = moved.subject
    frames = tuple(_constants(subject, each) for each in routes) if subject.frame is None else ()
    conditions = subject.facts.conditions
    skipped = {ref for ref in moved.refs if _is_ruled_out(subject, conditions.get(ref, ()), frames)}
    events = tuple(event for event in moved.events if not _is_ruled_out(subject, event.guards, frames))
    return replace(moved, refs=moved.refs - _with_parts(moved, skipped), events=events)


def _constants(subject: Subject, route: Reference) -> Frame:
    """The activation that a call makes, as far as it is of constants."""
    return Frame.enter(subject.identity, tuple(sorted(_given(subject, route), key=str)), None)


def _given(subject: Subject, route: Reference) -> Iterator[tuple[str, Value]]:
    """What a call gives to parameters, or leaves to their defaults, where that is a constant.

    A method may be called with its object as the first argument, so that a place in the call tells nothing there.
    """
    evaluator = subject.evaluator
    call = evaluator.facts(route.path).terms[route.ref]
    if not isinstance(call, Call) or any(each.star for each in call.arguments):
        return
    by_place = [each.value for each in call.arguments if each.keyword is None]
    by_name = {each.keyword: each.value for each in call.arguments if each.keyword is not None}
    for place, parameter in enumerate(subject.function.parameters):
        if parameter.kind in ("*", "**") or (subject.receiver and place <= len(by_place)):
            continue
        given = by_place[place] if place < len(by_place) else by_name.get(parameter.name)
        value = subject.default(parameter.name) if given is None else evaluator.value(route.path, given)
        if len(value) == 1 and isinstance(value[0], Literal):
            yield parameter.name, value


def _is_ruled_out(subject: Subject, guards: Sequence[Guard], frames: Sequence[Frame]) -> bool:
    """Whether some tests let none of the activations pass."""
    return bool(guards and frames) and not any(_passes(subject, guards, each) for each in frames)


def _passes(subject: Subject, guards: Sequence[Guard], frame: Frame) -> bool:
    truths = ((truth_of(subject.evaluator, subject.path, each.test, frame), each.result) for each in guards)
    return all(truth in (None, result) for truth, result in truths)


def _with_parts(moved: Moved, skipped: set[Ref]) -> set[Ref]:
    """These terms, and those that are written inside of them: what only goes in has been made before, and counts."""
    spans = moved.subject.facts.spans
    around = [spans[ref] for ref in skipped]
    return {
        ref
        for ref in moved.refs
        if any(each.start <= spans[ref].start and spans[ref].end <= each.end for each in around)
    }
