"""Answers that rest on each other: recursion and loops, settled by iteration, with bounded work.

A question is computed once and remembered. When it turns out to rest on one that is still being computed, the
outermost of these is the *head* of a cycle: it is computed again with its last answer as the assumption, until the
answer does not change any more. What was found on the way counts only once the head has settled.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import msgspec

from qscache_lint.project.abstract import Atom, QuerySet, Unknown, Value
from qscache_lint.values import Confidence

DEEPEST = 60
"""ReadSet inside one another. Real code needs about 20; what is deeper is unknown."""

MOST_WORK = 20_000
"""Steps spent on one outermost question. Beyond it the answer is unknown."""

MOST_ROUNDS = 4
"""Iterations of one cycle; values only grow, and real cycles settle in two."""

_NOTHING_BELOW = DEEPEST + 1

TOO_DEEP = "too deep to follow"

_TOO_DEEP: Value = (Unknown(TOO_DEEP),)

Key = TypeVar("Key", bound=Hashable)


class _Provisional(msgspec.Struct, frozen=True):
    """An answer that rests on an open question at depth `lowest`, and the memory it will go to."""

    value: Value
    lowest: int
    memory: dict[Any, Value]


class Fixpoint:
    """Computes each question once, and cycles of questions until they are stable."""

    def __init__(self, give_up: Callable[[Hashable], None] = lambda _: None) -> None:
        """`give_up` is told the outermost questions that have no answer because something below is too deep."""
        self._give_up = give_up
        self._is_cut = False
        self._open: dict[Hashable, int] = {}
        self._assumed: dict[Hashable, Value] = {}
        self._provisional: dict[Hashable, _Provisional] = {}
        self._lowest = _NOTHING_BELOW
        self._work = 0

    def settle(self, key: Key, memory: dict[Key, Value], compute: Callable[[], Value]) -> Value:
        """The answer to `key`, computed and kept in `memory` when it rests on nothing unsettled."""
        known = memory.get(key)
        if known is not None:
            return known
        noted = self._provisional.get(key)
        if noted is not None:
            self._lowest = min(self._lowest, noted.lowest)
            return noted.value
        depth = self._open.get(key)
        if depth is not None:
            self._lowest = min(self._lowest, depth)
            return self._assumed.get(key, ())
        if not self._open:
            return self._outermost(key, memory, compute)
        if len(self._open) >= DEEPEST or self._work > MOST_WORK:
            self._is_cut = True
            return _TOO_DEEP
        return self._compute(key, memory, compute)

    def _outermost(self, key: Key, memory: dict[Key, Value], compute: Callable[[], Value]) -> Value:
        """The answer to a question that is part of no other; unknown where Python itself finds it too deep."""
        self._work = 0
        self._is_cut = False
        try:
            value = self._compute(key, memory, compute)
        except RecursionError:
            self._provisional.clear()
            self._is_cut = True
            value = memory[key] = _TOO_DEEP
        if self._is_cut and not any(map(_is_sure, value)):
            self._give_up(key)
        return value

    def _compute(self, key: Key, memory: dict[Key, Value], compute: Callable[[], Value]) -> Value:
        around, depth, before = self._lowest, len(self._open), len(self._provisional)
        self._open[key] = depth
        try:
            value, lowest = self._iterate(key, compute, depth, before)
        finally:
            del self._open[key]
            self._assumed.pop(key, None)
            self._lowest = around
        if lowest < depth:
            self._provisional[key] = _Provisional(value, lowest, memory)
            self._lowest = min(around, lowest)
            return value
        self._keep_since(before)
        memory[key] = value
        return value

    def _iterate(self, key: Hashable, compute: Callable[[], Value], depth: int, before: int) -> tuple[Value, int]:
        """The answer once it is stable (or the rounds are used up), and the lowest open question that it rests on."""
        value: Value = ()
        lowest = _NOTHING_BELOW
        for _ in range(MOST_ROUNDS):
            self._work += 1
            self._lowest = _NOTHING_BELOW
            self._forget_since(before)
            value = compute()
            lowest = self._lowest
            if lowest != depth or value == self._assumed.get(key, ()):
                break
            self._assumed[key] = value
        return value, lowest

    def _forget_since(self, before: int) -> None:
        while len(self._provisional) > before:
            self._provisional.popitem()

    def _keep_since(self, before: int) -> None:
        while len(self._provisional) > before:
            key, found = self._provisional.popitem()
            found.memory[key] = found.value


def _is_sure(atom: Atom) -> bool:
    """Whether something is known of a value that no name has told."""
    if isinstance(atom, QuerySet):
        return atom.confidence is Confidence.HIGH
    return not isinstance(atom, Unknown)
