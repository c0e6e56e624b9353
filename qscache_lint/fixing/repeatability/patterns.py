"""Whether two keys may be the same text, by what is known of their pieces: constant text, numbers, and anything else.

`stories:…` and `counts:…` never are, and neither are `…:7` and `…:all`; a key of which nothing is known may be any.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from qscache_lint import limits
from qscache_lint.fixing.repeatability.pieces import Piece


@dataclass(frozen=True)
class _Any:
    """Any number of characters: of these, or of all."""

    allowed: frozenset[str] | None = None

    def has(self, char: str) -> bool:
        return self.allowed is None or char in self.allowed


_Symbol: TypeAlias = "str | _Any"
_Symbols: TypeAlias = tuple[_Symbol, ...]

_ANYTHING: tuple[_Symbols, ...] = ((_Any(),),)
_DIGITS = _Any(frozenset(string.digits))
_NUMBER: tuple[_Symbols, ...] = ((_DIGITS,), ("-", _DIGITS), tuple("True"), tuple("False"), tuple("None"))
"""The texts of a number, and of the primary key of a row that is not saved."""
_DIGEST = frozenset(string.hexdigits)
_WORDS = re.compile(r"[^\W\d_]{3,}")


def may_be_equal(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Whether two keys may be the same text."""
    if _is_digest(one) is not _is_digest(other) and any(map(_is_no_digest, (*one, *other))):
        return False
    first, second = _behind_the_same(one, other)
    return any(_meet(left, right) for left in _variants(first) for right in _variants(second))


def are_alike(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Whether two keys are written alike: the same constants, and something variable in the same places."""
    return [_constant_of(piece) for piece in one] == [_constant_of(piece) for piece in other]


def _constant_of(piece: Piece) -> object:
    return (piece.text, piece.written) if piece.is_constant else None


def is_word(text: str) -> bool:
    """Whether text says what a key is about, and is no separator."""
    return any(char.isalpha() for char in text)


def have_words_of_their_own(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Whether either key has a word that the other one does not have, where the rest of both may be anything."""
    return _has_other_word(one, other) and _has_other_word(other, one)


def differ_but_for_settings(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    """Whether two keys are the same only where a setting has words of the other one, which no code gives to it.

    A setting sets the keys of one installation apart: it is taken to have no words that the code writes into keys.
    """
    variable = [place for place, piece in enumerate(one) if not (piece.text or piece.has_digits)]
    return all(_stands_apart(one, place) for place in variable) and have_words_of_their_own(one, other)


def _stands_apart(key: Sequence[Piece], place: int) -> bool:
    """Whether a piece of a key is such a setting, and no letter beside it makes another word of it."""
    before = key[place - 1].text if place else "-"
    after = key[place + 1].text if place + 1 < len(key) else "-"
    return key[place].is_apart and not (before or "a")[-1:].isalpha() and not (after or "a")[:1].isalpha()


def _has_other_word(one: Sequence[Piece], other: Sequence[Piece]) -> bool:
    texts = [piece.text for piece in other if piece.text is not None]
    words = (word for piece in one for word in _WORDS.findall(piece.text or ""))
    return any(not any(word in text for text in texts) for word in words)


def longest_text(pieces: Sequence[Piece]) -> str:
    """The longest constant text of a key; "" for none."""
    return max((piece.text for piece in pieces if piece.text is not None), key=len, default="")


def _is_digest(pieces: Sequence[Piece]) -> bool:
    return bool(pieces) and all(piece.hashed for piece in pieces)


def _is_no_digest(piece: Piece) -> bool:
    """Whether a piece has text that stands in no hexadecimal digest."""
    return piece.text is not None and not piece.hashed and not _DIGEST.issuperset(piece.text)


def _behind_the_same(one: Sequence[Piece], other: Sequence[Piece]) -> tuple[Sequence[Piece], Sequence[Piece]]:
    """What stands behind the constants of unknown text that both begin with, such as a prefix of the settings."""
    while one and other and one[0].is_constant and one[0].text is None and one[0].written is not None:
        if one[0] != other[0]:
            break
        one, other = one[1:], other[1:]
    return one, other


def _variants(pieces: Sequence[Piece]) -> Iterator[_Symbols]:
    choices = [_choices(piece) for piece in pieces]
    count = 1
    for place, each in enumerate(choices):
        if count * len(each) > limits.KEY_VARIANTS:
            choices[place] = _ANYTHING
        else:
            count *= len(each)
    for chosen in product(*choices):
        yield tuple(symbol for part in chosen for symbol in part)


def _choices(piece: Piece) -> tuple[_Symbols, ...]:
    if piece.text is not None:
        return (tuple(piece.text),)
    if piece.texts:
        return tuple(tuple(text) for text in piece.texts)
    return _NUMBER if piece.has_digits else _ANYTHING


def _meet(one: _Symbols, other: _Symbols) -> bool:
    """Whether some text has both forms: a search through the pairs of places that the same text may lead to."""
    pending, seen = [(0, 0)], {(0, 0)}
    while pending:
        place = pending.pop()
        if place == (len(one), len(other)):
            return True
        fresh = [each for each in _next(one, other, *place) if each not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return False


def _next(one: _Symbols, other: _Symbols, here: int, there: int) -> Iterator[tuple[int, int]]:
    left = one[here] if here < len(one) else None
    right = other[there] if there < len(other) else None
    if isinstance(left, _Any):
        yield here + 1, there
    if isinstance(right, _Any):
        yield here, there + 1
    match left, right:
        case str(), str():
            if left == right:
                yield here + 1, there + 1
        case _Any(), str():
            if left.has(right):
                yield here, there + 1
        case str(), _Any():
            if right.has(left):
                yield here + 1, there
