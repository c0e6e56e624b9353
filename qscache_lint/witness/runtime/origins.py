"""Whose result a running function stores, as its source says it.

A wrapper has functions at hand that have nothing to do with what it stores: a view that it calls afterwards, a
callback. Of the one whose value is kept, the code says that it is called, and that what it gives is stored.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import FrameType
from typing import NamedTuple, TypeAlias

from qscache_lint.witness.runtime.limits import SOURCES, STORES

_VALUE: Mapping[str, int] = {
    **dict.fromkeys(("set", "aset", "add", "aadd", "get_or_set", "aget_or_set"), 1),
    **dict.fromkeys(("set_many", "aset_many", "dumps", "dump"), 0),
}
"""The functions of Django's caches and of `pickle` that store, and which of their arguments is the value."""
_VALUE_NAMES = frozenset({"value", "default", "data", "obj"})
_SAME_RESULT = frozenset({"partial", "sync_to_async", "async_to_sync"})
"""Functions that make another one which gives the result of the function that they are given."""
_CALLS_IT = frozenset({"get_or_set", "aget_or_set"})
"""Those that may be given a function instead of its result."""

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.match_case, ast.ExceptHandler, ast.BoolOp)
_Branches: TypeAlias = frozenset[tuple[ast.AST, str]]
"""What has to be the case for code to run: the statements around it, and which part of them it is in."""


class _Binding(NamedTuple):
    """Where a name gets a value, and the code of that; None where it is not that of a single expression."""

    row: int
    branches: _Branches
    value: ast.AST | None


def stored_results(frame: FrameType) -> frozenset[str]:
    """How the code spells the functions that gave what a running function is storing: `fn`, `self.function`.

    None of them where that is not certain. Functions of Django are among them, such as `Story.objects.all`.
    """
    return _results_at(frame.f_code.co_filename, *_end(frame))


def _end(frame: FrameType) -> tuple[int, int | None]:
    """The row and column, in bytes, at which the running call ends; before Python 3.11, a row of it alone."""
    if sys.version_info < (3, 11):
        return frame.f_lineno, None
    positions = frame.f_code.co_positions()
    _, row, _, column = next(islice(positions, frame.f_lasti // 2, None), (None, None, None, None))
    return (frame.f_lineno, None) if row is None else (row, column)


@lru_cache(maxsize=STORES)
def _results_at(filename: str, row: int, column: int | None) -> frozenset[str]:
    found = [
        frozenset(_stored_by(node, scopes))
        for node, scopes in _in_scopes(_tree(filename), ())
        if isinstance(node, ast.Call) and _stores(node) and scopes and _ends_at(node, row, column)
    ]
    return found[0] if len(found) == 1 else frozenset()


@lru_cache(maxsize=SOURCES)
def _tree(filename: str) -> ast.AST:
    return ast.parse("".join(linecache.getlines(filename)))


def _in_scopes(node: ast.AST, scopes: tuple[_Function, ...]) -> Iterator[tuple[ast.AST, tuple[_Function, ...]]]:
    """All code with the functions around it, the innermost first."""
    for child in ast.iter_child_nodes(node):
        yield child, scopes
        yield from _in_scopes(child, (child, *scopes) if isinstance(child, _FUNCTIONS) else scopes)


def _ends_at(call: ast.Call, row: int, column: int | None) -> bool:
    if column is None:
        return call.lineno <= row <= (call.end_lineno or call.lineno)
    return (call.end_lineno, call.end_col_offset) == (row, column)


def _stores(call: ast.Call) -> bool:
    return _name(call.func) in _VALUE


def _name(function: ast.AST) -> str:
    """The last name of a function."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _stored_by(call: ast.Call, scopes: tuple[_Function, ...]) -> Iterator[str]:
    """The functions whose results a call stores."""
    branches = next(branches for node, branches in _own(scopes[0], frozenset()) if node is call)
    name, flow = _name(call.func), _Flow(call.lineno, scopes, branches)
    values = [*call.args[_VALUE[name] :][:1], *(each.value for each in call.keywords if each.arg in _VALUE_NAMES)]
    for value in values:
        yield from flow.results(value)
        if name in _CALLS_IT:
            yield from flow.called(value)


class _Flow(NamedTuple):
    """Where the values come from that the code on a row has, in some functions, the innermost first."""

    row: int
    scopes: tuple[_Function, ...]
    branches: _Branches

    def results(self, code: ast.AST | None) -> frozenset[str]:
        """The functions that gave a value: an expression that is it, holds it, or chooses it."""
        match code:
            case ast.Call(func=ast.Call(func=maker, args=[function, *_])) if _name(maker) in _SAME_RESULT:
                return frozenset({ast.unparse(function)})
            case ast.Call(func=function):
                return frozenset({ast.unparse(function)})
            case ast.Name(id=name):
                return self._of_name(name)
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.results(value)
            case ast.IfExp(body=one, orelse=other):
                return _agreed((self, one), (self, other))
            case ast.Tuple(elts=values) | ast.List(elts=values) | ast.Dict(values=values):
                return frozenset().union(*map(self.results, values))
        return frozenset()

    def called(self, code: ast.AST) -> frozenset[str]:
        """The functions whose results something gives that is called."""
        match code:
            case ast.Lambda(body=body):
                return self.results(body)
            case ast.Call(func=function, args=[given, *_]) if _name(function) in _SAME_RESULT:
                return frozenset({ast.unparse(given)})
            case ast.Name(id=name):
                return frozenset({name}).union(*map(self.results, self._returned_by(name)))
            case ast.Attribute():
                return frozenset({ast.unparse(code)})
        return frozenset()

    def _of_name(self, name: str) -> frozenset[str]:
        """What may have given the value of a variable, if all that may be the last to do so agree."""
        above = [each for each in _bindings(self.scopes[0], name) if each.row < self.row]
        certain = [number for number, each in enumerate(above) if each.branches <= self.branches]
        last = above[certain[-1] :] if certain else []
        return _agreed(*((_Flow(each.row, self.scopes, each.branches), each.value) for each in last))

    def is_constant(self, code: ast.AST | None) -> bool:
        """Whether a value is written down, or that of a name of the module: what stands for nothing in a cache."""
        match code:
            case ast.Name(id=name):
                return not any(_is_given(scope, name) or _bindings(scope, name) for scope in self.scopes)
        return isinstance(code, ast.Constant)

    def _returned_by(self, name: str) -> Iterator[ast.AST | None]:
        """What a function returns that stands inside the functions around."""
        for scope in self.scopes:
            for node, _ in _own(scope, frozenset()):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                    yield from (each.value for each, _ in _own(node, frozenset()) if isinstance(each, ast.Return))


def _is_given(scope: _Function, name: str) -> bool:
    """Whether a function has a parameter of a name."""
    return any(isinstance(each, ast.arg) and each.arg == name for each in ast.walk(scope.args))


def _agreed(*values: tuple[_Flow, ast.AST | None]) -> frozenset[str]:
    """The functions that gave a value, which may be any of several; constants have no say."""
    found = [flow.results(code) for flow, code in values if not flow.is_constant(code)]
    return frozenset.intersection(*found) if found else frozenset()


def _own(node: ast.AST, branches: _Branches) -> Iterator[tuple[ast.AST, _Branches]]:
    """The code of a function, without that of functions inside."""
    for field, value in ast.iter_fields(node):
        is_branch = isinstance(node, _BRANCHES) and field not in ("test", "iter")
        inside = branches | {(node, field)} if is_branch else branches
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child, inside
                if not isinstance(child, _FUNCTIONS):
                    yield from _own(child, inside)


def _bindings(scope: ast.AST, name: str) -> list[_Binding]:
    """Where a name gets a value in a function, in the order of the code."""
    found: list[_Binding] = []
    values: dict[ast.AST, ast.AST | None] = {}
    for node, branches in _own(scope, frozenset()):
        match node:
            case ast.Assign(targets=targets, value=value):
                values.update(dict.fromkeys(targets, value))
            case ast.AnnAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                values[target] = value
            case ast.Name(id=known, ctx=ast.Store()) if known == name:
                found.append(_Binding(node.lineno, branches, values.get(node)))
    return sorted(found, key=lambda each: each.row)
