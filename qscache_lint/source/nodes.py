"""Python's own syntax tree, walked node by node or statement by statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTIONS = (*DEFINITIONS, ast.Lambda)
TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))  # from Python 3.11 on
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, *TRIES, ast.With, ast.AsyncWith, ast.Match, ast.ClassDef)
_PLAIN_FIELDS = frozenset((
    "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module", "op", "ops",
    "rest", "simple", "type_comment",
))  # fmt: skip
"""Fields of nodes with names, operators and marks."""


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below `node` that hold others or a name: `ast.iter_child_nodes` takes three times as long."""
    found: list[ast.AST] = []
    for name in _holding(node._fields):
        value = getattr(node, name, None)
        if isinstance(value, list):
            found.extend([item for item in value if isinstance(item, ast.AST)])
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


@cache
def _holding(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the fields of a node in which others may stand."""
    return tuple(name for name in fields if name not in _PLAIN_FIELDS)


def all_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Some statements and all that stand in them, without those of functions."""
    pending = [*body]
    while pending:
        statement = pending.pop()
        yield statement
        if isinstance(statement, _BLOCKS):
            for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                for block in ("body", "orelse", "finalbody"):
                    pending.extend(getattr(part, block, ()))


def targets_of(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    """What an assignment gives its value to."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]
