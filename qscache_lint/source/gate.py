"""The gate: which files can matter at all, told from their bytes.

The gate only ever skips. A file that passes it is parsed; what is decided, is decided there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_HANDMADE_MARKS = re.compile(
    rb"""
      \n[ \t]+(?:async[ ]+)?def[ ]\w+\([^)\n]*\*      # a nested function or method that takes *args: a wrapper
    | \bis[ ]None:\s*\n\s*self\.\w+[ ]*=              # an attribute filled when it is still None
    | \bnot[ ]hasattr\(                               # ... or still missing
    | \n[ \t]+global[ ]                               # a global filled by a function
    | \bnot[ ]in[ ][\w.]+:\s*\n\s*[\w.]+\[            # a dict entry filled when it is still missing
    | \bexcept[ ]\(?(?:KeyError|AttributeError)       # ... or asked for and not found
    """,
    re.VERBOSE,
)


def may_define(source: bytes, words: Iterable[bytes]) -> bool:
    """Whether a file may hold a cached value: it has a word of the knowledge tables or a mark of a hand-made memo."""
    return any(word in source for word in words) or _HANDMADE_MARKS.search(source) is not None


def may_use(source: bytes, names: Iterable[bytes]) -> bool:
    """Whether a file may use one of the cached values with these names."""
    return any(name in source for name in names)
