"""The names that a module binds once and for all: they mean the same in a function of it, whenever that is called."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_Named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_HAVE_SCOPE = (*_Named, ast.Lambda)


@dataclass(frozen=True, slots=True)
class ModuleNames:
    """`fixed` has the row of the one statement that binds a name; `bound` are all names that something binds."""

    fixed: Mapping[str, int]
    bound: frozenset[str]

    @staticmethod
    def read(source: bytes) -> ModuleNames:
        """The names of a module. Raises SyntaxError for one that the running Python does not know."""
        module = ast.parse(source)
        times = Counter([*_bound_in(module), *_declared_global(module)])
        rows = {name: each.lineno for each in module.body for name in _bound_by(each)}
        fixed = {name: row for name, row in rows.items() if times[name] == 1}
        return ModuleNames(fixed, frozenset(times))

    def is_fixed(self, name: str, row: int) -> bool:
        """Whether a name means the same from a row on: the module binds it once, above it, or it is a builtin."""
        if name in self.bound:
            return self.fixed.get(name, row) < row
        return hasattr(builtins, name)


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """The names that an import, a definition or a plain assignment binds whenever it is run."""
    targets: list[ast.expr] = []
    if isinstance(statement, _Named):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (_bound_as(each) for each in statement.names)
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    yield from (each.id for each in targets if isinstance(each, ast.Name))


def _bound_as(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _bound_in(scope: ast.AST) -> Iterator[str]:
    """Each time that the module binds or deletes a name, in whatever way; bodies with names of their own left out."""
    for node in ast.iter_child_nodes(scope):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(node, ast.alias):
            yield _bound_as(node)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(name, str):
            yield name
        if not isinstance(node, _HAVE_SCOPE):
            yield from _bound_in(node)


def _declared_global(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Global):
            yield from node.names
