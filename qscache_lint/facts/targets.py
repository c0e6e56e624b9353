"""Which names a piece of code binds: what a loop may change before it comes round again."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def path_of(node: ast.expr) -> str | None:
    """`name` or `name.attribute.attribute` as text; None for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(names)]) if names else node.id


def bound_paths(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Every path that `nodes` bind, in order, without those of nested functions and classes."""
    found: dict[str, None] = {}
    pending = [*nodes][::-1]
    while pending:
        node = pending.pop()
        found.update(dict.fromkeys(_bound_by(node)))
        if not isinstance(node, _SCOPES):
            pending.extend([*ast.iter_child_nodes(node)][::-1])
    return tuple(found)


def target_paths(target: ast.expr) -> Iterator[str]:
    """The paths that an assignment target binds or changes: `rows` for `rows[0]`, too."""
    pending = [target]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Tuple, ast.List)):
            pending.extend(reversed(node.elts))
        elif isinstance(node, (ast.Subscript, ast.Starred)):
            pending.append(node.value)
        elif (path := path_of(node)) is not None:
            yield path


def _bound_by(node: ast.AST) -> Iterator[str]:
    """The paths that a node itself binds."""
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            for target in targets:
                yield from target_paths(target)
        case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
            yield from target_paths(target)
        case ast.NamedExpr(target=target) | ast.withitem(optional_vars=ast.expr() as target):
            yield from target_paths(target)
        case ast.AnnAssign(target=target, value=ast.expr()):
            yield from target_paths(target)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
