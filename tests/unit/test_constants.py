"""The values of literals are those that Python gives them; what is no `int`, text or name of a value stays closed."""

from __future__ import annotations

import ast

import pytest

from qscache_lint.facts.model import ModuleRecord
from qscache_lint.facts.reading import read_source
from qscache_lint.facts.terms import Constant, Opaque, Term, Text

_VALUES = (
    "0", "00", "7", "1_000", "0x_ff", "0b11", "0O17", str(10**17), str(10**18), str(10**40),
    "-1", "- 1_0", "None", "True", "False",
    "''", "'rows'", '"rows"', "'''rows\nof'''", "u'rows'", "U'rows'", "r'\\d'", "R'rows'", "'a\\tb'", "'\\N{EM DASH}'",
    "'''rows\r\nof'''", "'caf\u00e9'", "'one' 'two'", "'one' r'\\two' \"three\"", "'\\ud83d'", "('one'\n'two')",
)  # fmt: skip


def _term(written: str) -> tuple[Term, ModuleRecord]:
    """The term of an expression, and the facts in which it stands."""
    facts = read_source(f"x = {written}\n".encode())
    assert isinstance(facts, ModuleRecord)
    (binding,) = facts.functions[0].bindings["x"]
    return facts.terms[binding.value], facts


@pytest.mark.parametrize("written", _VALUES)
def test_values(written: str) -> None:
    term, _ = _term(written)
    expected = ast.literal_eval(written)
    assert term == Constant(expected)
    assert isinstance(term, Constant)
    assert type(term.value) is type(expected)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("b'rows'", "bytes"),
        ("rb'rows'", "bytes"),
        ("b'one' b'two'", "bytes"),
        ("1.5", "float"),
        ("1e3", "float"),
        ("2j", "complex"),
        ("...", "ellipsis"),
        ("+1", "unary operator"),
        ("~1", "unary operator"),
        ("-1.5", "unary operator"),
        ("-'rows'", "unary operator"),
    ],
)
def test_what_is_no_constant(written: str, reason: str) -> None:
    term, _ = _term(written)
    assert isinstance(term, Opaque)
    assert term.reason == reason


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        pytest.param("f'rows'", ["rows"], id="no field"),
        pytest.param("f'{1}'", [1], id="a field alone"),
        pytest.param("f'one{1}two'", ["one", 1, "two"], id="a field between"),
        pytest.param("'one' f'{2}'", ["one", 2], id="text before"),
        pytest.param("f'{1}' 'two'", [1, "two"], id="text behind"),
        pytest.param("f'{{{1}}}'", ["{", 1, "}"], id="braces"),
        pytest.param("f'{1!r:>{2}}'", [1], id="a format"),
        pytest.param("f'{1=}'", ["1=", 1], id="a field that shows itself"),
        pytest.param("rf'\\d{1}'", ["\\d", 1], id="raw"),
    ],
)
def test_parts_of_formatted_strings(written: str, parts: list[object]) -> None:
    term, facts = _term(written)
    assert isinstance(term, Text)
    found = [facts.terms[part] for part in term.parts]
    assert found == [Constant(part) for part in parts if isinstance(part, (int, str))]
