"""Heights: how many terms stand on one another below a term.

Generated code has chains of thousands of calls, operators or branches. The evaluator asks from above, so each step
would be a question inside another one. What stands high is therefore evaluated floor by floor, from below.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from qscache_lint.facts.model import Call, Mutated, Ref, Term, operands
from qscache_lint.facts.module import ModuleFacts

FLOOR = 10
"""Terms on one another that are evaluated from above."""


class Heights:
    """Knows how high the terms of all modules stand."""

    def __init__(self, facts: Callable[[str], ModuleFacts | None]) -> None:
        self._facts = facts
        self._known: dict[str, dict[Ref, int]] = {}

    def is_high(self, path: str, ref: Ref) -> bool:
        """Whether a term stands on others that are evaluated before it."""
        known = self._known.setdefault(path, {})
        return (known[ref] if ref in known else self._measure(path, ref, known)) > FLOOR

    def floors(self, path: str, ref: Ref, done: Container[Ref]) -> list[Ref]:
        """The terms below a high one to evaluate before it, in this order; not those `done`, or below them."""
        facts = self._facts(path)
        if facts is None:
            return []
        known = self._known[path]
        pending, seen = [ref], {ref}
        while pending:
            below = _rests_on(facts.terms[pending.pop()])
            fresh = [each for each in below if known[each] > FLOOR and each not in seen and each not in done]
            seen.update(fresh)
            pending.extend(fresh)
        return sorted((each for each in seen if known[each] % FLOOR == 0 and each != ref), key=known.__getitem__)

    def _measure(self, path: str, ref: Ref, known: dict[Ref, int]) -> int:
        """Note the height of a term and of all below; a term on the way to itself, in a loop, has none."""
        facts = self._facts(path)
        if facts is None:
            return 0
        known[ref] = 0
        opened: list[tuple[Ref, Iterator[Ref]]] = [(ref, iter(_rests_on(facts.terms[ref])))]
        while opened:
            current, below = opened[-1]
            fresh = next((each for each in below if each not in known), None)
            if fresh is not None:
                known[fresh] = 0
                opened.append((fresh, iter(_rests_on(facts.terms[fresh]))))
                continue
            opened.pop()
            known[current] = 1 + max((known[each] for each in _rests_on(facts.terms[current])), default=0)
        return known[ref]


def _rests_on(term: Term) -> tuple[Ref, ...]:
    """The terms that are evaluated whenever a term is; most calls never look at their arguments."""
    match term:
        case Call(function=below) | Mutated(base=below):
            return (below,)
        case _:
            return operands(term)
