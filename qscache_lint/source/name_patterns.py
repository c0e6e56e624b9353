"""Patterns for names in source bytes, where a letter beyond ASCII is several bytes, and to `re` none of a word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from qscache_lint.source.text import decode, name_in_source

_PART = rb"\w\x80-\xff"
_OUTSIDE = {
    b"\\w": b"[%b]" % _PART,
    b"\\W": b"[^%b]" % _PART,
    b"\\b": b"(?:(?<![%b])(?=[%b])|(?<=[%b])(?![%b]))" % (_PART, _PART, _PART, _PART),
}
_INSIDE = {b"\\w": _PART}
_TOKEN = re.compile(rb"\\[\s\S]|\[\^?\]?|\]|[^\\\[\]]+")


@lru_cache(maxsize=256)
def in_source(pattern: bytes | str, flags: int = 0) -> re.Pattern[bytes]:
    r"""A pattern of source bytes in which `\w`, `\W` and `\b` take letters beyond ASCII for those of a name.

    `\W` may not stand in brackets.
    """
    written = pattern.encode(errors="surrogatepass") if isinstance(pattern, str) else pattern
    translated, is_inside = [], False
    for token in _TOKEN.findall(written):
        translated.append((_INSIDE if is_inside else _OUTSIDE).get(token, token))
        is_inside = token[:1] == b"\\" or token[-1:] != b"]" if is_inside else token[:1] == b"["
    return re.compile(b"".join(translated), flags)


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
