"""The shape of a memo: a function that tests what it fills, or hands what another gives to code that may keep it.

A function, with those nested in it, is read once: what it fills, what it mentions and where it branches.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from qscache_lint.source.nodes import FUNCTIONS, TRIES, children, targets_of

_NEW_VALUES = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Call)
WRAPPING_METHODS = ("__call__", "__get__", "__missing__")
"""Methods that may run in place of a decorated function."""
_MISSED_METHODS = ("__get__", "__missing__")
"""Methods that Python may call on a miss only, so that they need no test of their own."""
_INERT = (ast.Constant, ast.JoinedStr, ast.Compare, ast.Lambda)
_COMBINING = (ast.Add, ast.BitOr, ast.BitAnd, ast.BitXor)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
ASKING_FILLER = "setdefault"
"""The method of a dict that fills an entry only where it is missing."""
_PLAIN_BUILTINS = ("isinstance", "issubclass", "getattr", "hasattr", "setattr", "print")
"""Functions that call and keep nothing of what they are given."""
_MAKING = ("dict", "list", "set", "copy", "all", "save")
"""Functions and methods that give what no other call knows."""
_ANY_PLACE = ""
"""A place whose name is made when the program runs: `setattr(self, name, …)`."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The names by which hand-made memos are recognised.

    `filling` and `asking` are methods of a container that keep a value and hand it out, `requests` parameters that
    outlive the call.
    """

    filling: frozenset[str]
    asking: frozenset[str]
    requests: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A place that the statement ending in `row` fills, written `.name` for an attribute.

    `mentions` counts how often the statement has to mention the place for that alone.
    """

    place: str
    row: int
    mentions: int = 0
    holder: str = ""
    """The variable that has the attribute."""


@dataclass(slots=True)
class MemoShape:
    """What an outermost function (with those nested in it) or the rest of the module fills and mentions."""

    signs: Signs
    filled: list[_Filled] = field(default_factory=list)
    filled_by_call: list[_Filled] = field(default_factory=list)
    """What methods of containers fill; only a wrapper around another function makes a memo with these."""
    mentions: dict[str, list[int]] = field(default_factory=dict)
    """The rows in which a name stands, or `.name`: an attribute or a string."""
    own: set[str] = field(default_factory=set)
    """Variables with a value that no other call of the function knows."""
    shared: set[str] = field(default_factory=set)
    """Variables with a value that another call may know."""
    made: set[str] = field(default_factory=set)
    """Variables with an object that a call in the function gives."""
    fills_unasked: set[str] = field(default_factory=set)
    """Places that are filled without a test, because the method that does it looks first."""
    first_branch: int | None = None
    asks_and_fills: bool = False
    """Whether one call does both, as `get_or_set` does."""
    first_handler: int = sys.maxsize
    """The first row where an exception may have been caught: no test has to look at the place there."""
    parameters: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    """Variables with what came of calling a parameter, or an attribute of one."""
    handed: set[str] = field(default_factory=set)
    """Variables that a nested function hands to others, which may keep them."""
    hands_target_on: bool = False
    """Whether a nested function hands a parameter on, or what calling it gives."""
    is_wrapping: bool = False
    """Whether the outermost function is a method that may run in place of another one."""
    runs_on_a_miss: bool = False
    runs_in_order: bool = True
    """Whether only what stands before a statement can decide whether it runs."""

    def may_memoize(self) -> bool:
        """Whether something is filled on a condition and looked at, as every hand-made memo does."""
        filled = self.filled if self.runs_in_order else [*self.filled, *self.filled_by_call]
        if self.asks_and_fills and not self.runs_in_order:
            return True
        if self.runs_on_a_miss and filled:
            return True
        if self.hands_target_on or not self.handed.isdisjoint(self.results):
            return True
        if self.fills_unasked - self.own:
            return True
        return self.first_branch is not None and any(map(self._is_memo, filled))

    def _is_memo(self, filled: _Filled) -> bool:
        if filled.place == _ANY_PLACE:
            return True
        rows = self.mentions.get(filled.place, ())
        if not self.runs_in_order:
            return len(rows) > filled.mentions
        if filled.place in self.own - self.shared or (self.first_branch or 0) > filled.row:
            return False
        if filled.holder in self.made - self.shared:
            return False
        if filled.row >= self.first_handler or filled.place in self.shared:
            return True
        return sum(row <= filled.row for row in rows) > filled.mentions

    def read(self, root: ast.AST) -> list[ast.AST]:
        """Read `root`; returns the functions in it that are to be read on their own."""
        if isinstance(root, FUNCTIONS):
            self._enter(root)
        apart: list[ast.AST] = []
        pending = [(child, 0) for child in children(root)]
        while pending:
            node, row = pending.pop()
            if isinstance(node, FUNCTIONS):
                if isinstance(root, ast.Module):
                    apart.append(node)
                    continue
                self.runs_in_order = False
                self.parameters.update(_decorated(node.args))
            if isinstance(node, ast.stmt):
                row = node.end_lineno or node.lineno
                if isinstance(node, _ASSIGNMENTS) and _is_inert(node):
                    if isinstance(node, ast.Assign):
                        self.note_assign(node, row)
                    pending.extend([(child, row) for target in targets_of(node) for child in children(target)])
                    continue
            note = _NOTES.get(type(node))
            if note is not None:
                note(self, node, row)
            pending.extend([(child, row) for child in children(node)])
        return apart

    def _enter(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self.own.update(_parameters_without_default(function.args)[1:])
        self.parameters.update(_decorated(function.args))
        name = "" if isinstance(function, ast.Lambda) else function.name
        self.is_wrapping = name in WRAPPING_METHODS
        self.runs_in_order = not self.is_wrapping
        self.runs_on_a_miss = name in _MISSED_METHODS

    # -- one note for each kind of node

    def note_name(self, node: ast.Name, row: int) -> None:
        if isinstance(node.ctx, ast.Load):
            self.mentions.setdefault(node.id, []).append(node.lineno)

    def note_attribute(self, node: ast.Attribute, row: int) -> None:
        place = f".{node.attr}"
        if isinstance(node.ctx, ast.Load):
            self.mentions.setdefault(place, []).append(node.lineno)
        elif isinstance(node.ctx, ast.Store):
            self.filled.append(_Filled(place, row, holder=node.value.id if isinstance(node.value, ast.Name) else ""))

    def note_subscript(self, node: ast.Subscript, row: int) -> None:
        if isinstance(node.ctx, ast.Store):
            self.filled.append(_Filled(_place_of(node.value), row, 1))

    def note_constant(self, node: ast.Constant, row: int) -> None:
        if isinstance(node.value, str):
            self.mentions.setdefault(f".{node.value}", []).append(node.lineno)

    def note_outside(self, node: ast.Global | ast.Nonlocal, row: int) -> None:
        self.shared.update(node.names)
        self.filled.extend(_Filled(name, sys.maxsize) for name in node.names)

    def note_assign(self, node: ast.Assign, row: int) -> None:
        kinds = self.own if isinstance(node.value, _NEW_VALUES) and not self._is_handed_out(node.value) else self.shared
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        kinds.update(names)
        if not self.runs_in_order and self._calls_target(node.value):
            self.results.update(names)
        if isinstance(node.value, ast.Call) and node.value.args and not isinstance(node.value.func, ast.Name):
            self.made.update(names)

    def _is_handed_out(self, value: ast.expr) -> bool:
        """Whether a call may give what another call knows: `kept.setdefault(key, {})`, `current_store()`."""
        match value:
            case ast.Call(func=ast.Attribute(attr=method), args=[_, *_]):
                return method in self.signs.asking
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[], keywords=[]):
                return name not in _MAKING and name.lstrip("_")[:1].islower()
            case _:
                return False

    def note_call(self, node: ast.Call, row: int) -> None:
        """A call that fills a place: `setattr(place, name, …)`, `place.set(…)`."""
        match node:
            case ast.Call(func=ast.Name(id="setattr"), args=[_, _, value]) if _holds_nothing(value):
                return
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[_, value]) if _holds_nothing(value):
                return
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), *_]):
                self.filled.append(_Filled(f".{name}", row, 1))
            case ast.Call(func=ast.Name(id="setattr")):
                self.filled.append(_Filled(_ANY_PLACE, row))
            case ast.Call(func=ast.Attribute(value=place, attr=method)) if method.lstrip("_") in self.signs.filling:
                filled = _Filled(_place_of(place), row, 1)
                (self.filled if method == ASKING_FILLER else self.filled_by_call).append(filled)
                self.asks_and_fills |= method.lstrip("_") in self.signs.asking
                if method == ASKING_FILLER:
                    self.fills_unasked.add(_place_of(place))
            case _ if not self.runs_in_order and node.args:
                self._note_helper(node)

    def _note_helper(self, node: ast.Call) -> None:
        """A call in a nested function that may hand to a helper what a memoizer keeps."""
        if self._calls_target(node) or (isinstance(node.func, ast.Name) and node.func.id in _PLAIN_BUILTINS):
            return
        self.handed.update(each.id for each in node.args if isinstance(each, ast.Name))
        self.hands_target_on |= len(node.args) > 1 and any(map(self._is_of_target, node.args))

    def _is_of_target(self, given: ast.expr) -> bool:
        """Whether an argument is a parameter, calls one, or is a lambda that may."""
        if isinstance(given, ast.Lambda):
            return self._calls_target(given.body)
        return (isinstance(given, ast.Name) and given.id in self.parameters) or self._calls_target(given)

    def _calls_target(self, value: ast.expr) -> bool:
        """Whether an expression calls a parameter, or in a method that stands for a function `self.function()`."""
        match value.value if isinstance(value, ast.Await) else value:
            case ast.Call(func=ast.Name(id=name)):
                return name in self.parameters
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"))):
                return self.is_wrapping
            case _:
                return False

    def note_branch(self, node: ast.stmt | ast.expr | ast.match_case, row: int) -> None:
        self.first_branch = min(self.first_branch or row, row if isinstance(node, ast.match_case) else node.lineno)

    def note_try(self, node: ast.Try, row: int) -> None:
        self.first_handler = min([self.first_handler, *(handler.lineno for handler in node.handlers)])
        self.note_branch(node, row)


_Note: TypeAlias = Callable[[MemoShape, Any, int], None]

_NOTES: Mapping[type[ast.AST], _Note] = {
    ast.Name: MemoShape.note_name,
    ast.Attribute: MemoShape.note_attribute,
    ast.Subscript: MemoShape.note_subscript,
    ast.Constant: MemoShape.note_constant,
    ast.Global: MemoShape.note_outside,
    ast.Nonlocal: MemoShape.note_outside,
    ast.Assign: MemoShape.note_assign,
    ast.Call: MemoShape.note_call,
    ast.If: MemoShape.note_branch,
    ast.IfExp: MemoShape.note_branch,
    ast.BoolOp: MemoShape.note_branch,
    ast.While: MemoShape.note_branch,
    ast.Match: MemoShape.note_branch,
    ast.Assert: MemoShape.note_branch,
    **dict.fromkeys(TRIES, MemoShape.note_try),
}


def _is_inert(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
    """Whether an assignment gives its targets no QuerySet, and nothing that may have one inside."""
    if isinstance(node, ast.AugAssign) and not isinstance(node.op, _COMBINING):
        return True
    return node.value is None or _holds_nothing(node.value)


def _holds_nothing(value: ast.expr) -> bool:
    match value:
        case ast.UnaryOp():
            return True
        case ast.BinOp(op=operator):
            return not isinstance(operator, _COMBINING)
        case ast.List(elts=inside) | ast.Tuple(elts=inside) | ast.Set(elts=inside) | ast.Dict(values=inside):
            return all(map(_holds_nothing, inside))
        case _:
            return isinstance(value, _INERT)


def _place_of(container: ast.expr) -> str:
    """How a container is called: `name`, `.name` for an attribute, that of the outer one for an item."""
    match container:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case ast.Subscript(value=outer):
            return _place_of(outer)
        case _:
            return _ANY_PLACE


def _decorated(parameters: ast.arguments) -> list[str]:
    """The parameter that a decorator has its function in: the first, unless it is the receiver of a method."""
    names = [parameter.arg for parameter in (*parameters.posonlyargs, *parameters.args)][:1]
    return [name for name in names if name not in ("self", "cls", "request")]


def _parameters_without_default(parameters: ast.arguments) -> list[str]:
    """What every caller passes; a default may be one container for all calls."""
    positional = [*parameters.posonlyargs, *parameters.args]
    required = positional[: len(positional) - len(parameters.defaults)]
    keywords = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    required += [parameter for parameter, default in keywords if default is None]
    required += [parameter for parameter in (parameters.vararg, parameters.kwarg) if parameter is not None]
    return [parameter.arg for parameter in required]
