"""The scout: a look at the syntax of the files that pass the gate, before their facts are made.

It turns away files in which the gate's words stand in comments and strings only, and in which no function tests what it
fills: half of the files that the gate lets through, for half of what their facts would cost. Like the gate it only ever
skips; a file that cannot be parsed passes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TypeAlias

from qscache_lint.source.memo_shape import ASKING_FILLER, WRAPPING_METHODS, MemoShape, Signs
from qscache_lint.source.name_patterns import in_source
from qscache_lint.source.nodes import DEFINITIONS, TRIES, all_statements, children, targets_of
from qscache_lint.source.syntax import parsed

_INNER = (ast.ClassDef, *DEFINITIONS)
_TURNS = (ast.While, ast.Match, ast.Assert, ast.Global, ast.Nonlocal, *TRIES, *_INNER)
"""Without one of these a function does the same every time, and hands its result to no other code."""
_DECIDES = re.compile(rb"\b(?:if|or|and)\b")
"""What decides within an expression, too."""
_FILLING = in_source(rb"\blambda\b|\bsetattr\b|\bsetdefault\b|\bfor\b(?:(?!\bin\b)[\w\s,()*])*[.\[]")
"""What may fill a place by an expression, if only by drawing the members of an iterable into one."""

Memos: TypeAlias = "tuple[int, ...] | None"
"""The rows of what may be memos made by hand, as `memo_rows` gives them; None for a file that holds nothing."""

Sought: TypeAlias = tuple[bytes, frozenset[str]]
"""A file and the words in it for which it is looked at."""


def look(source: bytes, words: frozenset[str], signs: Signs) -> Memos:
    """What a file holds that uses one of `words` as a name, or has a function that may be a hand-made memo."""
    return look_at(parsed(source), source, words, signs)


def look_at(module: ast.Module | None, source: bytes, words: frozenset[str], signs: Signs) -> Memos:
    """What a file holds that has been parsed; one that could not be parsed may hold anything."""
    if module is None:
        return (0,)
    memos = memo_rows(module, source, signs)
    return tuple(memos) if memos or has_name(module, words) else None


def has_name(module: ast.Module, words: frozenset[str]) -> bool:
    """Whether a module uses one of `words` as a name."""
    pending: list[ast.AST] = [module] if words else []
    while pending:
        node = pending.pop()
        if not words.isdisjoint(_names_in(node)):
            return True
        pending.extend(children(node))
    return False


def _names_in(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (name,)
        case ast.alias(name=name):
            return tuple(name.split("."))
        case ast.ImportFrom(module=str(name)):
            return tuple(name.split("."))
        case _:
            return ()


def memo_rows(module: ast.Module, source: bytes, signs: Signs) -> list[int]:
    """The rows of the outermost functions that may be hand-made memos; 0 for what stands outside of functions."""
    found: list[int] = []
    lines = source.splitlines(keepends=True)
    pending: list[ast.AST] = [module]
    if not _FILLING.search(source) and not any(map(_fills, all_statements(module.body))):
        pending = [each for each in all_statements(module.body) if isinstance(each, DEFINITIONS)]
    while pending:
        root = pending.pop()
        if isinstance(root, DEFINITIONS) and _keeps_nothing(root, lines):
            continue
        body = MemoShape(signs, shared=set(signs.requests))
        pending.extend(body.read(root))
        if body.may_memoize():
            found.append(getattr(root, "lineno", 0))
    return found


def _keeps_nothing(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[bytes]) -> bool:
    """Whether a function is no memo, and makes none: it is straight, or fills nothing. Told without its expressions.

    One with others inside may hand its result to these, and one with `lambda` has one.
    """
    if function.name in WRAPPING_METHODS:
        return False
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    text = b"".join(lines[first - 1 : function.end_lineno])
    statements = tuple(all_statements(function.body))
    if not _FILLING.search(text) and not any(isinstance(each, _INNER) or _fills(each) for each in statements):
        return True
    return b"lambda" not in text and not _DECIDES.search(text) and not any(map(_turns, statements))


def _turns(statement: ast.stmt) -> bool:
    """Whether a statement decides what is run, or hands its result to other code."""
    return isinstance(statement, _TURNS) or _asks_and_fills(statement)


def _fills(statement: ast.stmt) -> bool:
    """Whether a statement gives a value to anything but a variable of its own function."""
    match statement:
        case ast.Global() | ast.Nonlocal():
            return True
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            targets = targets_of(statement)
        case ast.For(target=target) | ast.AsyncFor(target=target):
            targets = [target]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            targets = [item.optional_vars for item in items if item.optional_vars is not None]
        case _:
            return False
    return not all(map(_is_variable, targets))


def _is_variable(target: ast.expr) -> bool:
    """Whether a target is a variable, or several."""
    match target:
        case ast.Name():
            return True
        case ast.Starred(value=inner):
            return _is_variable(inner)
        case ast.Tuple(elts=inside) | ast.List(elts=inside):
            return all(map(_is_variable, inside))
        case _:
            return False


def _asks_and_fills(statement: ast.stmt) -> bool:
    """Whether a statement decides by itself what to fill: `return rows.setdefault(key, …)`."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == ASKING_FILLER
