"""Text for people and terminals: names and source as they are, but for what would be acted on instead of shown."""

from __future__ import annotations

import unicodedata

_ACTED_ON = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what has no look of its own: controls, marks of direction, lone surrogates, line ends."""

_JOINERS = "\u200c\u200d"
"""Belong to words of some scripts, and to emoji."""


def printable(text: str, kept: str = "") -> str:
    """A text on one line, whatever is in it: controls, marks of direction and line ends stand as Python's escapes.

    So do bytes of a file name that are no UTF-8, as `surrogateescape` has them: `caf\\udce9.py`. What is `kept` stays.
    """
    if text.isprintable():
        return text
    return "".join([char if char in kept or _is_shown(char) else _escape(char) for char in text])


def encodable(text: str) -> str:
    """A text that has a form in UTF-8: surrogates stand as Python's escapes, all else stays."""
    return text.encode(errors="backslashreplace").decode()


def _is_shown(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in _ACTED_ON


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
