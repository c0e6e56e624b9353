"""Puts the top-level definitions of a module the other way round, as far as Python gives them the same meaning.

A definition may move before or behind another statement when neither uses, while the module is imported, what the other
binds: decorators, base classes, default values, annotations and the bodies of classes are evaluated then, and what a
function names is used as soon as something that is evaluated then names the function. All that is no definition stays
in its order, with imports first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.metamorphic.variant import Origin, Variant, rows_of

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_REFLECTIVE = frozenset({"globals", "locals", "vars", "exec", "eval"})
"""What can read or bind any name."""


def reordered(files: Mapping[str, str], settings: str) -> Variant:
    """The same project with the definitions of each module in another order."""
    texts = dict(files)
    origins: dict[str, Origin] = {}
    for path, text in files.items():
        if path.endswith(".py"):
            rows = _new_order(text)
            lines = rows_of(text)
            if lines and rows and not lines[-1].endswith(("\n", "\r")):
                lines[-1] += "\n"
            texts[path] = "".join(lines[row - 1] for row in rows) if rows else text
            origins[path] = Origin(path, rows)
    return Variant(texts, settings, origins)


@dataclass(frozen=True)
class _Statement:
    """A statement with the rows it takes (comments above it among them), the names it binds and those it uses."""

    rows: range
    is_definition: bool
    is_import: bool
    binds: frozenset[str]
    uses: frozenset[str]

    def keeps_its_side_of(self, other: _Statement) -> bool:
        """Whether this statement and a later one have to stay in their order."""
        if not (self.is_definition or other.is_definition):
            return True
        if "*" in self.binds | other.binds | self.uses | other.uses:
            return True
        return bool(self.binds & (other.binds | other.uses) or self.uses & other.binds)


def _new_order(text: str) -> tuple[int, ...]:
    """The rows of a module in their new order; none when nothing moves."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, RecursionError, ValueError):
        return ()
    statements = _statements(tree)
    if not statements:
        return ()
    order = _reversed(statements)
    head = range(1, statements[0].rows.start)
    tail = range(statements[-1].rows.stop, len(rows_of(text)) + 1)
    return (*head, *(row for number in order for row in statements[number].rows), *tail)


def _reversed(statements: Sequence[_Statement]) -> list[int]:
    """The numbers of statements in their new order: what is free to stand anywhere comes late to early."""
    before = [
        {earlier for earlier in range(number) if statements[earlier].keeps_its_side_of(statements[number])}
        for number in range(len(statements))
    ]
    order: list[int] = []
    left = set(range(len(statements)))
    while left:
        ready = [number for number in left if not before[number] & left]
        imports = [number for number in ready if statements[number].is_import]
        order.append(min(imports) if imports else max(ready))
        left.remove(order[-1])
    return order


def _statements(tree: ast.Module) -> list[_Statement]:
    inner = {node.name: _names_inside(node) for node in tree.body if isinstance(node, _Definition)}
    found: list[_Statement] = []
    start = _first_row(tree.body[0]) if tree.body else 1
    for group in _by_rows(tree.body):
        end = max(node.end_lineno or node.lineno for node in group)
        used = frozenset(name for node in group for name in _used_at_import(node))
        found.append(
            _Statement(
                range(start, end + 1),
                all(isinstance(node, _Definition) for node in group),
                all(isinstance(node, (ast.Import, ast.ImportFrom)) or _is_docstring(node) for node in group),
                frozenset(name for node in group for name in _bound(node)),
                _with_what_is_inside(used, inner),
            )
        )
        start = end + 1
    return found


def _by_rows(body: Sequence[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Statements, those that share a row together."""
    group: list[ast.stmt] = []
    for node in body:
        if group and _first_row(node) > max(each.end_lineno or each.lineno for each in group):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _first_row(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _Definition) else []
    return min([node.lineno, *(each.lineno for each in decorators)])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _with_what_is_inside(used: frozenset[str], inner: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Names, and those that the definitions among them name, and so on; "*" for any."""
    found, pending = set(used), list(used)
    while pending:
        fresh = inner.get(pending.pop(), frozenset()) - found
        found |= fresh
        pending.extend(fresh)
    return frozenset(found | {"*"}) if found & _REFLECTIVE else frozenset(found)


def _names_inside(node: ast.AST) -> frozenset[str]:
    """Every name in some code."""
    return frozenset(name for each in ast.walk(node) for name in _named(each))


def _named(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Global(names=names):
            yield from names


def _used_at_import(node: ast.AST) -> Iterator[str]:
    """The names that are evaluated when a statement runs; "*" when what stands behind it may not run."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            parts: list[ast.AST] = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
        case ast.Lambda():
            parts = [node.args]
        case _:
            yield from ("*",) if isinstance(node, _LEAVING) else _named(node)
            parts = list(ast.iter_child_nodes(node))
    for part in parts:
        yield from _used_at_import(part)


def _bound(node: ast.AST) -> Iterator[str]:
    """The names of the module that a statement binds."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Lambda():
            return
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.partition(".")[0]
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            yield name
    for part in ast.iter_child_nodes(node):
        yield from _bound(part)
