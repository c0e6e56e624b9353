"""Definitions that store in their body: get, miss, set, or `get_or_set`.

    def stories(section):                            def stories(section):
        key = f"stories:{section}"                       return Story.objects.filter(section=section)
        rows = cache.get(key)
        if rows is None:                      ->     def cached_stories(section):
            rows = Story.objects.filter(…)               key = f"stories:{section}"
            cache.set(key, rows)                         rows = cache.get(key)
        return rows                                      if rows is None:
                                                             rows = list(stories(section))
                                                             cache.set(key, rows)
                                                         return rows

The parts are found by their form; a function of any other form is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewrite import FunctionChange
from qscache_lint.fixing.rewriters.definitions import Names, Style, docstring_line, returning
from qscache_lint.fixing.state import CHANGING

_PARTIAL = m.Name("partial") | m.Attribute(attr=m.Name("partial"))

_OTHER_VARIABLE = "rows"
_CHANGING_METHODS = m.OneOf(*(m.Name(name) for name in sorted(CHANGING)))

Statements = tuple[cst.BaseStatement, ...]


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


class _Stored(FunctionChange):
    """A change of a function that stores by its call number `store` (see `calls_in`)."""

    def __init__(self, style: Style, store: int, *, is_callable: bool) -> None:
        self._style = style
        self._store = store
        self._is_callable = is_callable

    def _anatomy(self, node: cst.FunctionDef) -> Anatomy:
        return dissect(node, calls_in(node)[self._store], is_callable=self._is_callable)

    def _with_annotated_read(self, node: cst.FunctionDef) -> cst.FunctionDef:
        """The function whose `rows: QuerySet[Story] | None = cache.get(…)` says what is read from now on."""
        anatomy = self._anatomy(node)
        for line in node.body.body:
            read = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
            if isinstance(read, cst.AnnAssign) and line not in (*anatomy.before, *anatomy.build):
                return cst.ensure_type(node.deep_replace(read, self._annotated_read(read)), cst.FunctionDef)
        return node

    def _annotated_read(self, read: cst.AnnAssign) -> cst.AnnAssign | cst.Assign:
        annotation = self._style.annotation(read.annotation)
        if annotation is not None or read.value is None:
            return read.with_changes(annotation=annotation)
        return cst.Assign([cst.AssignTarget(read.target)], read.value)


class SplitStored(_Stored):
    """Turns the definition into the builder and the function that stores its rows."""

    def __init__(self, style: Style, names: Names, store: int, *, is_callable: bool) -> None:
        super().__init__(style, store, is_callable=is_callable)
        self._names = names

    def apply(self, node: cst.FunctionDef) -> cst.FlattenSentinel[cst.BaseStatement]:
        style, anatomy = self._style, self._anatomy(node)
        _refuse_rebound(node, anatomy)
        builder = built(node, anatomy).with_changes(name=cst.Name(self._names.builder))
        rows = style.rows_of(style.builder_call(self._names.builder, node.params))
        node = self._with_annotated_read(self._without_shadow(node, anatomy))
        cached = _without_dead(_with_rows(node, self._anatomy(node), rows), anatomy).with_changes(
            name=cst.Name(self._names.cached),
            decorators=[each.with_changes(leading_lines=[]) for each in node.decorators],
            leading_lines=style.gap,
            returns=style.annotation(node.returns),
        )
        builder = _with_comments(builder, _comments(node) - _comments(builder) - _comments(cached))
        return cst.FlattenSentinel(
            [
                style.noted(builder, style.builder_note(self._names)),
                _with_docstring(cached, style.cached_note(self._names)),
            ]
        )

    def _without_shadow(self, node: cst.FunctionDef, anatomy: Anatomy) -> cst.FunctionDef:
        """The function with another variable, where that has the name of the builder which it is to call."""
        if self._style.cached_function.is_member or self._names.builder not in _targets(node.body):
            return node
        if anatomy.variable != self._names.builder:
            raise Refused(f"{node.name.value} has a variable of the same name")
        if _OTHER_VARIABLE in _names_in(node):
            raise Refused(f"{node.name.value} has a variable of the same name")
        renamed = node.body.visit(_RenameVariable(anatomy.variable, _OTHER_VARIABLE))
        assert isinstance(renamed, cst.BaseSuite)
        return node.with_changes(body=renamed)


class DropStore(_Stored):
    """Leaves the builder alone; comments beside what goes stay at its beginning."""

    def apply(self, node: cst.FunctionDef) -> cst.FunctionDef:
        left = built(node, self._anatomy(node))
        return _with_comments(left, _comments(node) - _comments(left))


class MaterialiseStored(_Stored):
    """Lets the function store rows, where it stores the QuerySet."""

    def apply(self, node: cst.FunctionDef) -> cst.FunctionDef:
        node = self._with_annotated_read(node)
        anatomy = self._anatomy(node)
        changed = _with_rows(node, anatomy, self._rows(anatomy), keep_build=anatomy.given is None)
        return changed.with_changes(returns=self._style.annotation(node.returns))

    def _rows(self, anatomy: Anatomy) -> cst.BaseExpression:
        if anatomy.given is None:
            return self._style.rows_of(cst.Name(anatomy.variable))
        return self._style.rows_of(_value_of(anatomy))


# -- finding the parts


def dissect(node: cst.FunctionDef, store: cst.Call, *, is_callable: bool) -> Anatomy:
    """The parts of a function that stores. Raises Refused for a form that cannot be taken apart."""
    if not isinstance(node.body, cst.IndentedBlock):
        raise Refused(f"{node.name.value} is written on one line")
    statements = tuple(node.body.body)
    given = _given_value(store)
    if given is not None and node.asynchronous is not None:
        raise Refused(f"{node.name.value} is asynchronous, and get_or_set() takes no rows that have to be awaited")
    if given is not None:
        return _of_get_or_set(node, statements, store, given, is_callable=is_callable)
    variable = _stored_variable(store)
    if variable is None:
        raise Refused(f"{node.name.value} stores something else than a variable")
    for index, statement in enumerate(statements):
        if _is_expression(statement, store):
            return _of_early_return(node, statements, index, variable)
        if isinstance(statement, cst.If) and store in calls_in(statement.body):
            return _of_miss(node, statements, index, statement, store, variable)
    raise Refused(f"{node.name.value} stores in a form that cannot be split")


def _of_miss(
    node: cst.FunctionDef, statements: Statements, index: int, miss: cst.If, store: cst.Call, variable: str
) -> Anatomy:
    """`if rows is None:` with the query and the store, then `return rows`."""
    inner = tuple(miss.body.body) if isinstance(miss.body, cst.IndentedBlock) else ()
    at = next((place for place, each in enumerate(inner) if _is_expression(each, store)), None)
    if not at or miss.orelse is not None or not _tests_miss(miss.test, variable):
        raise Refused(f"{node.name.value} stores in a form that cannot be split")
    rest = (*inner[at + 1 :], *statements[index + 1 :])
    if not rest or not all(_returns(each, variable) for each in rest) or not _returns(statements[-1], variable):
        raise Refused(f"{node.name.value} does more than to return what it has stored")
    before = _without_read(node, statements[:index], variable, is_read_in_test=_binds(miss.test, variable))
    return Anatomy(before, tuple(each for each in inner[:at] if isinstance(each, cst.BaseStatement)), variable)


def _of_early_return(node: cst.FunctionDef, statements: Statements, index: int, variable: str) -> Anatomy:
    """`if rows is not None: return rows`, then the query, the store and `return rows`.

    What is read may have a name of its own.
    """
    hit = next((place for place, each in enumerate(statements[:index]) if _returned_hit(each) is not None), None)
    rest = statements[index + 1 :]
    if hit is None or len(rest) != 1 or not _returns(rest[0], variable):
        raise Refused(f"{node.name.value} stores in a form that cannot be split")
    test, build = statements[hit], statements[hit + 1 : index]
    found = _returned_hit(test)
    assert isinstance(test, cst.If)
    assert found is not None
    if found != variable and any(found in _names_in(each) for each in (*build, *rest)):
        raise Refused(f"{node.name.value} makes its query of what it reads from the cache")
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
    raise Refused(f"{node.name.value} does more than to return what it has stored")


def _without_read(
    node: cst.FunctionDef, before: Statements, variable: str, *, is_read_in_test: bool
) -> Statements:
    """The statements before a miss, without the one that reads the cache into the variable."""
    reads = [each for each in before if _is_assignment(each, variable)]
    if len(reads) != (0 if is_read_in_test else 1):
        raise Refused(f"{node.name.value} reads its cache in a form that cannot be split")
    return tuple(each for each in before if each not in reads)


def _refuse_rebound(node: cst.FunctionDef, anatomy: Anatomy) -> None:
    """Raises Refused when the two halves would not get the same: arguments that change, names of the other half."""
    parameters = {each.value for each in m.findall(node.params, m.Name()) if isinstance(each, cst.Name)}
    for name in sorted(parameters):
        if any(_changes(statement, name) for statement in anatomy.before):
            raise Refused(f"{node.name.value} changes {name} before it reads its cache")
    made = {name for statement in anatomy.build for name in _targets(statement)} - {anatomy.variable}
    for name in sorted(made & _names_in(_without(node, anatomy.build)) if made else ()):
        raise Refused(f"{node.name.value} makes {name} together with the query, and needs it to store the rows")


def _without(node: cst.FunctionDef, statements: Statements) -> cst.BaseSuite:
    left = node.body.visit(_ReplaceStatements(statements, [cst.parse_statement("pass")]))
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
    return name in _targets(statement) or bool(m.findall(statement, changing))


# -- writing the halves


def built(node: cst.FunctionDef, anatomy: Anatomy) -> cst.FunctionDef:
    """The builder: the function without its cache, and without what only the cache needed."""
    if anatomy.given is not None:
        body: list[cst.BaseStatement] = [*anatomy.before, _builder_return(node, anatomy)]
    else:
        single = _single_value(anatomy)
        ending = [returning(single)] if single is not None else [*anatomy.build, returning(cst.Name(anatomy.variable))]
        if single is not None and isinstance(anatomy.build[0], cst.SimpleStatementLine):
            line = anatomy.build[0]
            ending = [
                ending[0].with_changes(leading_lines=line.leading_lines, trailing_whitespace=line.trailing_whitespace)
            ]
        body = [*anatomy.before, *ending]
    return _with_body(node, _without_unused(body))


def _builder_return(node: cst.FunctionDef, anatomy: Anatomy) -> cst.SimpleStatementLine:
    """The `return` of the QuerySet, behind an inner function with the empty lines that stood there."""
    end = returning(_value_of(anatomy))
    store = node.body.body[len(anatomy.before)]
    is_behind = bool(anatomy.before) and isinstance(anatomy.before[-1], cst.FunctionDef)
    if not is_behind or not isinstance(store, cst.SimpleStatementLine):
        return end
    return end.with_changes(leading_lines=[each for each in store.leading_lines if each.comment is None])


def _value_of(anatomy: Anatomy) -> cst.BaseExpression:
    """The expression that is the QuerySet: what a lambda returns, what a callable gives, or the value itself."""
    given = anatomy.given
    assert given is not None
    if isinstance(given, cst.Lambda):
        return given.body
    if not anatomy.is_called:
        return given
    if isinstance(given, cst.Call) and given.args and m.matches(given.func, _PARTIAL):
        return cst.Call(given.args[0].value, given.args[1:])
    return cst.Call(given)


def _single_value(anatomy: Anatomy) -> cst.BaseExpression | None:
    """The query, where one assignment builds it."""
    if len(anatomy.build) != 1 or not isinstance(anatomy.build[0], cst.SimpleStatementLine):
        return None
    statement = anatomy.build[0]
    if len(statement.body) == 1 and isinstance(statement.body[0], cst.Assign) and len(statement.body[0].targets) == 1:
        return statement.body[0].value if _is_assignment(statement, anatomy.variable) else None
    return None


def _with_rows(
    node: cst.FunctionDef, anatomy: Anatomy, rows: cst.BaseExpression, *, keep_build: bool = False
) -> cst.FunctionDef:
    """The function that stores `rows`, instead of what it builds or (`keep_build`) behind that."""
    if anatomy.given is not None:
        lazy = cst.Lambda(cst.Parameters(), rows)
        changed = node.body.visit(_Replace({anatomy.given: lazy}))
        assert isinstance(changed, cst.IndentedBlock)
        statements = [each for each in changed.body if isinstance(each, cst.BaseStatement)]
        return _with_body(node, _without_unused(statements, _names_in(anatomy.given)))
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(anatomy.variable))], rows)])
    single = _single_value(anatomy)
    fresh: list[cst.CSTNode] = [*anatomy.build, line] if keep_build else [line]
    if keep_build and single is not None and isinstance(rows, cst.Call):
        wrapped = rows.with_changes(args=[cst.Arg(single)])
        fresh = [anatomy.build[0].deep_replace(single, wrapped)]
    body = node.body.visit(_ReplaceStatements(anatomy.build, fresh))
    assert isinstance(body, cst.BaseSuite)
    return node.with_changes(body=body)


def _without_dead(node: cst.FunctionDef, anatomy: Anatomy) -> cst.FunctionDef:
    """The function without a nested one that made the query, where nothing calls that any more."""
    name = anatomy.given.value if isinstance(anatomy.given, cst.Name) else ""
    body = [each for each in node.body.body if isinstance(each, cst.BaseStatement)]
    makers = [each for each in body if isinstance(each, cst.FunctionDef) and each.name.value == name]
    others = [each for each in body if each not in makers]
    if not makers or any(name in _names_in(each) for each in others):
        return node
    return _with_body(node, others)


def _with_body(node: cst.FunctionDef, body: Sequence[cst.BaseStatement]) -> cst.FunctionDef:
    assert isinstance(node.body, cst.IndentedBlock)
    return node.with_changes(body=node.body.with_changes(body=list(body)))


def _comments(node: cst.FunctionDef) -> Counter[str]:
    return Counter(each.value for each in m.findall(node.body, m.Comment()) if isinstance(each, cst.Comment))


def _with_comments(node: cst.FunctionDef, comments: Counter[str]) -> cst.FunctionDef:
    """The function with comments above its first statement behind the docstring."""
    assert isinstance(node.body, cst.IndentedBlock)
    body = [each for each in node.body.body if isinstance(each, cst.BaseStatement)]
    at = 1 if _is_docstring(body[0]) else 0
    lines = [cst.EmptyLine(comment=cst.Comment(text)) for text in comments.elements()]
    first = body[at]
    above = [*lines, *getattr(first, "leading_lines", ())]
    return _with_body(node, [*body[:at], first.with_changes(leading_lines=above), *body[at + 1 :]])


def _is_docstring(statement: cst.BaseStatement) -> bool:
    return m.matches(statement, m.SimpleStatementLine([m.Expr(m.SimpleString() | m.ConcatenatedString())]))


def _with_docstring(node: cst.FunctionDef, note: str) -> cst.FunctionDef:
    """The function with `note` as its docstring."""
    assert isinstance(node.body, cst.IndentedBlock)
    body = [each for each in node.body.body if isinstance(each, cst.BaseStatement)]
    if _is_docstring(body[0]):
        body = body[1:]
    lines = [*getattr(body[0], "leading_lines", ())]
    first = body[0].with_changes(leading_lines=lines[1:]) if lines and lines[0].comment is None else body[0]
    return _with_body(node, [docstring_line(note), first, *body[1:]])


def _without_unused(
    body: Sequence[cst.BaseStatement], candidates: frozenset[str] | None = None
) -> list[cst.BaseStatement]:
    """The statements without what makes names that nothing behind them reads: the key of the cache that is gone.

    `candidates` are the names that may go, with those that only they need; None: all.
    """
    kept: list[cst.BaseStatement] = []
    for statement in reversed(body):
        name = _only_target(statement) or _only_function(statement)
        may_go = name is not None and (candidates is None or name in candidates)
        if may_go and not any(name in _names_in(each) for each in kept):
            candidates = None if candidates is None else candidates | _names_in(statement)
            continue
        kept.insert(0, statement)
    return kept


def _only_function(statement: cst.BaseStatement) -> str | None:
    """The name of a function that a statement defines, when no decorator sees it."""
    is_plain = isinstance(statement, cst.FunctionDef) and not statement.decorators
    return statement.name.value if isinstance(statement, cst.FunctionDef) and is_plain else None


# -- questions about nodes


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


def _only_target(statement: cst.BaseStatement) -> str | None:
    target = m.AssignTarget(m.SaveMatchedNode(m.Name(), "name"))
    annotated = m.AnnAssign(target=m.SaveMatchedNode(m.Name(), "name"), value=~m.MatchIfTrue(lambda node: node is None))
    found = m.extract(statement, m.SimpleStatementLine([m.Assign([target]) | annotated]))
    name = None if found is None else found.get("name")
    return name.value if isinstance(name, cst.Name) else None


def _is_assignment(statement: cst.BaseStatement, variable: str) -> bool:
    return _only_target(statement) == variable


def _targets(node: cst.CSTNode) -> frozenset[str]:
    """The names that a node binds by assignments, loops, and `with`."""
    binding = m.AssignTarget() | m.AnnAssign() | m.AugAssign() | m.NamedExpr() | m.For() | m.AsName()
    targets = [getattr(found, "target", getattr(found, "name", None)) for found in m.findall(node, binding)]
    return frozenset(name for target in targets if isinstance(target, cst.CSTNode) for name in _names_in(target))


def _names_in(node: cst.CSTNode) -> frozenset[str]:
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


class _Replace(cst.CSTTransformer):
    """Puts other nodes in the place of some."""

    def __init__(self, places: dict[cst.BaseExpression, cst.BaseExpression]) -> None:
        super().__init__()
        self._places = places

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        for old, new in self._places.items():
            if original_node is old:
                return new
        return updated_node


class _RenameVariable(cst.CSTTransformer):
    """Gives a variable another name; attributes and keywords of the same name stay."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old = old
        self._new = new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        return updated_node.with_changes(value=self._new) if updated_node.value == self._old else updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)


class _ReplaceStatements(cst.CSTTransformer):
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
