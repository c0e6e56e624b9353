"""The values of literals are those that Python gives them."""

from __future__ import annotations

import ast

import libcst as cst
import pytest
from qscache_lint.facts.literals import integer_of, text_of

_INTEGERS = ("0", "00", "7", "1_000", "0x_ff", "0b11", "0O17", str(10**17), str(10**18), str(10**40))
_TEXTS = (
    "''", "'rows'", '"rows"', "'''rows\nof'''", "u'rows'", "U'rows'", "r'\\d'", "R'rows'", "'a\\tb'", "'\\N{EM DASH}'",
    "'''rows\r\nof'''", "'caf\u00e9'", "'one' 'two'", "'one' r'\\two' \"three\"",
)


@pytest.mark.parametrize("written", _INTEGERS)
def test_integers(written: str) -> None:
    node = cst.parse_expression(written)
    assert isinstance(node, cst.Integer)
    assert integer_of(node) == ast.literal_eval(written)


@pytest.mark.parametrize("written", _TEXTS)
def test_texts(written: str) -> None:
    node = cst.parse_expression(written)
    assert isinstance(node, (cst.SimpleString, cst.ConcatenatedString))
    assert text_of(node) == ast.literal_eval(written)


@pytest.mark.parametrize("written", ["b'rows'", "rb'rows'", "b'one' b'two'", "'one' f'{two}'", "f'{one}' 'two'"])
def test_what_is_no_text(written: str) -> None:
    node = cst.parse_expression(written)
    assert isinstance(node, (cst.SimpleString, cst.ConcatenatedString))
    assert text_of(node) is None
