"""Source bytes to text and back, in the encoding that the source declares."""

from __future__ import annotations

import codecs
import re
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_NEWLINE = re.compile(rb"\r\n?|\n")
_ROW = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_ASCII = bytes(byte if byte < 128 else ord("?") for byte in range(256))
"""Hides other bytes: those before the declaration need not be UTF-8."""


@contextmanager
def without_source_warnings() -> Iterator[None]:
    """Keeps quiet what Python warns about while it reads a source, such as invalid escapes in strings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def declared_encoding(source: bytes) -> str:
    """The encoding that a source file declares; UTF-8 where it declares none.

    Raises SyntaxError for one that is unknown, or not that of the byte order mark.
    """
    mark = codecs.BOM_UTF8 if source.startswith(codecs.BOM_UTF8) else b""
    rows = _NEWLINE.split(source.removeprefix(mark), 2)[:2]
    first, *second = [row.translate(_ASCII) + b"\n" for row in rows]
    return tokenize.detect_encoding(iter([mark + first, *second]).__next__)[0]


def encoding_of(source: bytes) -> str:
    """The encoding that a source file declares; UTF-8 where it declares none or an unknown one."""
    try:
        return declared_encoding(source)
    except SyntaxError:
        return "utf-8"


def decode(source: bytes) -> str:
    """The text of a source file, without its byte order mark; what cannot be decoded is replaced."""
    try:
        return source.decode(encoding_of(source), errors="replace")
    except (LookupError, UnicodeError):  # some codecs make no text, some cannot replace
        return source.decode(errors="replace")


def encoded_like(source: bytes, text: str) -> bytes:
    """A text in the encoding of a source file, with the byte order mark that this has."""
    mark = source[: len(source) - len(source.removeprefix(codecs.BOM_UTF8))]
    return mark + text.encode(encoding_of(source).removesuffix("-sig"))


def encoded(text: str) -> bytes:
    """A text as a file that is made of it: in the encoding that it declares, or in UTF-8 where that cannot hold it."""
    as_utf8 = text.encode(errors="surrogatepass")
    try:
        return text.encode(declared_encoding(as_utf8).removesuffix("-sig"))
    except (SyntaxError, LookupError, UnicodeError):
        return as_utf8


def name_in_source(name: str) -> bytes:
    """A name as a source file has it. One that is no text, such as that of a file, stands in none."""
    return name.encode(errors="surrogatepass")


def split_rows(text: str) -> list[str]:
    """Lines with their ends, split only where Python starts a new row: form feeds and the like end none."""
    return _ROW.findall(text)
