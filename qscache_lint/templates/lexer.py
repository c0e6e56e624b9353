"""Tokens of a template: those of `django.template.base.DebugLexer`, at the same places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import msgspec

_OPENING = re.compile(r"{[%{#]")
_CLOSINGS = {"{%": "%}", "{{": "}}", "{#": "#}"}
_WORD = re.compile(
    r"""
    ((?:
        [^\s'"]*
        (?:
            (?:"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
            [^\s'"]*
        )+
    ) | \S+)
    """,
    re.VERBOSE,
)
_TRANSLATED = ('_("', "_('")


class TokenKind(Enum):
    """What a token is; the values are those of Django's `TokenType`."""

    TEXT = 0
    VARIABLE = 1
    BLOCK = 2
    COMMENT = 3


class Token(msgspec.Struct, frozen=True):
    """One token: what stands between its marks, without the space around it, and its first and last offset."""

    kind: TokenKind
    contents: str
    start: int
    end: int
    row: int
    text: int = 0
    """The offset at which the contents begin."""


class Word(msgspec.Struct, frozen=True):
    """One word of a tag, and the offset at which it begins. What is quoted is one word, spaces included."""

    text: str
    at: int


def tokenize(source: str) -> tuple[Token, ...]:
    """The tokens of a template, in order."""
    return tuple(_tokens(source))


def _tokens(source: str) -> Iterator[Token]:
    verbatim = ""
    row = 1
    for text, start, in_tag in _pieces(source):
        token = _token(text, start, row, in_tag=in_tag, verbatim=verbatim)
        if token.kind is TokenKind.BLOCK:
            verbatim = f"end{token.contents}" if not verbatim and _is_verbatim(token.contents) else ""
        yield token
        row += text.count("\n")


def _is_verbatim(contents: str) -> bool:
    return contents[:9] in ("verbatim", "verbatim ")


def _pieces(source: str) -> Iterator[tuple[str, int, bool]]:
    """Text and tags in turn, each with its offset."""
    last = 0
    for start, end in _tags(source):
        if start > last:
            yield source[last:start], last, False
        yield source[start:end], start, True
        last = end
    if last < len(source):
        yield source[last:], last, False


def _tags(source: str) -> Iterator[tuple[int, int]]:
    """The tags, each of which ends in the row in which it begins; no row is searched twice for what is not there."""
    found, row_end, missing = _OPENING.search(source), -1, set[str]()
    while found is not None:
        start, opening = found.start(), found[0]
        if start > row_end:
            row_end, missing = source.find("\n", start), set()
            row_end = len(source) if row_end < 0 else row_end
        closing = -1 if opening in missing else source.find(_CLOSINGS[opening], start + 2, row_end)
        if closing < 0:
            missing.add(opening)
        else:
            yield start, closing + 2
        found = _OPENING.search(source, start + 1 if closing < 0 else closing + 2)


def _token(text: str, start: int, row: int, *, in_tag: bool, verbatim: str) -> Token:
    """The token that a piece is; behind `{% verbatim %}` only the tag that ends it is one."""
    inner = text[2:-2]
    contents = inner.strip()
    kind = _KINDS[text[:2]] if in_tag else TokenKind.TEXT
    if kind is TokenKind.TEXT or (verbatim and (kind is not TokenKind.BLOCK or contents != verbatim)):
        return Token(TokenKind.TEXT, text, start, start + len(text), row, start)
    begins = start + 2 + len(inner) - len(inner.lstrip())
    return Token(kind, contents, start, start + len(text), row, begins)


_KINDS = {"{%": TokenKind.BLOCK, "{{": TokenKind.VARIABLE, "{#": TokenKind.COMMENT}


def words(token: Token) -> tuple[Word, ...]:
    """The words of a tag, as `Token.split_contents` gives them: a translated string is one."""
    found: list[Word] = []
    closing = ""
    for match in _WORD.finditer(token.contents):
        if closing:
            found[-1] = Word(f"{found[-1].text} {match[0]}", found[-1].at)
            closing = "" if match[0].endswith(closing) else closing
            continue
        found.append(Word(match[0], token.text + match.start()))
        if match[0].startswith(_TRANSLATED) and not match[0].endswith(f"{match[0][2]})"):
            closing = f"{match[0][2]})"
    return tuple(found)
