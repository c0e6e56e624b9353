"""All mutations of a file, by cosmic-ray's operators, and the text that one makes of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from benchmarks.mutants.model import STAGES, Mutation

_OPERATORS = {name.removeprefix("core/"): get_operator(name) for name in operator_names()}
_WITHOUT_ARGUMENTS = {name: made() for name, made in _OPERATORS.items() if not made.arguments()}


def _by_node() -> dict[str, list[str]]:
    """The operators that change nodes of a type, by their own examples: to ask each of all takes minutes."""
    found: dict[str, set[str]] = {}
    for name, operator in _WITHOUT_ARGUMENTS.items():
        for example in operator.examples():
            for node in ast_nodes(get_ast(example.pre_mutation_code)):
                if any(operator.mutation_positions(node)):
                    found.setdefault(node.type, set()).add(name)
    return {kind: sorted(names) for kind, names in found.items()}


_BY_NODE = _by_node()


def draw(root: Path, size: int, seed: int) -> list[Mutation]:
    """So many mutations below the root of the project, one for each place at most, drawn by digest with a seed.

    The first ones are a sample, too.

    A comparison has seven mutations and an addition eleven: drawn from all of them, a sample would be about these.
    """
    drawn = partial(_digest, seed=seed)
    places: dict[tuple[str, int, int], Mutation] = {}
    for stage in STAGES:
        for file in sorted((root / "qscache_lint" / stage).rglob("*.py")):
            for each in _all_of(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")):
                place = (each.path, each.row, each.column)
                places[place] = min(places.get(place, each), each, key=drawn)
    return sorted(places.values(), key=drawn)[:size]


def _digest(mutation: Mutation, seed: int) -> bytes:
    """Without rows and columns, so that most of a sample stays while code moves."""
    return sha256(repr((seed, mutation.path, mutation.operator, mutation.occurrence)).encode()).digest()


def _all_of(path: str, text: str) -> Iterator[Mutation]:
    annotations = _annotated(text)
    counted = dict.fromkeys(_WITHOUT_ARGUMENTS, 0)
    for node in ast_nodes(get_ast(text)):
        for name in _BY_NODE.get(node.type, ()):
            for (row, column), _ in _WITHOUT_ARGUMENTS[name].mutation_positions(node):
                if (row, column) not in annotations:
                    yield Mutation(path, row, column, name, counted[name])
                counted[name] += 1


def _annotated(text: str) -> frozenset[tuple[int, int]]:
    """The places of all that is in an annotation: nothing evaluates these, so that no test can notice."""
    tree = ast.parse(text)
    lines = text.splitlines()
    annotations = [
        node
        for each in ast.walk(tree)
        for node in (getattr(each, "annotation", None), getattr(each, "returns", None))
        if isinstance(node, ast.expr)
    ]
    return frozenset(
        (row, column)
        for node in annotations
        for row in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for column in range(len(lines[row - 1]) + 1)
        if (node.lineno, node.col_offset) <= (row, column) < (node.end_lineno, node.end_col_offset)
    )


def mutated(mutation: Mutation, text: str) -> str | None:
    """The text of the file with a mutation, where that makes another one, and Python."""
    changed: str | None = mutate_code(text, _WITHOUT_ARGUMENTS[mutation.operator], mutation.occurrence)
    return changed if changed not in (None, text) and _is_python(changed) else None


def _is_python(text: str) -> bool:
    try:
        compile(text, "", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def statement_rows(text: str, row: int) -> range:
    """The rows of the innermost statement around a row; of one with a body, those before the body."""
    found = range(row, row + 1)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.stmt, ast.match_case, ast.ExceptHandler)):
            rows = _own_rows(node)
            found = rows if row in rows else found
    return found


def _own_rows(node: ast.stmt | ast.match_case | ast.ExceptHandler) -> range:
    place = node.pattern if isinstance(node, ast.match_case) else node
    body: Sequence[ast.stmt] = getattr(node, "body", ())
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    start = min([place.lineno, *(each.lineno for each in decorators)])
    end = body[0].lineno - 1 if body else place.end_lineno or start
    return range(start, max(start, end) + 1)


def change(before: str, after: str) -> tuple[str, str]:
    """The first row that differs, in both."""
    rows = zip(before.splitlines(), after.splitlines(), strict=False)
    return next(((old.strip(), new.strip()) for old, new in rows if old != new), ("", ""))
