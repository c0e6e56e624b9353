"""Functions whose calls are all seen, and give constants: each call is an activation with a key of its own."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint import limits
from qscache_lint.facts.model import Call
from qscache_lint.fixing.seen_calls import calls_of
from qscache_lint.project.abstract import ClassValue, Frame, Function, FunctionId, Literal, Value
from qscache_lint.project.evaluate import Evaluator, Site


def constant_activations(evaluator: Evaluator, identity: FunctionId) -> tuple[Frame, ...]:
    """The different activations of a function; none where a call is out of sight, or does not give it constants."""
    calls = calls_of(evaluator, identity)
    if not calls or len(calls) > limits.KEY_VARIANTS:
        return ()
    found: dict[Frame, None] = {}
    for path, ref in calls:
        call = evaluator.facts(path).terms[ref]
        assert isinstance(call, Call)
        frame = evaluator.activation(Function(identity), evaluator.passed(call, Site(path, ref, None)))
        if any(each.star for each in call.arguments) or not all(map(_is_constant, _arguments(evaluator, frame))):
            return ()
        found[frame] = None
    return tuple(found)


def _arguments(evaluator: Evaluator, frame: Frame) -> Iterator[Value]:
    """What each parameter is given; nothing where its default is used."""
    for parameter in evaluator.facts(frame.of.path).functions[frame.of.index].parameters:
        yield frame.argument(parameter.name) or ()


def _is_constant(value: Value) -> bool:
    return len(value) == 1 and isinstance(value[0], (Literal, ClassValue))
