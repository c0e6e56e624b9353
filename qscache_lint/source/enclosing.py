"""The function or class around a row, by its qualified name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from qscache_lint.source.syntax import parsed

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Scope(NamedTuple):
    """The rows of a function or class, decorators included, and its qualified name: `Shelf.books`."""

    first: int
    last: int
    name: str


def scopes_of(source: bytes) -> tuple[Scope, ...]:
    """The functions and classes of a file, outer ones before those inside; none where it cannot be parsed."""
    module = parsed(source)
    return () if module is None else tuple(_scopes(module))


def enclosing(scopes: tuple[Scope, ...], row: int) -> str:
    """The name of the innermost scope around a row; empty outside of all."""
    return next((scope.name for scope in reversed(scopes) if scope.first <= row <= scope.last), "")


def _scopes(module: ast.Module) -> Iterator[Scope]:
    pending: list[tuple[ast.AST, str]] = [(module, "")]
    while pending:  # branches may follow one another by the thousand
        node, prefix = pending.pop()
        if isinstance(node, _SCOPES):
            name = f"{prefix}{node.name}"
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield Scope(first, node.end_lineno or first, name)
            prefix = f"{name}."
        inside = [(each, prefix) for block in _BLOCKS for each in getattr(node, block, ())]
        pending += reversed(inside)
