"""What the visitor makes of statements: which values a name may have where it is read."""

from __future__ import annotations

import textwrap

import pytest

from qscache_lint.facts.model import ModuleRecord
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.terms import Join, Opaque, Ref


def _returned(source: str) -> list[str]:
    """What the first function of `source` may return: the calls by their names, constants by their values."""
    facts = read_source(source.encode())
    assert isinstance(facts, ModuleRecord)
    return sorted({found for value in facts.functions[1].returns for found in _leaves(facts, value.value, set())})


def _leaves(facts: ModuleRecord, ref: Ref, seen: set[Ref]) -> list[str]:
    term = facts.terms[ref]
    if ref in seen:
        return []
    seen.add(ref)
    match term:
        case Join(choices=choices):
            return [leaf for choice in choices for leaf in _leaves(facts, choice.value, seen)]
        case Opaque(reason=reason):
            return [reason]
        case _:
            return [repr(getattr(term, "value", getattr(term, "name", type(term).__name__)))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("x = 1; return x", ["1"], id="the last value"),
        pytest.param("x = 1\nif c: x = 2\nreturn x", ["1", "2"], id="either branch"),
        pytest.param("x = 1; [(x := 2) for _ in c]; return x", ["1", "2"], id="a walrus in a comprehension binds here"),
        pytest.param("[(x := 2) for _ in c]; return x", ["2"], id="a walrus in a comprehension is the first binding"),
        pytest.param("x = 1; [x for x in c]; return x", ["1"], id="a comprehension keeps its own names"),
        pytest.param("x = 1; c and (x := 2); return x", ["1", "2"], id="a walrus behind `and` may not run"),
        pytest.param("x = 1; c if d else (x := 2); return x", ["1", "2"], id="a walrus in a conditional may not run"),
        pytest.param(
            "x = 1\nwhile True:\n    x = 2\n    if c: break\nreturn x", ["2"], id="`while True` ends by break"
        ),
        pytest.param("x = 1\nwhile 1:\n    x = 2\n    if c: break\nreturn x", ["2"], id="`while 1` ends by break"),
        pytest.param("x = 1\nwhile 0:\n    x = 2\nreturn x", ["1", "2"], id="other loops may not run"),
        pytest.param("while 1:\n    pass\nreturn 1", [], id="nothing runs behind an endless loop"),
        pytest.param("x = y = 1; del x, y; return y", ["'y'"], id="del forgets each of its names"),
        pytest.param(
            "x = 1\nfor i in c:\n    match i:\n        case [x, *_]: pass\nreturn x",
            ["'Member'", "1"],
            id="a capture in a loop",
        ),
        pytest.param("match c:\n    case {**x}: return x", ["pattern"], id="the rest of a mapping"),
    ],
)
def test_value_of_a_name(body: str, expected: list[str]) -> None:
    source = "def f(c, d):\n" + textwrap.indent(body, "    ")
    assert _returned(source) == expected


def test_class_names_are_not_seen_from_methods() -> None:
    assert _returned("class C:\n    x = 1\n    def m(self):\n        return x\n") == ["'x'"]
