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

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.rewrite import FunctionChange
from qscache_lint.fixing.rewriters.anatomy import (
    PARTIAL,
    Anatomy,
    ReplaceStatements,
    calls_in,
    dissect,
    is_assignment,
    names_in,
    only_target,
    refuse_rebound,
    refuse_running_twice,
    targets_of,
)
from qscache_lint.fixing.rewriters.definitions import Names, Style, docstring_line, is_docstring, returning
from qscache_lint.fixing.rewriters.replacing import Replace
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_OTHER_VARIABLE = "rows"


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
        refuse_rebound(node, anatomy)
        refuse_running_twice(node, anatomy)
        builder = built(node, anatomy).with_changes(name=cst.Name(self._names.builder))
        rows = style.rows_of(style.builder_call(self._names.builder, node.params))
        node = self._with_annotated_read(self._without_shadow(node, anatomy))
        cached = _without_dead(with_rows(node, self._anatomy(node), rows), anatomy).with_changes(
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
        if self._style.cached_function.is_member or self._names.builder not in targets_of(node.body):
            return node
        if anatomy.variable != self._names.builder:
            raise Refused(_shadowed(node, self._names.builder))
        if _OTHER_VARIABLE in names_in(node):
            raise Refused(_shadowed(node, _OTHER_VARIABLE))
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
        changed = with_rows(node, anatomy, self._rows(anatomy), keep_build=anatomy.given is None)
        return changed.with_changes(returns=self._style.annotation(node.returns))

    def _rows(self, anatomy: Anatomy) -> cst.BaseExpression:
        if anatomy.given is None:
            return self._style.rows_of(cst.Name(anatomy.variable))
        return self._style.rows_of(_value_of(anatomy))


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
    if isinstance(given, cst.Call) and given.args and m.matches(given.func, PARTIAL):
        return cst.Call(given.args[0].value, given.args[1:])
    return cst.Call(given)


def _single_value(anatomy: Anatomy) -> cst.BaseExpression | None:
    """The query, where one assignment builds it."""
    if len(anatomy.build) != 1 or not isinstance(anatomy.build[0], cst.SimpleStatementLine):
        return None
    statement = anatomy.build[0]
    if len(statement.body) == 1 and isinstance(statement.body[0], cst.Assign) and len(statement.body[0].targets) == 1:
        return statement.body[0].value if is_assignment(statement, anatomy.variable) else None
    return None


def with_rows(
    node: cst.FunctionDef, anatomy: Anatomy, rows: cst.BaseExpression, *, keep_build: bool = False
) -> cst.FunctionDef:
    """The function that stores `rows`, instead of what it builds or (`keep_build`) behind that."""
    if anatomy.given is not None:
        lazy = cst.Lambda(cst.Parameters(), rows)
        changed = node.body.visit(Replace({id(anatomy.given): [lazy]}))
        assert isinstance(changed, cst.IndentedBlock)
        statements = [each for each in changed.body if isinstance(each, cst.BaseStatement)]
        return _with_body(node, _without_unused(statements, names_in(anatomy.given)))
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(anatomy.variable))], rows)])
    single = _single_value(anatomy)
    fresh: list[cst.CSTNode] = [*anatomy.build, line] if keep_build else [line]
    if keep_build and single is not None and isinstance(rows, cst.Call):
        wrapped = rows.with_changes(args=[cst.Arg(single)])
        fresh = [anatomy.build[0].deep_replace(single, wrapped)]
    body = node.body.visit(ReplaceStatements(anatomy.build, fresh))
    assert isinstance(body, cst.BaseSuite)
    return node.with_changes(body=body)


def _without_dead(node: cst.FunctionDef, anatomy: Anatomy) -> cst.FunctionDef:
    """The function without a nested one that made the query, where nothing calls that any more."""
    name = anatomy.given.value if isinstance(anatomy.given, cst.Name) else ""
    body = [each for each in node.body.body if isinstance(each, cst.BaseStatement)]
    makers = [each for each in body if isinstance(each, cst.FunctionDef) and each.name.value == name]
    others = [each for each in body if each not in makers]
    if not makers or any(name in names_in(each) for each in others):
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
    at = 1 if is_docstring(body[0]) else 0
    lines = [cst.EmptyLine(comment=cst.Comment(text)) for text in comments.elements()]
    first = body[at]
    above = [*lines, *getattr(first, "leading_lines", ())]
    return _with_body(node, [*body[:at], first.with_changes(leading_lines=above), *body[at + 1 :]])


def _with_docstring(node: cst.FunctionDef, note: str) -> cst.FunctionDef:
    """The function with `note` as its docstring."""
    assert isinstance(node.body, cst.IndentedBlock)
    body = [each for each in node.body.body if isinstance(each, cst.BaseStatement)]
    if is_docstring(body[0]):
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
        name = only_target(statement) or _only_function(statement)
        may_go = name is not None and (candidates is None or name in candidates)
        if may_go and not any(name in names_in(each) for each in kept):
            candidates = None if candidates is None else candidates | names_in(statement)
            continue
        kept.insert(0, statement)
    return kept


def _only_function(statement: cst.BaseStatement) -> str | None:
    """The name of a function that a statement defines, when no decorator sees it."""
    is_plain = isinstance(statement, cst.FunctionDef) and not statement.decorators
    return statement.name.value if isinstance(statement, cst.FunctionDef) and is_plain else None


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


def _shadowed(node: cst.FunctionDef, name: str) -> Reason:
    return reason("shadowed", function=node.name.value, what="variable", name=name)
