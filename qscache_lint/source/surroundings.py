"""What stands around a place in a file: the function or class, the line, a loop, a view."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from qscache_lint.source.syntax import parsed
from qscache_lint.source.text import decode, split_rows
from qscache_lint.values import Position, Surroundings

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_VIEWS = frozenset({"views", "viewsets"})
"""How modules are called that answer requests, and their packages."""


class _Stretch(NamedTuple):
    """A part of a file, from a row and a column in bytes up to another: a function or class, or what a loop repeats."""

    first: tuple[int, int]
    last: tuple[int, int]
    scope: str = ""
    is_class: bool = False
    takes_request: bool = False
    is_repeated: bool = False


class FileSurroundings:
    """The surroundings of the places in one file, which is named by its path in the project."""

    def __init__(self, path: str, source: bytes) -> None:
        self._rows = split_rows(decode(source))
        module = parsed(source)
        self._stretches = () if module is None else tuple(_stretches(module))
        self._is_view = not _VIEWS.isdisjoint(path.removesuffix(".py").split("/"))

    def at(self, position: Position) -> Surroundings:
        """What stands around a place; next to nothing where the file cannot be parsed."""
        line = self._line(position.row)
        around = [*self._around(position)]
        return Surroundings(
            scope=next((each.scope for each in reversed(around) if each.scope), ""),
            line=" ".join(line.split()),
            in_loop=any(each.is_repeated for each in around),
            in_view=self._is_view or any(each.takes_request for each in around),
        )

    def function_at(self, position: Position) -> str:
        """The qualified name of the innermost function around a place, decorators included; "" outside of functions."""
        scopes = [each for each in self._around(position) if each.scope]
        return next((each.scope for each in reversed(scopes) if not each.is_class), "")

    def first_row(self, scope: str) -> int | None:
        """The row on which a function or class begins, with its first decorator; None where there is not just one."""
        rows = [each.first[0] for each in self._stretches if each.scope == scope]
        return rows[0] if len(rows) == 1 else None

    def has(self, scope: str) -> bool:
        """Whether there is a function or class of the name."""
        return any(each.scope == scope for each in self._stretches)

    def _around(self, position: Position) -> Iterator[_Stretch]:
        """The stretches around a place, outer ones first."""
        before = self._line(position.row)[: position.column - 1]
        at = (position.row, len(before.encode(errors="replace")))
        return (each for each in self._stretches if each.first <= at < each.last)

    def _line(self, row: int) -> str:
        return self._rows[row - 1] if row <= len(self._rows) else ""


def _stretches(module: ast.Module) -> Iterator[_Stretch]:
    """The stretches of a file, outer ones before those inside."""
    pending: list[tuple[ast.AST, str]] = [(module, "")]
    while pending:  # branches may follow one another by the thousand
        node, prefix = pending.pop()
        if isinstance(node, _SCOPES):
            name = f"{prefix}{node.name}"
            yield _scope(node, name)
            prefix = f"{name}."
        for repeated in _repeated(node):
            first, last = _ends(repeated)
            yield _Stretch(first, last, is_repeated=True)
        pending += [(each, prefix) for each in reversed([*ast.iter_child_nodes(node)])]


def _scope(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, name: str) -> _Stretch:
    row = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    takes_request = not isinstance(node, ast.ClassDef) and any(
        argument.arg == "request" for argument in (*node.args.posonlyargs, *node.args.args)
    )
    return _Stretch((row, 0), _ends(node)[1], name, isinstance(node, ast.ClassDef), takes_request)


def _repeated(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """What a loop or a comprehension does again and again; what it goes through first is read once."""
    if isinstance(node, _LOOPS):
        yield from node.body
        if isinstance(node, ast.While):
            yield node.test
    elif isinstance(node, _COMPREHENSIONS):
        yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        yield from (test for generator in node.generators for test in generator.ifs)
        yield from (generator.iter for generator in node.generators[1:])


def _ends(node: ast.expr | ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    first = (node.lineno, node.col_offset)
    return first, (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1)
