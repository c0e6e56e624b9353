"""The parts of a function that stores in its body: the read, the test for a miss, what is computed, the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewriters.misses import code, is_logging
from qscache_lint.fixing.rewriters.variables import mutates
from qscache_lint.fixing.state import CHANGING
from qscache_lint.reasons import reason

Statements = tuple[cst.BaseStatement, ...]

PARTIAL = m.Name("partial") | m.Attribute(attr=m.Name("partial"))


_CHANGING_METHODS = m.OneOf(*(m.Name(name) for name in sorted(CHANGING)))


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The parts of a function that stores: what stands before the query, what builds it, and the name it gets.

    `miss` is the block with the store: the body of an `if`, or that of the function. `build` are its statements
    `first` up to and not including `store`. Where the value is an argument of the storing call itself, `given` is it.
    """

    before: Statements
    build: Statements
    variable: str
    given: cst.BaseExpression | None = None
    is_called: bool = False
    """Whether `given` is a callable that makes the QuerySet."""


def dissect(node: cst.FunctionDef, store: cst.Call, *, is_callable: bool) -> Anatomy:
    """The parts of a function that stores. Raises Refused for a form that cannot be taken apart."""
    if not isinstance(node.body, cst.IndentedBlock):
        raise Refused(reason("one-line", function=node.name.value))
    statements = tuple(node.body.body)
    given = _given_value(store)
    if given is not None and node.asynchronous is not None:
        raise Refused(reason("async-get-or-set", function=node.name.value))
    if given is not None:
        return _of_get_or_set(node, statements, store, given, is_callable=is_callable)
    variable = _stored_variable(store)
    if variable is None:
        raise Refused(reason("stores-no-variable", function=node.name.value))
    for index, statement in enumerate(statements):
        if _is_expression(statement, store):
            return _of_early_return(node, statements, index, variable)
        if isinstance(statement, cst.If) and store in calls_in(statement.body):
            return _of_miss(node, statements, index, statement, store, variable)
    raise Refused(reason("store-form", function=node.name.value))


def _of_miss(
    node: cst.FunctionDef, statements: Statements, index: int, miss: cst.If, store: cst.Call, variable: str
) -> Anatomy:
    """`if rows is None:` with the query and the store, then `return rows`."""
    inner = tuple(miss.body.body) if isinstance(miss.body, cst.IndentedBlock) else ()
    at = next((place for place, each in enumerate(inner) if _is_expression(each, store)), None)
    if not at or miss.orelse is not None or not _tests_miss(miss.test, variable):
        raise Refused(reason("store-form", function=node.name.value))
    rest = (*inner[at + 1 :], *statements[index + 1 :])
    if not rest or not all(_returns(each, variable) for each in rest) or not _returns(statements[-1], variable):
        raise Refused(reason("more-than-return", function=node.name.value))
    before = _without_read(node, statements[:index], variable, is_read_in_test=_binds(miss.test, variable))
    return Anatomy(before, tuple(each for each in inner[:at] if isinstance(each, cst.BaseStatement)), variable)


def _of_early_return(node: cst.FunctionDef, statements: Statements, index: int, variable: str) -> Anatomy:
    """`if rows is not None: return rows`, then the query, the store and `return rows`.

    What is read may have a name of its own.
    """
    hit = next((place for place, each in enumerate(statements[:index]) if _returned_hit(each) is not None), None)
    rest = statements[index + 1 :]
    if hit is None or len(rest) != 1 or not _returns(rest[0], variable):
        raise Refused(reason("store-form", function=node.name.value))
    test, build = statements[hit], statements[hit + 1 : index]
    found = _returned_hit(test)
    assert isinstance(test, cst.If)
    assert found is not None
    if found != variable and any(found in names_in(each) for each in (*build, *rest)):
        raise Refused(reason("query-of-cached", function=node.name.value))
    before = _without_read(node, statements[:hit], found, is_read_in_test=_binds(test.test, found))
    return Anatomy(before, build, variable)


def _returned_hit(statement: cst.BaseStatement) -> str | None:
    """The variable that `if rows is not None: return rows` returns."""
    if not isinstance(statement, cst.If) or statement.orelse is not None or len(statement.body.body) != 1:
        return None
    returned = m.Return(m.SaveMatchedNode(m.Name(), "name"))
    found = m.extract(statement.body.body[0], m.SimpleStatementLine([returned]) | returned)
    name = None if found is None else found.get("name")
    is_hit = isinstance(name, cst.Name) and _tests_hit(statement.test, name.value)
    return name.value if isinstance(name, cst.Name) and is_hit else None


def _of_get_or_set(
    node: cst.FunctionDef, statements: Statements, store: cst.Call, given: cst.BaseExpression, *, is_callable: bool
) -> Anatomy:
    """`return cache.get_or_set(key, …)`, with or without a variable in between."""
    for index, statement in enumerate(statements):
        if store not in calls_in(statement):
            continue
        rest = statements[index + 1 :]
        variable = _assigned(statement, store)
        direct = isinstance(statement, cst.SimpleStatementLine) and m.matches(
            statement.body[-1], m.Return(value=m.MatchIfTrue(lambda value: value is store))
        )
        if (direct and not rest) or (variable and len(rest) == 1 and _returns(rest[0], variable)):
            return Anatomy(statements[:index], (), variable or "", given, is_callable)
        break
    raise Refused(reason("more-than-return", function=node.name.value))


def _without_read(node: cst.FunctionDef, before: Statements, variable: str, *, is_read_in_test: bool) -> Statements:
    """The statements before a miss, without the one that reads the cache into the variable."""
    reads = [each for each in before if is_assignment(each, variable)]
    if len(reads) != (0 if is_read_in_test else 1):
        raise Refused(reason("read-form", function=node.name.value))
    return tuple(each for each in before if each not in reads)


def refuse_rebound(node: cst.FunctionDef, anatomy: Anatomy) -> None:
    """Raises Refused when the two halves would not get the same: arguments that change, names of the other half."""
    parameters = {each.value for each in m.findall(node.params, m.Name()) if isinstance(each, cst.Name)}
    for name in sorted(parameters):
        if any(_changes(statement, name) for statement in anatomy.before):
            raise Refused(reason("changed-before-read", function=node.name.value, name=name))
    made = {name for statement in anatomy.build for name in targets_of(statement)} - {anatomy.variable}
    for name in sorted(made & names_in(_without(node, anatomy.build)) if made else ()):
        raise Refused(reason("made-with-query", function=node.name.value, name=name))


def refuse_running_twice(node: cst.FunctionDef, anatomy: Anatomy) -> None:
    """Raises Refused where both halves would make a call that gives nothing, and so is made for what it does."""
    own = {name for statement in anatomy.before for name in targets_of(statement)}
    for statement in anatomy.before:
        is_call = m.matches(statement, m.SimpleStatementLine([m.Expr(m.Call() | m.Await())]))
        if is_call and not is_logging(statement) and not (mutates(statement) and mutates(statement) <= own):
            raise Refused(reason("runs-twice", function=f"{node.name.value}()", what=code(statement)))


def _without(node: cst.FunctionDef, statements: Statements) -> cst.BaseSuite:
    left = node.body.visit(ReplaceStatements(statements, [cst.parse_statement("pass")]))
    assert isinstance(left, cst.BaseSuite)
    return left


def _changes(statement: cst.BaseStatement, name: str) -> bool:
    """Whether a statement binds a name anew, or may change the very object that it stands for."""
    variable = m.Name(name)
    changing = (
        m.Call(func=m.Attribute(value=variable, attr=_CHANGING_METHODS))
        | m.AssignTarget(m.Subscript(value=variable) | m.Attribute(value=variable))
        | m.AugAssign(target=m.Subscript(value=variable) | m.Attribute(value=variable))
        | m.Del(target=m.Subscript(value=variable) | variable)
    )
    return name in targets_of(statement) or bool(m.findall(statement, changing))


def _given_value(store: cst.Call) -> cst.BaseExpression | None:
    """The default of `get_or_set`."""
    if not m.matches(store.func, m.Attribute(attr=m.Name("get_or_set") | m.Name("aget_or_set"))):
        return None
    positional = [each.value for each in store.args if each.keyword is None and not each.star]
    named = [each.value for each in store.args if each.keyword is not None and each.keyword.value == "default"]
    return (*positional[1:2], *named)[0] if positional[1:2] or named else None


def _stored_variable(store: cst.Call) -> str | None:
    """The variable that `cache.set(key, variable)` stores."""
    values = [each.value for each in store.args if each.keyword is not None and each.keyword.value == "value"]
    values += [each.value for each in store.args if each.keyword is None][1:2]
    return values[0].value if values and isinstance(values[0], cst.Name) else None


def _is_expression(statement: cst.CSTNode, call: cst.Call) -> bool:
    """Whether a statement is just the call, awaited or not."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    expression = statement.body[0].value if isinstance(statement.body[0], cst.Expr) else None
    return expression is call or (isinstance(expression, cst.Await) and expression.expression is call)


def calls_in(node: cst.CSTNode) -> Sequence[cst.Call]:
    """The calls in a node, in the order of the code."""
    return [found for found in m.findall(node, m.Call()) if isinstance(found, cst.Call)]


def _returns(statement: cst.CSTNode, variable: str) -> bool:
    return m.matches(statement, m.SimpleStatementLine([m.Return(m.Name(variable))])) or m.matches(
        statement, m.Return(m.Name(variable))
    )


def _assigned(statement: cst.BaseStatement, value: cst.BaseExpression) -> str | None:
    """The variable that a statement gives just this value."""
    found = m.extract(
        statement,
        m.SimpleStatementLine(
            [m.Assign([m.AssignTarget(m.SaveMatchedNode(m.Name(), "name"))], m.MatchIfTrue(lambda node: node is value))]
        ),
    )
    name = None if found is None else found.get("name")
    return name.value if isinstance(name, cst.Name) else None


def only_target(statement: cst.BaseStatement) -> str | None:
    target = m.AssignTarget(m.SaveMatchedNode(m.Name(), "name"))
    annotated = m.AnnAssign(target=m.SaveMatchedNode(m.Name(), "name"), value=~m.MatchIfTrue(lambda node: node is None))
    found = m.extract(statement, m.SimpleStatementLine([m.Assign([target]) | annotated]))
    name = None if found is None else found.get("name")
    return name.value if isinstance(name, cst.Name) else None


def is_assignment(statement: cst.BaseStatement, variable: str) -> bool:
    return only_target(statement) == variable


def targets_of(node: cst.CSTNode) -> frozenset[str]:
    """The names that a node binds by assignments, loops, and `with`."""
    binding = m.AssignTarget() | m.AnnAssign() | m.AugAssign() | m.NamedExpr() | m.For() | m.AsName()
    targets = [getattr(found, "target", getattr(found, "name", None)) for found in m.findall(node, binding)]
    return frozenset(name for target in targets if isinstance(target, cst.CSTNode) for name in names_in(target))


def names_in(node: cst.CSTNode) -> frozenset[str]:
    return frozenset(found.value for found in m.findall(node, m.Name()) if isinstance(found, cst.Name))


def _binds(test: cst.BaseExpression, variable: str) -> bool:
    """Whether a test reads the cache into the variable: `(rows := cache.get(key)) is None`."""
    return bool(m.findall(test, m.NamedExpr(target=m.Name(variable))))


def _tests_miss(test: cst.BaseExpression, variable: str) -> bool:
    """`rows is None`, `not rows`, `rows is MISSING`, `rows == MISSING`."""
    value = m.Name(variable) | m.NamedExpr(target=m.Name(variable))
    compared = m.Comparison(left=value, comparisons=[m.ComparisonTarget(m.Is() | m.Equal())])
    return m.matches(test, m.UnaryOperation(m.Not(), value) | compared)


def _tests_hit(test: cst.BaseExpression, variable: str) -> bool:
    """`rows is not None`, `rows`, `rows is not MISSING`."""
    value = m.Name(variable) | m.NamedExpr(target=m.Name(variable))
    compared = m.Comparison(left=value, comparisons=[m.ComparisonTarget(m.IsNot() | m.NotEqual())])
    return m.matches(test, value | compared)


class ReplaceStatements(cst.CSTTransformer):
    """Puts `fresh` in the place of the statements `old`, which follow each other in one block."""

    def __init__(self, old: Statements, fresh: Sequence[cst.CSTNode]) -> None:
        super().__init__()
        self._old = old
        self._fresh = fresh

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        if original_node is self._old[0]:
            return cst.FlattenSentinel(self._fresh)
        if any(original_node is each for each in self._old):
            return cst.RemoveFromParent()
        return updated_node
