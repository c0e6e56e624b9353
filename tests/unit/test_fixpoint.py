"""ReadSet that rest on each other are settled with bounded work."""

from __future__ import annotations

from collections.abc import Callable

from qscache_lint.project.abstract import Data, Unknown, Value
from qscache_lint.project.fixpoint import DEEPEST, Fixpoint

_TOO_DEEP: Value = (Unknown("too deep to follow"),)


def _asking(fixpoint: Fixpoint, memory: dict[int, Value], below: Callable[[int], int | None]) -> Callable[[int], Value]:
    """Asks for the answer to a number, which is that to the number below it, and data where there is none."""

    def ask(number: int) -> Value:
        next_one = below(number)
        return fixpoint.settle(number, memory, lambda: (Data(),) if next_one is None else ask(next_one))

    return ask


def test_an_answer_is_computed_once() -> None:
    memory: dict[int, Value] = {}
    ask = _asking(Fixpoint(), memory, lambda number: number - 1 if number else None)
    assert ask(5) == (Data(),)
    assert memory == dict.fromkeys(range(6), (Data(),))


def test_a_ring_without_an_answer_has_none() -> None:
    ask = _asking(Fixpoint(), {}, lambda number: (number + 1) % 5)
    assert ask(0) == ()


def test_what_is_too_deep_is_unknown() -> None:
    ask = _asking(Fixpoint(), {}, lambda number: number + 1)
    assert ask(0) == _TOO_DEEP
    assert ask(DEEPEST) == _TOO_DEEP


def test_what_python_finds_too_deep_is_unknown_and_spoils_nothing() -> None:
    fixpoint, memory = Fixpoint(), dict[int, Value]()

    def endless() -> Value:
        return endless()

    def ask(number: int) -> Value:
        return fixpoint.settle(number, memory, endless if number == 3 else lambda: ask(number + 1))

    assert ask(0) == _TOO_DEEP
    assert memory == {0: _TOO_DEEP}
    assert fixpoint.settle(9, memory, lambda: (Data(),)) == (Data(),)
    assert memory[9] == (Data(),)
