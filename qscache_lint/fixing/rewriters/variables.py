"""The variables of a function: which ones a piece of code reads, binds, and may change the objects of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from functools import cache

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.state import CHANGING

Names = frozenset[str]
_NONE: Names = frozenset()

SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
_LAYOUT = re.compile("whitespace|lpar|rpar|lines|comma|semicolon|newline|header|footer|indent|equal|bracket|brace")
_CHANGERS = frozenset({"setattr", "delattr", "next"})
"""Functions that change their first argument."""


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes inside a node, without those of its layout; libcst's own walk makes a copy of each."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from value


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if not _LAYOUT.search(each.name))


def reads(node: cst.CSTNode) -> Names:
    """The variables that a node reads; names of attributes, of keywords and of what it has inside are none."""
    match node:
        case cst.Name():
            return frozenset({node.value})
        case cst.Attribute() | cst.Arg() | cst.NamedExpr():
            return reads(node.value)
        case cst.AssignTarget() | cst.For() | cst.CompFor():
            others = [each for each in children(node) if each is not node.target]
            return _read_target(node.target) | _all_read(others)
        case cst.AnnAssign():
            return _read_target(node.target) | (_NONE if node.value is None else reads(node.value))
        case cst.FunctionDef():
            outside = _all_read((*node.decorators, node.params))
            return outside | (reads(node.body) - parameters(node.params) - binds(node.body))
        case cst.Lambda():
            return reads(node.params) | (reads(node.body) - parameters(node.params))
        case cst.ClassDef():
            return _all_read((*node.decorators, *node.bases, *node.keywords)) | (reads(node.body) - binds(node.body))
        case cst.Param():
            return _NONE if node.default is None else reads(node.default)
        case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
            first = reads(node.for_in.iter)
            return first | (_all_read(children(node)) - _comprehended(node))
        case cst.AsName() | cst.Import() | cst.ImportFrom() | cst.Del() | cst.Global() | cst.Nonlocal():
            return _NONE
        case _:
            return _all_read(children(node))


def _all_read(nodes: Iterable[cst.CSTNode]) -> Names:
    return _NONE.union(*(reads(each) for each in nodes))


def _read_target(target: cst.CSTNode) -> Names:
    """What a target reads: nothing for a name, `a` and `b` for `a[b]`."""
    match target:
        case cst.Name():
            return _NONE
        case cst.Tuple() | cst.List():
            return _NONE.union(*(_read_target(each.value) for each in target.elements))
        case _:
            return reads(target)


def _comprehended(node: cst.CSTNode) -> Names:
    loops = [each for each in m.findall(node, m.CompFor()) if isinstance(each, cst.CompFor)]
    return _NONE.union(*(_bound_target(each.target) for each in loops))


def parameters(params: cst.Parameters) -> Names:
    """The names of the parameters."""
    return frozenset(each.name.value for each in m.findall(params, m.Param()) if isinstance(each, cst.Param))


def binds(node: cst.CSTNode) -> Names:
    """The variables that a node binds or deletes, in the scope in which it stands."""
    match node:
        case cst.FunctionDef() | cst.ClassDef():
            return frozenset({node.name.value})
        case cst.Lambda():
            return _NONE
        case cst.AssignTarget() | cst.AugAssign() | cst.NamedExpr() | cst.For():
            return _bound_target(node.target) | _all_bound(children(node))
        case cst.AnnAssign():
            return _NONE if node.value is None else _bound_target(node.target) | binds(node.value)
        case cst.AsName():
            return _bound_target(node.name)
        case cst.Del():
            return _bound_target(node.target)
        case cst.ImportAlias():
            return frozenset({(node.evaluated_alias or node.evaluated_name).partition(".")[0]})
        case cst.Match():
            return frozenset(each.value for each in _names(node))
        case _:
            return _all_bound(children(node))


def _all_bound(nodes: Iterable[cst.CSTNode]) -> Names:
    return _NONE.union(*(binds(each) for each in nodes))


def _bound_target(target: cst.CSTNode) -> Names:
    match target:
        case cst.Name():
            return frozenset({target.value})
        case cst.Tuple() | cst.List():
            return _NONE.union(*(_bound_target(each.value) for each in target.elements))
        case _:
            return _NONE


def surely_binds(node: cst.CSTNode) -> Names:
    """The variables that are bound whenever the statement runs on behind itself."""
    match node:
        case cst.If(body=body, orelse=other):
            if other is None:
                return binds(node.test)
            return _in_every((body, other.body if isinstance(other, cst.Else) else other))
        case cst.Try(body=body, handlers=handlers):
            return _in_every((body, *(each.body for each in handlers)))
        case cst.With():
            return _all_bound(node.items) | surely_binds(node.body)
        case cst.IndentedBlock() | cst.SimpleStatementSuite():
            return _NONE.union(*(surely_binds(each) for each in node.body))
        case cst.For() | cst.While() | cst.Match():
            return _NONE
        case _:
            return binds(node)


def needs(node: cst.CSTNode) -> Names:
    """The variables that a statement reads before it binds them itself."""
    match node:
        case cst.If(test=test, body=body, orelse=other):
            return reads(test) | ((needs(body) | _needs_of(other)) - binds(test))
        case cst.Else() | cst.Finally():
            return needs(node.body)
        case cst.For(target=target, body=body, orelse=other):
            return _read_target(target) | reads(node.iter) | (needs(body) - _bound_target(target)) | _needs_of(other)
        case cst.While(test=test, body=body, orelse=other):
            return reads(test) | needs(body) | _needs_of(other)
        case cst.With(items=items, body=body):
            return _all_read(items) | (needs(body) - _all_bound(items))
        case cst.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
            handled = _NONE.union(*(_needed_by_handler(each) for each in handlers))
            behind = _needs_of(other) | _needs_of(last)
            return needs(body) | handled | (behind - surely_binds(body))
        case cst.IndentedBlock() | cst.SimpleStatementSuite() | cst.SimpleStatementLine():
            needed = _NONE
            for each in reversed(node.body):
                needed = (needed - surely_binds(each)) | needs(each)
            return needed
        case _:
            return reads(node)


def _needs_of(node: cst.CSTNode | None) -> Names:
    return _NONE if node is None else needs(node)


def _needed_by_handler(handler: cst.ExceptHandler) -> Names:
    named = _NONE if handler.name is None else binds(handler.name)
    return (_NONE if handler.type is None else reads(handler.type)) | (needs(handler.body) - named)


def _in_every(branches: Iterable[cst.CSTNode]) -> Names:
    going = [surely_binds(each) for each in branches if not ends(each)]
    return going[0].intersection(*going[1:]) if going else _NONE


def ends(block: cst.CSTNode) -> bool:
    """Whether a block ends with a `return`, `raise`, or a branch that does everywhere."""
    match block:
        case cst.Return() | cst.Raise():
            return True
        case cst.IndentedBlock() | cst.SimpleStatementSuite() | cst.SimpleStatementLine():
            return bool(block.body) and ends(block.body[-1])
        case cst.If(body=body, orelse=other) if other is not None:
            return ends(body) and ends(other.body if isinstance(other, cst.Else) else other)
        case cst.With(body=body):
            return ends(body)
        case _:
            return False


def changes(statement: cst.CSTNode, gentle: Collection[int] = ()) -> Names:
    """The variables whose objects a statement may change: `x[0] = 1`, `x.append(1)`, `fill(x)` that gives nothing.

    `gentle` are the ids of calls that are known to change nothing of what they get.
    """
    found = (each.value for each in own(statement, cst.Expr) if isinstance(each, cst.Expr))
    calls = (value.expression if isinstance(value, cst.Await) else value for value in found)
    return mutates(statement).union(*(_given(call) for call in calls if id(call) not in gentle))


def mutates(statement: cst.CSTNode) -> Names:
    """The variables whose objects a statement changes for sure: `x[0] = 1`, `x.append(1)`."""
    return frozenset(_changed(statement))


def _changed(node: cst.CSTNode) -> Iterator[str]:
    match node:
        case cst.FunctionDef() | cst.Lambda() | cst.ClassDef():
            return
        case cst.AssignTarget(target=target) | cst.AugAssign(target=target) | cst.Del(target=target):
            yield from _roots(target, is_target=not isinstance(node, cst.AugAssign))
        case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=name))) if name in CHANGING:
            yield from _roots(receiver)
        case cst.Call(func=cst.Name(value=name), args=[first, *_]) if name in _CHANGERS:
            yield from _roots(first.value)
    for child in children(node):
        yield from _changed(child)


def _given(call: cst.BaseExpression) -> Iterator[str]:
    """What a call whose result is not used may change: its receiver and its arguments, else there were no use in it."""
    if not isinstance(call, cst.Call):
        return
    is_own = isinstance(call.func, cst.Attribute) and call.func.attr.value in CHANGING
    if isinstance(call.func, cst.Attribute):
        yield from _roots(call.func)
    for each in () if is_own else call.args:
        yield from _roots(each.value)


def _roots(node: cst.CSTNode, *, is_target: bool = False) -> Iterator[str]:
    """The variable that `x.y[0].z()` begins with."""
    match node:
        case cst.Name():
            if not is_target:
                yield node.value
        case cst.Attribute() | cst.Subscript():
            yield from _roots(node.value)
        case cst.Call():
            yield from _roots(node.func)
        case cst.Tuple() | cst.List():
            for each in node.elements:
                yield from _roots(each.value, is_target=is_target)


def aliases(node: cst.FunctionDef) -> dict[str, Names]:
    """The variables that may stand for the same object or a part of it, for each that has some."""
    groups: dict[str, set[str]] = {}
    for assign in m.findall(node.body, m.Assign()):
        if not isinstance(assign, cst.Assign) or not isinstance(assign.value, (cst.Name, cst.Attribute, cst.Subscript)):
            continue
        together = {*_roots(assign.value), *(name for each in assign.targets for name in _bound_target(each.target))}
        together |= set().union(*(groups.get(name, set()) for name in together))
        groups |= dict.fromkeys(together, together)
    return {name: frozenset(group) for name, group in groups.items()}


def own(node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The nodes of these kinds in a node, without those of functions and classes inside."""
    if isinstance(node, kinds):
        yield node
    if not isinstance(node, SCOPES):
        for child in children(node):
            yield from own(child, *kinds)


def _names(node: cst.CSTNode) -> Iterator[cst.Name]:
    return (each for each in m.findall(node, m.Name()) if isinstance(each, cst.Name))
