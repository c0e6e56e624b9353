"""The values of literals. Most are read off the text; the others are left to `ast.literal_eval`, by way of libcst.

`literal_eval` parses each text anew, and leaves functions behind that refer to each other.
"""

from __future__ import annotations

import libcst as cst

_MOST_DIGITS = 18
_PLAIN = frozenset({"", "r", "u"})


def integer_of(node: cst.Integer) -> int:
    """The value of an integer. Raises SyntaxError for one with more digits than Python reads."""
    if node.value.isdecimal() and len(node.value) <= _MOST_DIGITS:
        return int(node.value)
    try:
        return node.evaluated_value
    except ValueError as error:
        raise SyntaxError(str(error)) from None


def text_of(node: cst.BaseString) -> str | None:
    """The value of a string; None for bytes, and for a string that has a formatted one in it.

    Raises SyntaxError for an escape that Python does not read.
    """
    match node:
        case cst.ConcatenatedString(left=left, right=right):
            first, second = text_of(left), text_of(right)
            return None if first is None or second is None else first + second
        case cst.SimpleString(raw_value=raw):
            if node.prefix in _PLAIN and "\\" not in raw and "\r" not in raw:
                return raw
            value = node.evaluated_value
            return value if isinstance(value, str) else None
        case _:
            return None
