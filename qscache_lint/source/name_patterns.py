"""Patterns for names in source bytes, where a letter beyond ASCII is several bytes, and to `re` none of a word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qscache_lint.source.text import decode, name_in_source

_PART = rb"\w\x80-\xff"
_OUTSIDE = {
    b"\\w": b"[%b]" % _PART,
    b"\\W": b"[^%b]" % _PART,
    b"\\b": b"(?:(?<![%b])(?=[%b])|(?<=[%b])(?![%b]))" % (_PART, _PART, _PART, _PART),
}
_INSIDE = {b"\\w": _PART}
_TOKEN = re.compile(rb"\\[\s\S]|\[\^?\]?|\]|[^\\\[\]]+")


@dataclass(frozen=True, slots=True)
class SourcePattern:
    r"""A pattern of source bytes in which `\w`, `\W` and `\b` take letters beyond ASCII for those of a name.

    Few sources have any: the others are searched by the pattern as it is written, whose `\b` costs a fraction.
    """

    wide: re.Pattern[bytes]
    """What finds the same in every source."""

    plain: re.Pattern[bytes] | None
    """What finds the same in sources of ASCII alone; None where it is no faster."""

    def of(self, source: bytes) -> re.Pattern[bytes]:
        """What finds the same in this source, as fast as can be."""
        return self.plain if self.plain is not None and source.isascii() else self.wide

    def search(self, source: bytes) -> re.Match[bytes] | None:
        return self.of(source).search(source)

    def findall(self, source: bytes) -> list[Any]:
        return self.of(source).findall(source)

    def finditer(self, source: bytes) -> Iterator[re.Match[bytes]]:
        return self.of(source).finditer(source)


@lru_cache(maxsize=256)
def in_source(pattern: bytes | str, flags: int = 0) -> SourcePattern:
    r"""A pattern that is searched for in sources. `\W` may not stand in brackets."""
    written = name_in_source(pattern) if isinstance(pattern, str) else pattern
    plain = re.compile(written, flags) if b"\\b" in written else None
    return SourcePattern(re.compile(_translated(written), flags), plain)


def _translated(written: bytes) -> bytes:
    translated, is_inside = [], False
    for token in _TOKEN.findall(written):
        translated.append((_INSIDE if is_inside else _OUTSIDE).get(token, token))
        is_inside = token[:1] == b"\\" or token[-1:] != b"]" if is_inside else token[:1] == b"["
    return b"".join(translated)


@lru_cache(maxsize=1)
def normalised(source: bytes) -> bytes:
    """A source as UTF-8, with its names as Python takes them: a letter with an accent of its own is one letter."""
    return source if source.isascii() else name_in_source(unicodedata.normalize("NFKC", decode(source)))


def is_written_alike(name: str, source: bytes) -> bool:
    """Whether a name stands in the text of a source wherever Python takes something there for it."""
    if name.isascii():
        return True
    word = in_source(rf"\b{name}\b")
    return len(word.findall(name_in_source(decode(source)))) == len(word.findall(normalised(source)))
