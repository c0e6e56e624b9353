"""Binding: each way to write a call fills the parameters as Python does."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping

import pytest

from qscache_lint.facts.model import FunctionFacts
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.terms import Argument, Call
from qscache_lint.knowledge.model import Slot
from qscache_lint.project.abstract import Collection, Literal, Unknown, Value
from qscache_lint.project.evaluation.binding import bind, place_of, values, written
from qscache_lint.project.evaluation.core import Passed
from qscache_lint.source.syntax import Unreadable

UNKNOWN: Value = (Unknown("parameter"),)


def _facts(source: str) -> ModuleFacts:
    record = read_source(source.encode())
    assert not isinstance(record, Unreadable)
    return ModuleFacts(record)


def _call(call: str) -> tuple[ModuleFacts, Call]:
    facts = _facts(f"{call}\n")
    *_, (_, found) = facts.every(Call)
    return facts, found


def _passed(call: str) -> tuple[Passed, ...]:
    """The arguments of a call, numbers as constants; a name behind a star is unknown."""
    facts, found = _call(call)
    return tuple(Passed.known(each, _value(call, each)) for each in written(facts, found))


def _value(call: str, argument: Argument) -> Value:
    text = call[argument.span.start.column - 1 : argument.span.end.column - 1]
    return UNKNOWN if text.isidentifier() else _constant(ast.literal_eval(text))


def _constant(value: object) -> Value:
    match value:
        case int():
            return (Literal(value),)
        case tuple() | list():
            return (Collection(type(value).__name__, tuple((i, _constant(each)) for i, each in enumerate(value))),)
        case dict():
            return (Collection("dict", tuple((key, _constant(each)) for key, each in value.items())),)
        case _:
            raise TypeError(value)


def _plain(value: Value) -> object:
    """A value as Python writes it."""
    match value:
        case (Literal(value=constant),):
            return constant
        case (Collection(kind="dict", members=members),):
            return {key: _plain(each) for key, each in members}
        case (Collection(members=members),):
            return tuple(_plain(each) for _, each in members)
        case _:
            raise TypeError(value)


def _function(signature: str) -> tuple[ModuleFacts, FunctionFacts]:
    facts = _facts(f"def function{signature}:\n    pass\n")
    return facts, facts.functions[1]


def _held(signature: str, passed: tuple[Passed, ...]) -> dict[str, object]:
    facts, function = _function(signature)

    def default(ref: int) -> Value:
        return (Literal(getattr(facts.terms[ref], "value", None)),)

    return {name: _plain(value) for name, value in values(function, bind(function, passed), default)}


SIGNATURES = ["(a, b=7, *rest, c=8, **tests)", "(a, b=7, *, c=8, **tests)", "(a, /, b=7, c=8)"]


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize(
    "call",
    [
        "function(1)",
        "function(1, 2)",
        "function(1, b=2)",
        "function(b=2, *(1,))",
        "function(1, c=3)",
        "function(*(1, 2))",
        "function(*[1], **{'b': 2})",
        "function(1, **{'b': 2, 'c': 3})",
        "function(1, *(), **{})",
    ],
)
def test_arguments_fill_the_parameters_as_in_python(signature: str, call: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"def function{signature}:\n    return locals()\n", namespace)
    assert _held(signature, _passed(call)) == eval(call, namespace)


@pytest.mark.parametrize(
    ("call", "held"),
    [
        pytest.param("function(1, *others)", {"a": 1, "tests": {}}, id="what follows is unknown"),
        pytest.param("function(*others, 1)", {"tests": {}}, id="an argument behind a star has no place"),
        pytest.param("function(*others, c=3, d=4)", {"c": 3, "tests": {"d": 4}}, id="a keyword has"),
        pytest.param("function(1, **others)", {"a": 1, "rest": (), "tests": {}}, id="defaults may be replaced"),
    ],
)
def test_what_is_behind_an_unknown_star_may_fill_anything(call: str, held: Mapping[str, object]) -> None:
    _, function = _function("(a, b=7, *rest, c=8, **tests)")
    bound = bind(function, _passed(call))
    assert bound.is_open
    assert _held("(a, b=7, *rest, c=8, **tests)", _passed(call)) == held


def test_a_method_has_its_receiver_first() -> None:
    _, function = _function("(self, a)")
    passed = _passed("function(1)")
    bound = bind(function, passed, Literal("receiver"))
    assert {name: each.value for name, each in bound.given.items()} == {
        "self": (Literal("receiver"),),
        "a": (Literal(1),),
    }
    assert bound.taking(passed[0].argument) == "a"


def test_an_argument_among_others_fills_no_parameter_by_itself() -> None:
    _, function = _function("(*rest, **tests)")
    passed = _passed("function(1, b=2)")
    assert [bind(function, passed).taking(each.argument) for each in passed] == [None, None]


@pytest.mark.parametrize(
    ("call", "slot", "place"),
    [
        pytest.param("store(0, 1)", Slot(1), 1, id="by position"),
        pytest.param("store(0, value=1)", Slot(1, "value"), 1, id="by keyword"),
        pytest.param("store(0, value=1)", Slot(1), None, id="a keyword is no position"),
        pytest.param("store(0)", Slot(1, "value"), None, id="not given"),
        pytest.param("store(*rows, 1)", Slot(1, "value"), None, id="behind a star"),
        pytest.param("store(*rows, value=1)", Slot(1, "value"), 1, id="a keyword behind a star"),
        pytest.param("store(1)", Slot(keyword="value"), None, id="no position at all"),
    ],
)
def test_the_argument_that_a_row_speaks_of(call: str, slot: Slot, place: int | None) -> None:
    facts, found = _call(call)
    assert place_of(written(facts, found), slot) == place


def test_python_agrees_that_the_signatures_are_what_they_say() -> None:
    """The parameters of the facts are those of `inspect`, in its order."""
    signature = "(a, /, b=7, *rest, c=8, **tests)"
    namespace: dict[str, object] = {}
    exec(f"def function{signature}: pass", namespace)
    made = namespace["function"]
    assert callable(made)
    _, function = _function(signature)
    assert [each.name for each in function.parameters] == list(inspect.signature(made).parameters)
