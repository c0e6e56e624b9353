"""The table answers the same whatever is asked first, with bounded work, and drops exactly what rests on a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qscache_lint import limits
from qscache_lint.limits import QUESTION_DEPTH
from qscache_lint.project.questions import Question, Reading
from qscache_lint.project.table import Table

_TOO_DEEP = frozenset({"too deep"})
_DATA = frozenset({"data"})


class _Of(Question[frozenset[str]], frozen=True):
    """What a number answers."""

    bottom: ClassVar[frozenset[str]] = frozenset()

    @property
    def cut(self) -> frozenset[str]:
        return _TOO_DEEP

    number: int


class _Input(Reading[str], frozen=True):
    """A letter that stands outside the table."""

    number: int


# -- single cases


def _table(below: Callable[[int], int | None]) -> tuple[Table, list[int]]:
    """A table in which a number answers what the one below it does, and data where there is none; what is computed."""
    computed: list[int] = []

    def answer(asked: Question[frozenset[str]]) -> frozenset[str]:
        assert isinstance(asked, _Of)
        computed.append(asked.number)
        next_one = below(asked.number)
        return _DATA if next_one is None else table.ask(_Of(next_one))

    table = Table(answer)
    return table, computed


def test_an_answer_is_computed_once() -> None:
    table, computed = _table(lambda number: number - 1 if number else None)
    assert table.ask(_Of(5)) == table.ask(_Of(5)) == _DATA
    assert sorted(computed) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("is_indexed", [False, True], ids=["looked-through", "indexed"])
def test_above_an_answer_that_is_the_same_again_nothing_is_answered_anew(is_indexed: bool) -> None:
    table, computed = _table(lambda number: number - 1 if number else None)
    table.ask(_Of(3))
    if is_indexed:
        table.answers.index()
    table.answers.suspend([_Of(1)])
    assert {each for each in range(4) if _Of(each) in table.answers} == {0, 1}
    assert table.ask(_Of(3)) == _DATA
    assert sorted(computed) == [0, 1, 2, 2, 3]


def test_another_table_takes_over_answers_with_what_they_rest_on() -> None:
    first, _ = _table(lambda number: number - 1 if number else None)
    first.ask(_Of(2))
    other, computed = _table(lambda number: number - 1 if number else None)
    other.answers.index()
    for kept in first.answers.holding.values():
        other.answers.put(kept)
    assert other.ask(_Of(2)) == _DATA
    assert computed == []
    other.answers.suspend([_Of(0)])
    assert {each for each in range(3) if _Of(each) in other.answers} == {0}


def test_a_ring_without_an_answer_has_none() -> None:
    table, _ = _table(lambda number: (number + 1) % 5)
    assert table.ask(_Of(0)) == frozenset()


def test_a_chain_of_any_length_is_answered() -> None:
    table, computed = _table(lambda number: number - 1 if number else None)
    assert table.ask(_Of(50 * QUESTION_DEPTH)) == _DATA
    assert len(computed) < 110 * QUESTION_DEPTH, "what is too deep comes first, then only what was open again"


def test_a_chain_without_end_is_given_up() -> None:
    given_up: list[tuple[Question[frozenset[str]], frozenset[str]]] = []

    def answer(asked: Question[frozenset[str]]) -> frozenset[str]:
        assert isinstance(asked, _Of)
        return table.ask(_Of(asked.number + 1))

    table = Table(answer, lambda asked, answer: given_up.append((asked, answer)))
    assert table.ask(_Of(0)) == _TOO_DEEP
    assert given_up == [(_Of(0), _TOO_DEEP)]


def test_a_ring_that_is_too_deep_is_given_up_where_it_closes() -> None:
    table, computed = _table(lambda number: (number + 1) % (3 * QUESTION_DEPTH))
    assert table.ask(_Of(0)) == _TOO_DEEP
    assert len(computed) < 15 * QUESTION_DEPTH


def test_what_python_finds_too_deep_is_given_up_and_spoils_nothing() -> None:
    def endless() -> frozenset[str]:
        return endless()

    def answer(asked: Question[frozenset[str]]) -> frozenset[str]:
        assert isinstance(asked, _Of)
        if asked.number == 9:
            return _DATA
        table.note(f"input {asked.number}")
        return endless() if asked.number == 3 else table.ask(_Of(asked.number + 1))

    table = Table(answer)
    assert table.ask(_Of(0)) == _TOO_DEEP
    assert list(table.answers) == [_Of(0)]
    assert table.ask(_Of(9)) == _DATA
    table.answers.suspend(["input 3"])
    assert list(table.answers) == [_Of(9)], "what was given up rests on what was read until then"


def test_without_steps_every_further_question_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COMPONENT_STEPS", 10)
    ended: list[Question[frozenset[str]]] = []
    table = Table(lambda asked: _DATA, end=ended.append)
    assert [table.ask(_Of(number)) for number in range(12)] == [_DATA] * 10 + [_TOO_DEEP] * 2
    assert table.ask(_Of(3)) == _DATA, "what is known stays known"
    assert (ended, table.is_spent) == ([_Of(10)], True)


# -- all graphs


class Graph(msgspec.Struct, frozen=True):
    """Questions that rest on one another: each answers its letters, those of its inputs, and what others answer.

    An edge with a condition is followed only where another answer has a letter: more known means more asked.
    """

    letters: tuple[str, ...]
    edges: tuple[tuple[tuple[int, str], ...], ...]
    inputs: tuple[tuple[int, ...], ...]

    def answer(self, number: int, ask: Callable[[int], frozenset[str]], read: Callable[[int], str]) -> frozenset[str]:
        """What a number answers, by the answers of others."""
        found = frozenset(self.letters[number]).union(*(read(each) for each in self.inputs[number]))
        for other, condition in self.edges[number]:
            if not condition or condition in found:
                found |= ask(other)
        return found

    def settled(self, values: Mapping[int, str]) -> dict[int, frozenset[str]]:
        """The least answers, found by starting with nothing and answering all questions until nothing changes."""
        found = dict.fromkeys(range(len(self.letters)), frozenset[str]())
        while True:
            after = {number: self.answer(number, found.__getitem__, values.__getitem__) for number in found}
            if after == found:
                return found
            found = after

    def below(self, number: int) -> set[int]:
        """The inputs that a number rests on, at whatever remove, where all its edges are followed."""
        pending, seen = [number], {number}
        while pending:
            fresh = {other for other, _ in self.edges[pending.pop()]} - seen
            seen |= fresh
            pending.extend(fresh)
        return {each for one in seen for each in self.inputs[one]}


_INPUTS = range(3)


@st.composite
def _graphs(draw: st.DrawFn, conditions: str = "") -> Graph:
    count = draw(st.integers(1, 9))
    edge = st.tuples(st.integers(0, count - 1), st.sampled_from(("", *conditions)))
    some_edges = st.lists(edge, max_size=3).map(tuple)
    some_inputs = st.lists(st.sampled_from(_INPUTS), max_size=1).map(tuple)
    return Graph(
        tuple(draw(st.sampled_from(("", "", "a", "b", "c"))) for _ in range(count)),
        tuple(draw(some_edges) for _ in range(count)),
        tuple(draw(some_inputs) for _ in range(count)),
    )


def _tabled(graph: Graph, values: Mapping[int, str]) -> Table:
    def answer(asked: Question[object]) -> object:
        if isinstance(asked, _Input):
            return values[asked.number]
        assert isinstance(asked, _Of)
        return graph.answer(asked.number, lambda number: table.ask(_Of(number)), lambda each: table.ask(_Input(each)))

    table = Table(answer)
    return table


_VALUES = {0: "x", 1: "y", 2: "z"}


_RINGS = [
    pytest.param(
        Graph(("", "", "b"), (((1, ""), (2, "")), ((0, ""),), ()), ((),) * 3), id="asked while the head is open"
    ),
    pytest.param(
        Graph(("", "", "", "a"), (((3, ""),), (), ((3, ""),), ((0, ""), (2, ""))), ((),) * 4), id="a ring in a ring"
    ),
    pytest.param(
        Graph(("", "", "", "a"), (((3, ""), (1, "")), ((2, ""),), ((3, ""),), ((0, ""), (2, ""))), ((),) * 4),
        id="asked again once the inner ring is answered, and the outer one is not",
    ),
]


@pytest.mark.parametrize("graph", _RINGS)
def test_a_ring_is_settled_from_wherever_it_is_entered(graph: Graph) -> None:
    _assert_settled(graph)


@given(_graphs(conditions="ab"))
@settings(max_examples=400, deadline=None)
def test_whatever_is_asked_first_the_least_answers_are_found(graph: Graph) -> None:
    _assert_settled(graph)


def _assert_settled(graph: Graph) -> None:
    wanted = graph.settled(_VALUES)
    for first in wanted:
        table = _tabled(graph, _VALUES)
        table.ask(_Of(first))
        assert {number: table.ask(_Of(number)) for number in wanted} == wanted


@given(_graphs(), st.sampled_from(_INPUTS), st.permutations(range(9)))
@settings(max_examples=400, deadline=None)
def test_a_change_drops_exactly_what_rests_on_it(graph: Graph, changed: int, order: list[int]) -> None:
    table = _tabled(graph, _VALUES)
    numbers = [number for number in order if number < len(graph.letters)]
    for number in numbers:
        table.ask(_Of(number))
    table.answers.suspend([_Input(changed)])
    kept = {asked.number for asked in table.answers if isinstance(asked, _Of)}
    assert kept == {number for number in numbers if changed not in graph.below(number)}


@given(_graphs(conditions="axy"), st.dictionaries(st.sampled_from(_INPUTS), st.sampled_from("axyz")))
@settings(max_examples=400, deadline=None)
def test_after_inputs_are_read_again_all_answers_are_those_of_a_new_table(
    graph: Graph, given_now: dict[int, str]
) -> None:
    values = dict(_VALUES)
    table = _tabled(graph, values)
    for number in range(len(graph.letters)):
        table.ask(_Of(number))
    values.update(given_now)
    table.refresh()
    answers = {number: table.ask(_Of(number)) for number in range(len(graph.letters))}
    assert answers == graph.settled(values)


_CHANGES = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(_INPUTS), st.sampled_from("axyz")),
        st.lists(st.integers(0, 8), max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
"""What inputs are now, what is asked then, and whether that ends the edit."""


@pytest.mark.parametrize("is_indexed", [False, True], ids=["looked-through", "indexed"])
@given(graph=_graphs(conditions="axy"), changes=_CHANGES)
@settings(max_examples=400, deadline=None)
def test_after_several_edits_all_answers_are_those_of_a_new_table(
    is_indexed: bool, graph: Graph, changes: list[tuple[dict[int, str], list[int], bool]]
) -> None:
    values = dict(_VALUES)
    table = _tabled(graph, values)
    if is_indexed:
        table.answers.index()
    for number in range(len(graph.letters)):
        table.ask(_Of(number))
    for given_now, asked, is_end in changes:
        values.update(given_now)
        table.refresh()
        now = graph.settled(values)
        for number in asked:
            if number in now:
                assert table.ask(_Of(number)) == now[number]
        if is_end:
            table.answers.drop_suspended()
    assert {number: table.ask(_Of(number)) for number in range(len(graph.letters))} == graph.settled(values)


def test_an_input_that_reads_the_same_drops_nothing() -> None:
    graph = Graph(("a", ""), (((1, ""),), ()), ((), (0,)))
    table = _tabled(graph, _VALUES)
    table.ask(_Of(0))
    before = list(table.answers)
    table.refresh()
    assert list(table.answers) == before


def test_the_stack_around_decides_nothing() -> None:
    def asked_below(calls: int) -> object:
        table, _ = _table(lambda number: number - 1 if number else None)
        return asked_below(calls - 1) if calls else table.ask(_Of(59))

    assert asked_below(800) == asked_below(0) == _DATA
