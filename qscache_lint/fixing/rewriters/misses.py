"""What a function does on a miss: each read of its cache gives the default, and tests of that have one answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.rewriters.variables import binds, own
from qscache_lint.knowledge.tables import Knowledge

_NONE = cst.Name("None")
_FALSE = m.OneOf(
    m.Name("None"),
    m.Name("False"),
    m.Integer("0"),
    m.SimpleString('""') | m.SimpleString("''"),
    m.List([]) | m.Tuple([]) | m.Dict([]),
)
_LOGGERS = m.OneOf(*(m.Name(name) for name in ("log", "_log", "logger", "_logger", "logging", "LOG", "LOGGER")))
_LOG = _LOGGERS | m.Attribute(attr=m.Name("logger") | m.Name("log"))
_LEVELS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")
_LOGGING = m.Call(func=m.Attribute(value=_LOG, attr=m.OneOf(*(m.Name(each) for each in _LEVELS))) | m.Name("print"))


@cache
def _methods() -> frozenset[str]:
    """The methods of caches that read, write or delete; what they give is no part of a query."""
    knowledge = Knowledge()
    deleting = {"touch", "has_key", "incr", "decr", "delete", "delete_many", "clear"}
    names = knowledge.read_methods | knowledge.store_methods | deleting | {"get_many", "set_many", "add"}
    return names | {f"a{name}" for name in names}


def code(node: cst.CSTNode) -> str:
    """The code of a node without the parentheses around it, on one line where it can be."""
    bare = node.with_changes(lpar=[], rpar=[]) if isinstance(node, cst.BaseExpression) and node.lpar else node
    return " ".join(cst.Module([]).code_for_node(bare).split())


def same(left: cst.CSTNode, right: cst.CSTNode) -> bool:
    """Whether two nodes are the same code, whatever their layout."""
    return left is right or _plain(left) == _plain(right)


def _plain(node: cst.CSTNode) -> str:
    text = cst.Module([]).code_for_node(node)
    return ast.dump(ast.parse(f"({text}\n)" if isinstance(node, cst.BaseExpression) else text))


def awaited(node: cst.BaseExpression) -> cst.BaseExpression:
    """What is awaited, or the expression itself."""
    return node.expression if isinstance(node, cst.Await) else node


def is_logging(statement: cst.CSTNode) -> bool:
    """Whether a statement only writes to a log."""
    line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else statement
    return isinstance(line, cst.Expr) and m.matches(awaited(line.value), _LOGGING)


@dataclass
class Misses:
    """The values of variables on a miss of `cache`, the receiver of the storing call."""

    cache: cst.BaseExpression
    values: dict[str, cst.BaseExpression] = field(default_factory=dict)

    def copy(self) -> Misses:
        return Misses(self.cache, dict(self.values))

    def is_use(self, node: cst.CSTNode) -> bool:
        """Whether a node itself calls or asks the cache."""
        match node:
            case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value=name))):
                return name in _methods() and same(receiver, self.cache)
            case cst.ComparisonTarget(comparator=receiver) | cst.Subscript(value=receiver):
                return same(receiver, self.cache)
            case _:
                return False

    def uses(self, node: cst.CSTNode) -> bool:
        """Whether the cache is used somewhere in a node."""
        return any(self.is_use(each) for each in own(node, cst.Call, cst.ComparisonTarget, cst.Subscript))

    def read_by(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """What an expression that reads the cache gives on a miss; None for any other expression."""
        call = awaited(node)
        if not isinstance(call, cst.Call) or not self.is_use(call) or not isinstance(call.func, cst.Attribute):
            return None
        if call.func.attr.value not in ("get", "aget"):
            return None
        named = [each.value for each in call.args if each.keyword is not None and each.keyword.value == "default"]
        return [*named, *(each.value for each in call.args[1:2] if each.keyword is None), _NONE][0]

    def follow(self, statement: cst.CSTNode) -> None:
        """Note what a statement gives to variables."""
        for name in binds(statement):
            given = [self._missed(value) for value in _given(statement, name)]
            missed = _only(given)
            self.values.pop(name, None)
            if missed is not None:
                self.values[name] = missed

        for each in own(statement, cst.Assign):
            match each:
                case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as field)], value=value):
                    missed = self._missed(value)
                    self.values.pop(code(field), None)
                    self.values |= {} if missed is None else {code(field): missed}

    def _missed(self, value: cst.BaseExpression | None) -> cst.BaseExpression | None:
        """What a variable has behind an assignment of `value`, where a miss decides that."""
        match value:
            case None:
                return None
            case cst.Name("None"):
                return value
            case cst.IfExp(body=body, orelse=other):
                return _only([self._missed(body), self._missed(other)])
            case _:
                return self.read_by(value)

    def test(self, node: cst.BaseExpression) -> bool | None:
        """What a test says on a miss; None where a miss does not decide it."""
        match node:
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                said = self.test(inner)
                return None if said is None else not said
            case cst.BooleanOperation(left=left, operator=operator, right=right):
                return self._joined(self.test(left), self.test(right), is_any=isinstance(operator, cst.Or))
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
                return self._compared(left, operator, right)
            case cst.Call(func=cst.Attribute(attr=cst.Name("has_key" | "ahas_key"))) if self.is_use(node):
                return False
            case _:
                value = self._value(node)
                return False if value is not None and m.matches(value, _FALSE) else None

    @staticmethod
    def _joined(left: bool | None, right: bool | None, *, is_any: bool) -> bool | None:
        if is_any in (left, right):
            return is_any
        return None if None in (left, right) else not is_any

    def _compared(
        self, left: cst.BaseExpression, operator: cst.BaseCompOp, right: cst.BaseExpression
    ) -> bool | None:
        is_cache = same(right, self.cache)
        if is_cache and isinstance(operator, (cst.In, cst.NotIn)):
            return isinstance(operator, cst.NotIn)
        value = self._value(left)
        if value is None or not isinstance(operator, (cst.Is, cst.IsNot, cst.Equal, cst.NotEqual)):
            return None
        return isinstance(operator, (cst.Is, cst.Equal)) if same(value, right) else None

    def _value(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """What an expression has on a miss, where that is known."""
        match node:
            case cst.NamedExpr(target=cst.Name(value=name), value=value):
                found = self.read_by(value)
                if found is not None:
                    self.values[name] = found
                return found
            case cst.Name() | cst.Attribute():
                return self.values.get(code(node))
            case _:
                return self.read_by(node)


def _only(values: Sequence[cst.BaseExpression | None]) -> cst.BaseExpression | None:
    """The value that all of them are; None where there is none, or one is not known."""
    first = values[0] if values else None
    return first if first is not None and all(each is not None and same(first, each) for each in values) else None


def _given(statement: cst.CSTNode, name: str) -> Iterator[cst.BaseExpression | None]:
    """What is given to a variable by each statement in a statement that binds it; None for what is no assignment."""
    for each in own(statement, cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.AugAssign, cst.For, cst.AsName, cst.Del):
        if name not in binds(each):
            continue
        match each:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name())], value=value):
                yield value
            case cst.AnnAssign(target=cst.Name(), value=value) | cst.NamedExpr(target=cst.Name(), value=value):
                yield value
            case _:
                yield None
