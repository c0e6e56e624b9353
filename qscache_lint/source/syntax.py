"""Python's own parser, for what needs no more than it tells."""

from __future__ import annotations

import ast
import warnings


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree of a file, as Python's own parser reads it; None when it cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the warnings of other people's code are not ours to print
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
