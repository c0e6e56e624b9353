"""Python's own parser, for what needs no more than it tells."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator


def parsed(source: bytes) -> ast.Module | None:
    """The syntax tree of a file, as Python's own parser reads it; None when it cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the warnings of other people's code are not ours to print
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_too_deep(source: bytes, deepest: int) -> bool:
    """Whether expressions stand in one another more than `deepest` times; what Python cannot read is not.

    Only what has room for that many is looked at more closely.
    """
    if len(source) <= deepest:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source)
    except (RecursionError, MemoryError):
        return True
    except (SyntaxError, ValueError):
        return False
    rows = [0]
    for row in source.splitlines(keepends=True):
        rows.append(rows[-1] + len(row))
    last = len(rows) - 1
    return any(
        rows[min(each.end_lineno or each.lineno, last)] - rows[min(each.lineno, last) - 1] > deepest
        and _depth(each) > deepest
        for each in _expressions(module)
    )


def _expressions(module: ast.Module) -> Iterator[ast.expr]:
    """The outermost expressions of all statements."""
    pending: list[ast.AST] = [module]
    while pending:
        for child in ast.iter_child_nodes(pending.pop()):
            if isinstance(child, ast.expr):
                yield child
            else:
                pending.append(child)


def _depth(node: ast.AST) -> int:
    deepest, level = 0, [node]
    while level:
        deepest += 1
        level = [child for each in level for child in ast.iter_child_nodes(each)]
    return deepest
