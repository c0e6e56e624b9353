"""Bytes to a libcst module, or the reason why not."""

from __future__ import annotations

import re

import libcst as cst

from qscache_lint.source.syntax import parsed, too_deep_row

_MAX_NESTING = 180
"""Brackets open at once. CPython itself refuses 200; beyond that the parser's own recursion is at risk."""

_MAX_PREFIXES = 1000
"""`lambda: lambda: …` or `not not …`: expressions inside one another without brackets; the parser recurses for each."""

_MAX_DEPTH = 1000
"""Expressions in one another, `a + b + …` and `a.b().c()…` included: beyond that libcst's parser takes minutes."""

_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")
_DEEP_PREFIXES = re.compile(
    rb"(?:(?:lambda\b[^:\n]*:|\bnot\b|\bawait\b|[-+~])[ \t]*){%d,}(?=[\w(\[{\"'])" % _MAX_PREFIXES
)


def parse(source: bytes) -> cst.Module | str:
    """Parse a file with the encoding it declares; a text says why it cannot be parsed. Never raises for any input."""
    if _nesting(source) > _MAX_NESTING or _DEEP_PREFIXES.search(source) or _is_too_deep(source):
        return "nested too deeply"
    try:
        return cst.parse_module(source)
    except cst.ParserSyntaxError:
        return "libcst cannot parse it"
    except (UnicodeDecodeError, LookupError, SyntaxError) as error:
        return f"cannot be decoded: {str(error).strip().partition(chr(10))[0]}"
    except RecursionError:
        return "nested too deeply"


def _nesting(source: bytes) -> int:
    """An upper bound of the brackets open at once, strings and comments included."""
    if source.count(b"(") + source.count(b"[") + source.count(b"{") <= _MAX_NESTING:
        return 0
    depth = deepest = 0
    for byte in source.translate(None, _NO_BRACKETS):
        if byte in b"([{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def _is_too_deep(source: bytes) -> bool:
    module = parsed(source) if len(source) > _MAX_DEPTH else None
    return module is not None and too_deep_row(module, source, _MAX_DEPTH) is not None
