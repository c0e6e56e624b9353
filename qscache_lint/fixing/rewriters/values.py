"""What is stored: the expression that is the QuerySet, and expressions that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewriters.anatomy import PARTIAL
from qscache_lint.fixing.rewriters.route import Statements, block_of
from qscache_lint.fixing.rewriters.variables import binds, own, parameters
from qscache_lint.knowledge.model import Effect
from qscache_lint.knowledge.queryset_rows import Operation
from qscache_lint.knowledge.tables import Knowledge
from qscache_lint.reasons import reason

_CONSTANTS = (cst.Integer, cst.SimpleString, cst.ConcatenatedString, cst.FormattedString)
_NO_QUERYSETS = (cst.List, cst.Tuple, cst.Dict, cst.Set, cst.ListComp, cst.DictComp, cst.SetComp, *_CONSTANTS)
_ROWS = m.OneOf(*(m.Name(name) for name in ("list", "tuple", "sorted", "dict", "set", "len", "bool", "str", "int")))
_READS = m.Call(func=m.Attribute(attr=m.Name("get") | m.Name("aget"))) | m.Await()
_WORDS = m.Name("None") | m.Name("True") | m.Name("False")


@dataclass(frozen=True)
class Given:
    """What a store is given.

    `stored` is the argument, `expression` the QuerySet, behind `statements` that make it, and `place` what the call of
    the builder replaces.
    """

    place: cst.BaseExpression
    expression: cst.BaseExpression
    stored: cst.BaseExpression
    statements: Statements = ()
    maker: cst.FunctionDef | None = None
    """A function inside the function whose body makes it, and that nothing else calls."""

    is_lazy: bool = False
    """Whether the cache asks for it on a miss: `get_or_set`."""

    @property
    def variable(self) -> str | None:
        is_variable = isinstance(self.expression, cst.Name) and not self.is_lazy
        return self.expression.value if isinstance(self.expression, cst.Name) and is_variable else None


def given(node: cst.FunctionDef, store: cst.Call, *, is_callable: bool) -> Given:
    """What the store is given. Raises Refused where that is no single value."""
    is_lazy = m.matches(store.func, m.Attribute(attr=m.Name("get_or_set") | m.Name("aget_or_set")))
    named = [each.value for each in store.args if each.keyword is not None and each.keyword.value in _KEYWORDS]
    positional = [each.value for each in store.args if each.keyword is None]
    values = named or positional[1:2]
    if not values or any(each.star for each in store.args):
        raise Refused(reason("store-form", function=node.name.value))
    value = values[0]
    if not is_lazy or not is_callable:
        return Given(value, value, value, is_lazy=is_lazy)
    maker = _maker(node, value)
    if maker is not None:
        *before, last = block_of(maker.body)
        returned = last.body[0] if isinstance(last, cst.SimpleStatementLine) else None
        if isinstance(returned, cst.Return) and returned.value is not None:
            return Given(value, returned.value, value, tuple(before), maker, is_lazy=True)
    return Given(value, _called(value), value, is_lazy=True)


_KEYWORDS = ("value", "default")


def _maker(node: cst.FunctionDef, value: cst.BaseExpression) -> cst.FunctionDef | None:
    """The function inside the function that the cache is to call, where it takes nothing and nothing else uses it."""
    if not isinstance(value, cst.Name):
        return None
    functions = (each for each in block_of(node.body) if isinstance(each, cst.FunctionDef))
    found = [each for each in functions if each.name.value == value.value]
    used = m.findall(node.body, m.Name(value.value))
    if len(found) != 1 or len(used) != 2 or found[0].decorators or parameters(found[0].params):
        return None
    inner = found[0]
    if inner.asynchronous is not None or not isinstance(inner.body, cst.IndentedBlock):
        raise Refused(reason("coroutine-given", function=node.name.value))
    return inner


def _called(value: cst.BaseExpression) -> cst.BaseExpression:
    """What the call of a callable gives."""
    if isinstance(value, cst.Lambda):
        return value.body
    if isinstance(value, cst.Call) and value.args and m.matches(value.func, PARTIAL):
        return cst.Call(value.args[0].value, value.args[1:])
    return cst.Call(value)


@cache
def _operations() -> Mapping[str, Operation]:
    return Knowledge().operations


@cache
def _harmless() -> m.BaseMatcherNode:
    """Calls that put a query together and run none."""
    refining = {name for name, row in _operations().items() if row.effect is Effect.REFINES}
    methods = (m.Name(name) for name in sorted({"get_queryset", "all", "none", *refining}))
    parts = (m.Name(name) for name in ("Q", "F", "Value", "Count", "Prefetch"))
    return m.Call(func=m.Attribute(attr=m.OneOf(*methods))) | m.Call(func=m.OneOf(*parts))


def is_lazy_query(node: cst.CSTNode) -> bool:
    """Whether nothing in a node can run code other than that of QuerySets being put together."""
    running = m.Call() | m.Await() | m.Subscript() | m.CompFor() | m.FormattedStringExpression()
    return all(m.matches(each, _harmless()) for each in m.findall(node, running))


def is_no_queryset(
    node: cst.BaseExpression, function: cst.FunctionDef, seen: frozenset[str] = frozenset()
) -> bool:
    """Whether an expression is something else than a QuerySet: rows in a list, one row, a number."""
    match node:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            operation = _operations().get(name)
            return operation is not None and operation.gives not in ("queryset", "values", "raw")
        case cst.Name(value=name) if not m.matches(node, _WORDS):
            values = list(_assigned(function, name))
            is_known = bool(values) and name not in seen
            return is_known and all(is_no_queryset(each, function, seen | {name}) for each in values)
        case _:
            return isinstance(node, _NO_QUERYSETS) or m.matches(node, m.Call(func=_ROWS) | _WORDS)


def _assigned(function: cst.FunctionDef, name: str) -> Iterator[cst.BaseExpression]:
    """What an assignment gives a variable, but for what a cache gives back."""
    for each in own(function.body, cst.Assign):
        is_given = isinstance(each, cst.Assign) and name in binds(each)
        if isinstance(each, cst.Assign) and is_given and not m.matches(each.value, _READS):
            yield each.value
