"""Expressions of Jinja's templates: a variable with its steps, calls, slices and filters. All else is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qscache_lint.templates.jinja_lexer import JinjaKind, JinjaToken
from qscache_lint.templates.model import Access, Expression, Filter, Operand

SLICE = "[:]"
"""The name under which a slice stands among the filters."""

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else"})
_CONSTANTS = frozenset({"true", "True", "false", "False", "none", "None"})
_COMPARING = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "is"})
_HARMLESS = frozenset({"defined", "undefined", "none", "true", "false", "boolean", "string", "number", "mapping",
                       "callable", "sameas"})  # fmt: skip
"""Tests behind `is` that leave the rows of a QuerySet alone."""


def read_jinja_expression(tokens: Sequence[JinjaToken]) -> Expression:
    """The expression that some tokens are."""
    found = _Chain(tokens).read() if tokens else None
    return unknown(tokens) if found is None else found


def unknown(tokens: Sequence[JinjaToken]) -> Expression:
    """What stands in for an expression of another form: all names in it."""
    names = tuple(dict.fromkeys(_names(tokens)))
    at = tokens[0].at if tokens else 0
    return Expression(names, (), at, written(tokens), known=False)


def written(tokens: Sequence[JinjaToken]) -> str:
    """How some tokens are written; what stands between two of them is space."""
    text, end = "", tokens[0].at if tokens else 0
    for token in tokens:
        text += f"{' ' * (token.at - end)}{token.text}"
        end = token.end
    return text


def _names(tokens: Sequence[JinjaToken]) -> Iterator[str]:
    for place, token in enumerate(tokens):
        before = tokens[place - 1].text if place else ""
        behind = tokens[place + 1].text if place + 1 < len(tokens) else ""
        is_keyword = behind == "=" and before in ("(", ",")
        if token.kind is JinjaKind.NAME and before not in (".", "|") and not is_keyword:
            yield token.text


def outside(tokens: Sequence[JinjaToken]) -> Iterator[tuple[int, JinjaToken]]:
    """The names and operators that stand outside of brackets, each with its number."""
    depth = 0
    for place, token in enumerate(tokens):
        depth -= token.text in _CLOSING
        if not depth and token.kind in (JinjaKind.NAME, JinjaKind.OPERATOR):
            yield place, token
        depth += token.text in _OPENING


def parted(tokens: Sequence[JinjaToken], marks: frozenset[str]) -> list[Sequence[JinjaToken]]:
    """Some tokens, parted where one of some marks stands outside of brackets."""
    found: list[Sequence[JinjaToken]] = []
    start = 0
    for place, token in outside(tokens):
        if token.text in marks:
            found.append(tokens[start:place])
            start = place + 1
    return [*found, tokens[start:]]


def operands(tokens: Sequence[JinjaToken]) -> Iterator[Operand]:
    """The operands of a test, each with what is done with it."""
    if any(token.text == "if" for _, token in outside(tokens)):
        yield Operand(unknown(tokens), "if")
        return
    for part in parted(tokens, frozenset({"and", "or"})):
        yield from _compared(part[1:] if part and part[0].text == "not" else part)


def _compared(tokens: Sequence[JinjaToken]) -> Iterator[Operand]:
    """The operands of a comparison; a single one is asked for its truth."""
    place = next((place for place, token in outside(tokens) if token.text in _COMPARING), None)
    if place is None:
        yield Operand(read_jinja_expression(tokens), "if")
        return
    operator, left, right = tokens[place].text, tokens[:place], tokens[place + 1 :]
    if operator == "is":
        asked = next((token.text for token in right if token.text != "not"), "")
        yield Operand(read_jinja_expression(left) if asked in _HARMLESS else unknown(left), "is")
        return
    is_negated = operator == "in" and left[-1:] and left[-1].text == "not"
    yield Operand(read_jinja_expression(left[:-1] if is_negated else left), "==" if operator == "in" else operator)
    yield Operand(read_jinja_expression(right), operator)


class _Chain:
    """Reads a variable with what stands behind it, from left to right; None where anything else stands there."""

    def __init__(self, tokens: Sequence[JinjaToken]) -> None:
        self._tokens = tokens
        self._place = 0
        self._steps: list[tuple[str, Access, int]] = []
        self._filters: list[Filter] = []
        self._arguments: list[Expression] = []

    def read(self) -> Expression | None:
        if not self._first():
            return None
        while self._place < len(self._tokens):
            read = {".": self._dot, "[": self._brackets, "(": self._call, "|": self._filter}.get(self._text())
            if read is None or not read():
                return None
        return Expression(
            tuple(name for name, _, _ in self._steps),
            tuple(self._filters),
            self._tokens[0].at,
            written(self._tokens),
            accesses=tuple(access for _, access, _ in self._steps),
            places=tuple(at for _, _, at in self._steps),
            arguments=tuple(self._arguments),
        )

    def _text(self, ahead: int = 0) -> str:
        at = self._place + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _first(self) -> bool:
        """The variable; a constant has no steps."""
        token = self._tokens[0]
        self._place = 1
        if token.kind is JinjaKind.NAME and token.text not in _WORDS | _CONSTANTS:
            self._steps.append((token.text, Access.READ, token.at))
            return True
        is_constant = token.kind is not JinjaKind.OPERATOR and token.text not in _WORDS
        return is_constant and self._text() in ("", "|")

    def _dot(self) -> bool:
        if self._place + 1 >= len(self._tokens) or self._filters:
            return False
        token = self._tokens[self._place + 1]
        self._place += 2
        self._steps.append((token.text, Access.READ, token.at))
        return token.kind in (JinjaKind.NAME, JinjaKind.INTEGER)

    def _inside(self) -> Sequence[JinjaToken]:
        """What stands in brackets that open here; goes behind them."""
        depth, start = 0, self._place
        for place in range(start, len(self._tokens)):
            depth += (self._text(place - start) in _OPENING) - (self._text(place - start) in _CLOSING)
            if not depth:
                self._place = place + 1
                return self._tokens[start + 1 : place]
        return ()

    def _brackets(self) -> bool:
        at = self._tokens[self._place].at
        inner = self._inside()
        if len(parted(inner, frozenset({":"}))) > 1:
            is_constant = not any(each.kind is JinjaKind.NAME for each in inner)
            self._arguments.extend(() if is_constant else (unknown(inner),))
            self._filters.append(Filter(SLICE, (), at, written(inner) if is_constant else ""))
            return True
        if len(inner) != 1 or self._filters:
            return False
        token = inner[0]
        if token.kind is JinjaKind.STRING:
            self._steps.append((token.text[1:-1], Access.READ, at))
        elif token.kind is JinjaKind.INTEGER and token.text.isdecimal():
            self._steps.append((token.text, Access.READ, at))
        return token.kind is JinjaKind.STRING or token.text.isdecimal()

    def _call(self) -> bool:
        if not self._steps or self._filters:
            return False
        given = self._inside()
        name, access, at = self._steps[-1]
        if access is not Access.READ:
            return False
        self._steps[-1] = (name, Access.GIVEN if given else Access.CALLED, at)
        self._hand(given)
        return True

    def _hand(self, given: Sequence[JinjaToken]) -> None:
        """The arguments of a call or filter: constants are none that matter."""
        for part in parted(given, frozenset({","})):
            value = part[2:] if len(part) > 2 and part[1].text == "=" else part
            expression = read_jinja_expression(value)
            if expression.steps:
                self._arguments.append(expression)

    def _filter(self) -> bool:
        if self._place + 1 >= len(self._tokens):
            return False
        token = self._tokens[self._place + 1]
        self._place += 2
        given = self._inside() if self._text() == "(" else ()
        self._hand(given)
        self._filters.append(Filter(token.text, (), token.at, written(given)))
        return token.kind is JinjaKind.NAME
