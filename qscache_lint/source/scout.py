"""The scout: a look at the syntax of the files that pass the gate, before their facts are made.

It turns away files in which the gate's words stand in comments and strings only, and in which no function tests what it
fills: half of the files that the gate lets through, for half of what their facts would cost. Like the gate it only ever
skips; a file that cannot be parsed passes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from qscache_lint.source.syntax import parsed

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_FUNCTIONS = (*_DEFINITIONS, ast.Lambda)
_NEW_VALUES = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Call)
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))  # from Python 3.11 on
_INNER = (ast.ClassDef, *_DEFINITIONS)
_TURNS = (ast.While, ast.Match, ast.Assert, ast.Global, ast.Nonlocal, *_TRIES, *_INNER)
"""Without one of these a function does the same every time, and hands its result to no other code."""
_DECIDES = re.compile(rb"\b(?:if|or|and)\b")
"""What decides within an expression, too."""
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, *_TRIES, ast.With, ast.AsyncWith, ast.Match, ast.ClassDef)
_FILLING = re.compile(rb"\blambda\b|\bsetattr\b|\bsetdefault\b|\bfor\b(?:(?!\bin\b)[\w\s,()*])*[.\[]")
"""What may fill a place by an expression, if only by drawing the members of an iterable into one."""
_WRAPPING_METHODS = ("__call__", "__get__", "__missing__")
"""Methods that may run in place of a decorated function."""
_MISSED_METHODS = ("__get__", "__missing__")
"""Methods that Python may call on a miss only, so that they need no test of their own."""
_INERT = (ast.Constant, ast.JoinedStr, ast.Compare, ast.Lambda)
_COMBINING = (ast.Add, ast.BitOr, ast.BitAnd, ast.BitXor)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_ASKING_FILLER = "setdefault"
"""The method of a dict that fills an entry only where it is missing."""
_PLAIN_BUILTINS = ("isinstance", "issubclass", "getattr", "hasattr", "setattr", "print")
"""Functions that call and keep nothing of what they are given."""
_MAKING = ("dict", "list", "set", "copy", "all", "save")
"""Functions and methods that give what no other call knows."""
_PLAIN_FIELDS = frozenset((
    "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module", "op", "ops",
    "rest", "simple", "type_comment",
))  # fmt: skip
"""Fields of nodes with names, operators and marks."""
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
        pending.extend(_children(node))
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
    if not _FILLING.search(source) and not any(map(_fills, _statements(module.body))):
        pending = [each for each in _statements(module.body) if isinstance(each, _DEFINITIONS)]
    while pending:
        root = pending.pop()
        if isinstance(root, _DEFINITIONS) and _keeps_nothing(root, lines):
            continue
        body = _Body(signs, shared=set(signs.requests))
        pending.extend(body.read(root))
        if body.may_memoize():
            found.append(getattr(root, "lineno", 0))
    return found


def _keeps_nothing(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[bytes]) -> bool:
    """Whether a function is no memo, and makes none: it is straight, or fills nothing. Told without its expressions.

    One with others inside may hand its result to these, and one with `lambda` has one.
    """
    if function.name in _WRAPPING_METHODS:
        return False
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    text = b"".join(lines[first - 1 : function.end_lineno])
    statements = tuple(_statements(function.body))
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
            targets = _targets(statement)
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


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Some statements and all that stand in them, without those of functions."""
    pending = [*body]
    while pending:
        statement = pending.pop()
        yield statement
        if isinstance(statement, _BLOCKS):
            for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                for block in ("body", "orelse", "finalbody"):
                    pending.extend(getattr(part, block, ()))


def _asks_and_fills(statement: ast.stmt) -> bool:
    """Whether a statement decides by itself what to fill: `return rows.setdefault(key, …)`."""
    value = getattr(statement, "value", None)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == _ASKING_FILLER


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
class _Body:
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
        if isinstance(root, _FUNCTIONS):
            self._enter(root)
        apart: list[ast.AST] = []
        pending = [(child, 0) for child in _children(root)]
        while pending:
            node, row = pending.pop()
            if isinstance(node, _FUNCTIONS):
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
                    pending.extend([(child, row) for target in _targets(node) for child in _children(target)])
                    continue
            note = _NOTES.get(type(node))
            if note is not None:
                note(self, node, row)
            pending.extend([(child, row) for child in _children(node)])
        return apart

    def _enter(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self.own.update(_parameters_without_default(function.args)[1:])
        self.parameters.update(_decorated(function.args))
        name = "" if isinstance(function, ast.Lambda) else function.name
        self.is_wrapping = name in _WRAPPING_METHODS
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
                (self.filled if method == _ASKING_FILLER else self.filled_by_call).append(filled)
                self.asks_and_fills |= method.lstrip("_") in self.signs.asking
                if method == _ASKING_FILLER:
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


_Note: TypeAlias = Callable[[_Body, Any, int], None]

_NOTES: Mapping[type[ast.AST], _Note] = {
    ast.Name: _Body.note_name,
    ast.Attribute: _Body.note_attribute,
    ast.Subscript: _Body.note_subscript,
    ast.Constant: _Body.note_constant,
    ast.Global: _Body.note_outside,
    ast.Nonlocal: _Body.note_outside,
    ast.Assign: _Body.note_assign,
    ast.Call: _Body.note_call,
    ast.If: _Body.note_branch,
    ast.IfExp: _Body.note_branch,
    ast.BoolOp: _Body.note_branch,
    ast.While: _Body.note_branch,
    ast.Match: _Body.note_branch,
    ast.Assert: _Body.note_branch,
    **dict.fromkeys(_TRIES, _Body.note_try),
}


def _children(node: ast.AST) -> list[ast.AST]:
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


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


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
