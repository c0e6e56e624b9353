"""Functions whose calls are all seen, and give constants: each call is an activation with a key of its own."""

from __future__ import annotations

from qscache_lint import limits
from qscache_lint.facts.terms import Argument, Call, Constant
from qscache_lint.fixing.seen_calls import calls_of
from qscache_lint.project.abstract import ClassValue, Frame, Function
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.identities import FunctionId


def constant_activations(evaluator: Evaluator, identity: FunctionId) -> tuple[Frame, ...]:
    """The different activations of a function; none where a call is out of sight, or does not give it constants."""
    calls = calls_of(evaluator, identity)
    if not calls or len(calls) > limits.KEY_VARIANTS:
        return ()
    parameters = evaluator.facts(identity.path).functions[identity.index].parameters
    found: dict[Frame, None] = {}
    for path, ref in calls:
        call = evaluator.facts(path).terms[ref]
        assert isinstance(call, Call)
        is_whole = len(call.arguments) == len(parameters)
        if not is_whole or not all(_is_constant(evaluator, path, each) for each in call.arguments):
            return ()
        found[evaluator.activation(Function(identity), evaluator.passed(call, Site(path, ref, None)))] = None
    return tuple(found)


def _is_constant(evaluator: Evaluator, path: str, argument: Argument) -> bool:
    """Whether an argument is written as a constant, or is a class."""
    value = evaluator.value(path, argument.value)
    is_class = len(value) == 1 and isinstance(value[0], ClassValue)
    return not argument.star and (is_class or isinstance(evaluator.facts(path).terms[argument.value], Constant))
