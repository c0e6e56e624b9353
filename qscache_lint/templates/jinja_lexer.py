"""Tokens of Jinja's templates, with its default marks: tags and outputs, each with the tokens of what stands in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import msgspec

_OPENING = re.compile(r"{%[-+]?\s*raw\s*[-+]?%}|{[%{#][-+]?")
_CLOSING_RAW = re.compile(r"{%[-+]?\s*endraw\s*[-+]?%}")
_CLOSINGS = {"{%": re.compile(r"[-+]?%}"), "{{": re.compile(r"-?}}")}
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<float>(?<!\.)\d[\d_]*(?:\.\d[\d_]*(?:[eE][+-]?\d[\d_]*)?|[eE][+-]?\d[\d_]*))
    |(?P<integer>0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|\d(?:_?\d)*)
    |(?P<name>[^\W\d]\w*)
    |(?P<operator>//|\*\*|==|!=|>=|<=|[-+/*%~\[\](){}<>=.:|,;])
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


class Unreadable(Exception):
    """A template that Jinja would refuse."""


class JinjaKind(Enum):
    """What a token is, by the names of Jinja's own lexer."""

    NAME = "name"
    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    OPERATOR = "operator"


class JinjaToken(msgspec.Struct, frozen=True):
    """One token of a tag or output, as it is written, and the offset at which it begins."""

    kind: JinjaKind
    text: str
    at: int

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.at + len(self.text)


class Piece(msgspec.Struct, frozen=True):
    """A tag, or what is printed (`is_output`)."""

    tokens: tuple[JinjaToken, ...]
    is_output: bool


def pieces(source: str) -> Iterator[Piece]:
    """The tags and outputs of a template, in order. Raises Unreadable where one does not end."""
    found = _OPENING.search(source)
    while found is not None:
        mark, end = found[0][:2], found.end()
        if found[0].endswith("}"):
            end = _end_of(_CLOSING_RAW.search(source, end))
        elif mark == "{#":
            end = source.find("#}", end) + 2
            if end < 2:
                raise Unreadable
        else:
            tokens, end = _tokens(source, end, _CLOSINGS[mark])
            yield Piece(tokens, mark == "{{")
        found = _OPENING.search(source, end)


def _end_of(found: re.Match[str] | None) -> int:
    if found is None:
        raise Unreadable
    return found.end()


def _tokens(source: str, start: int, closing: re.Pattern[str]) -> tuple[tuple[JinjaToken, ...], int]:
    """The tokens up to a closing mark, which is none inside of brackets, and the offset behind it."""
    found: list[JinjaToken] = []
    opened: list[str] = []
    while True:
        closed = None if opened else closing.match(source, start)
        if closed is not None:
            return tuple(found), closed.end()
        token = _TOKEN.match(source, start)
        if token is None:
            raise Unreadable
        kind, text, start = token.lastgroup or "", token[0], token.end()
        if kind != "space":
            found.append(JinjaToken(JinjaKind(kind), text, token.start()))
            _balance(opened, text)


def _balance(opened: list[str], text: str) -> None:
    if text in _PAIRS.values():
        opened.append(text)
    elif text in _PAIRS and (not opened or opened.pop() != _PAIRS[text]):
        raise Unreadable
