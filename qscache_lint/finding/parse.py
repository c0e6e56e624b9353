"""Bytes to a libcst module, or the reason why not."""

from __future__ import annotations

import re

import libcst as cst

from qscache_lint import limits
from qscache_lint.source.syntax import parsed, too_deep_row

_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")
_DEEP_PREFIXES = re.compile(
    rb"(?:(?:lambda\b[^:\n]*:|\bnot\b|\bawait\b|[-+~])[ \t]*){%d,}(?=[\w(\[{\"'])" % limits.PREFIXES
)


def parse(source: bytes) -> cst.Module | str:
    """Parse a file with the encoding it declares; a text says why it cannot be parsed. Never raises for any input."""
    if _nesting(source) > limits.OPEN_BRACKETS or _DEEP_PREFIXES.search(source) or _is_too_deep(source):
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
    if source.count(b"(") + source.count(b"[") + source.count(b"{") <= limits.OPEN_BRACKETS:
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
    module = parsed(source) if len(source) > limits.EXPRESSION_DEPTH else None
    return module is not None and too_deep_row(module, source, limits.EXPRESSION_DEPTH) is not None
