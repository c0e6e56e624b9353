"""Terms: what each kind comes to, and those that need no more than a line."""

from __future__ import annotations

from collections.abc import Callable

from qscache_lint.facts.model import Awaited, Constant, Opaque, Ref, Text
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import Data, Frame, Literal, ModulePath, Unknown, Value, widened
from qscache_lint.project.evaluation.core import EVALUATORS, Context, Site, ValueOf, answers, evaluates
from qscache_lint.project.evaluation.heights import Heights


@answers(ValueOf)
def _evaluated(context: Context, asked: ValueOf) -> Value:
    facts = context.module(asked.path)
    if facts is None:
        return (Unknown("the module cannot be read"),)
    term = facts.terms[asked.ref]
    evaluate = EVALUATORS.get(type(term))
    if evaluate is None:
        return (Unknown(type(term).__name__),)
    for floor in context.climbed.floors(asked.path, asked.ref, asked.frame):
        context.value(asked.path, floor, asked.frame)
    return widened(evaluate(context, term, Site(asked.path, asked.ref, asked.frame)))


class Climbed:
    """Which of the terms below a high one are still to be evaluated before it (see `heights`)."""

    def __init__(self, facts: Callable[[ModulePath], ModuleFacts | None]) -> None:
        self._heights = Heights(facts)
        self._done: dict[tuple[ModulePath, Frame | None], set[Ref]] = {}

    def floors(self, path: ModulePath, ref: Ref, frame: Frame | None) -> list[Ref]:
        """The terms to evaluate before one, from below, which are not given again."""
        if not self._heights.is_high(path, ref):
            return []
        done = self._done.setdefault((path, frame), set())
        floors = [] if ref in done else self._heights.floors(path, ref, done)
        done.update(floors, (ref,))
        return floors

    def clear(self) -> None:
        """Evaluate all of them again, because answers have been dropped."""
        self._done.clear()


@evaluates(Constant)
def constant(context: Context, term: Constant, site: Site) -> Value:
    """A constant."""
    return (Literal(term.value),)


@evaluates(Text)
def text(context: Context, term: Text, site: Site) -> Value:
    """Text that is put together."""
    return (Data("text"),)


@evaluates(Opaque)
def opaque(context: Context, term: Opaque, site: Site) -> Value:
    """What the facts say nothing of."""
    return (Unknown(term.reason),)


@evaluates(Awaited)
def awaited(context: Context, term: Awaited, site: Site) -> Value:
    """`await x` gives what the coroutine returns, which is what calling it gives here."""
    return context.value(site.path, term.base, site.frame)
