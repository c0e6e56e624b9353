"""Expressions of templates: variables and filters, read by the grammar of Django's `FilterExpression`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qscache_lint.templates.lexer import Word
from qscache_lint.templates.model import Expression, Filter

_QUOTED = r"""(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')"""
_CONSTANT = rf"(?:_\({_QUOTED}\)|{_QUOTED})"
_VARIABLE = r"[\w\.\+-]+"
_PART = re.compile(
    rf"""
    ^(?P<constant>{_CONSTANT})
    |^(?P<variable>{_VARIABLE})
    |(?:\s*\|\s*(?P<filter>\w+)(?::(?:(?P<constant_argument>{_CONSTANT})|(?P<variable_argument>{_VARIABLE})))?)
    """,
    re.VERBOSE,
)
_NAMES = re.compile(r"(?<![\w.])[^\W\d]\w*")


def read_expression(word: Word) -> Expression:
    """The expression that a word of a tag is, or the contents of `{{ }}`."""
    parts = list(_PART.finditer(word.text))
    ends = [0, *(part.end() for part in parts)]
    follow_each_other = all(part.start() == end for part, end in zip(parts, ends, strict=False))
    if not parts or ends[-1] != len(word.text) or not follow_each_other or parts[0]["filter"] is not None:
        return _unknown(word)
    steps = _steps(parts[0]["variable"])
    filters = tuple(_filters(parts[1:], word.at))
    if steps is None or any(each is None for each in filters):
        return _unknown(word)
    return Expression(steps, tuple(each for each in filters if each is not None), word.at, word.text)


def _unknown(word: Word) -> Expression:
    """What stands in for an expression of another form: all names in it."""
    return Expression(tuple(_NAMES.findall(word.text)), (), word.at, word.text, known=False)


def _steps(variable: str | None) -> tuple[str, ...] | None:
    """The steps of a variable; none of a number or where nothing is given; None where Django refuses it."""
    if variable is None or _is_number(variable):
        return ()
    is_private = variable.startswith("_") or "._" in variable
    return None if is_private or "+" in variable or "-" in variable else tuple(variable.split("."))


def _is_number(variable: str) -> bool:
    is_float = "." in variable or "e" in variable.lower()
    try:
        float(variable) if is_float else int(variable)
    except ValueError:
        return False
    return not (is_float and variable.endswith("."))


def _filters(parts: list[re.Match[str]], at: int) -> Iterator[Filter | None]:
    for part in parts:
        argument = _steps(part["variable_argument"])
        constant = part["constant_argument"] or (part["variable_argument"] if argument == () else None)
        place = at + part.start("filter")
        yield None if argument is None else Filter(part["filter"], argument, place, constant or "")
