"""The body of a builder: what a function that stores does on a miss, up to the value, without its cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import libcst as cst
import libcst.matchers as m

from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.reflection import REFLECTIVE
from qscache_lint.fixing.rewriters.anatomy import calls_in
from qscache_lint.fixing.rewriters.definitions import returning
from qscache_lint.fixing.rewriters.misses import Misses, awaited, code, same
from qscache_lint.fixing.rewriters.route import Route, Statements, Step, Turn, Walk, block_of, bound_around, on_a_miss
from qscache_lint.fixing.rewriters.slicing import Slice, Slicer
from qscache_lint.fixing.rewriters.values import Given, given, is_lazy_query, is_no_queryset
from qscache_lint.fixing.rewriters.variables import Names, aliases, binds, changes, ends, own, parameters, reads
from qscache_lint.reasons import reason


@dataclass(frozen=True)
class Extraction:
    """A function taken apart at its store."""

    node: cst.FunctionDef
    store: cst.Call
    given: Given
    route: Route
    slicer: Slicer

    @staticmethod
    def of(node: cst.FunctionDef, store: int, *, is_callable: bool, gentle: Collection[int] = ()) -> Extraction:
        """Take a function apart at its call number `store`; the calls number `gentle` change nothing of what they get.

        Raises Refused for a function that cannot be taken apart.
        """
        calls = calls_in(node)
        name, call = node.name.value, calls[store]
        if not isinstance(node.body, cst.IndentedBlock):
            raise Refused(reason("one-line", function=name))
        _refuse_unusual(node)
        if not isinstance(call.func, cst.Attribute):
            raise Refused(reason("store-form", function=name))
        misses = Misses(call.func.value)
        value = given(node, call, is_callable=is_callable)
        route = Walk(node, call, misses).route(node.body)
        if isinstance(value.expression, (cst.Attribute, cst.Subscript)) and not value.is_lazy:
            value, route = _of_field(name, value, route)
        left_alone = frozenset(id(calls[number]) for number in gentle)
        return Extraction(node, call, value, route, Slicer(name, misses, aliases(node), node, left_alone))

    @property
    def name(self) -> str:
        return self.node.name.value

    @cached_property
    def parameters(self) -> Names:
        return parameters(self.node.params)

    # -- the builder

    @cached_property
    def body(self) -> Statements:
        """The statements of the builder, up to its `return`."""
        return folded(self._whole.statements)

    @property
    def parts(self) -> tuple[tuple[Step, Statements], ...]:
        """The steps that the builder has something of, and what it has of each."""
        return self._whole.parts

    @property
    def needed(self) -> Names:
        """The parameters that the builder reads as they are given."""
        return self._whole.needed & self.parameters

    @cached_property
    def _whole(self) -> Slice:
        whole = self._value()
        forks = [index for index, turn in enumerate(self.route.turns) if turn.test is not None]
        for first, last in reversed(list(zip([-1, *forks], [*forks, len(self.route.turns)], strict=True))):
            steps = [step for step in self.route.steps if first < step.depth <= last]
            found = self.slicer.steps(steps, whole.needed)
            whole = Slice((*found.statements, *whole.statements), found.needed, (*found.parts, *whole.parts))
            whole = whole if first < 0 else self._with_other(self.route.turns[first], whole)
        return self._checked(whole)

    def _value(self) -> Slice:
        """The `return` of the value, behind the body of the function that makes it."""
        end = returning(self.given.expression)
        if self.given.maker is None:
            return Slice((end,), reads(end))
        return Slice((*self.given.statements, end), reads(self.given.maker))

    def _with_other(self, turn: Turn, taken: Slice) -> Slice:
        """What the function does on both sides of a test: once, where it is the same."""
        other = self.slicer.block(self._other_side(turn), frozenset())
        assert turn.test is not None
        if _same_statements(folded(other.statements), folded(taken.statements)):
            return taken
        first, second = (taken, other) if turn.leads_when else (other, taken)
        if not first.statements or not ends(first.statements[-1]):
            raise Refused(reason("stores-on-one-side", function=self.name))
        fork = cst.If(turn.test, cst.IndentedBlock(folded(first.statements)))
        needed = taken.needed | other.needed | reads(turn.test)
        return Slice((fork, *folded(second.statements)), needed, taken.parts)

    def _other_side(self, turn: Turn) -> Statements:
        """What runs where the test leads away from the store, up to the end of the function."""
        at = self.route.turns.index(turn)
        statements = list(turn.other)
        for each in (turn, *reversed(self.route.turns[:at])):
            if statements and ends(statements[-1]):
                break
            statements.extend(each.behind)
        assert turn.misses is not None
        left = on_a_miss(tuple(statements), turn.misses.copy())
        stop = next((index for index, each in enumerate(left) if ends(each)), len(left) - 1)
        return left[: stop + 1]

    def _checked(self, whole: Slice) -> Slice:
        """Raises Refused where the builder would lack something that the function has."""
        around = bound_around(self.route)
        for name in sorted(whole.needed & around):
            raise Refused(reason("bound-around-store", function=self.name, name=name))
        taken = frozenset[str]().union(*(binds(each) for each in whole.statements))
        for name in sorted((whole.needed & binds(self.node.body)) - self.parameters - taken):
            raise Refused(reason("bound-out-of-reach", function=self.name, name=name))
        read = frozenset().union(*(reads(each) for each in whole.statements))
        for deleted in sorted(read & {name for each in own(self.node.body, cst.Del) for name in binds(each)}):
            raise Refused(reason("variable-deleted", function=self.name, name=deleted))
        if around & self.parameters:
            raise Refused(reason("parameter-rebound", function=self.name))
        if any(self.slicer.misses.uses(each) for each in whole.statements):
            raise Refused(reason("query-of-cached", function=self.name))
        return whole

    # -- what follows the store

    @cached_property
    def other_ends(self) -> tuple[str, ...]:
        """What the function returns behind the store instead of the value. Raises Refused where that is a QuerySet."""
        equal, others = self._stored_names(), list[str]()
        for statement in self.route.continuation:
            returned = [each.value for each in own(statement, cst.Return) if isinstance(each, cst.Return)]
            for value in returned:
                if value is not None and self._is_stored(value, equal):
                    continue
                if isinstance(statement, cst.SimpleStatementLine) or not self._is_other(value):
                    raise Refused(reason("more-than-return", function=self.name))
                others.append("None" if value is None else code(value))
            if ends(statement):
                return tuple(others)
            equal = self._still_equal(statement, equal)
        if self._returns_store():
            return ()
        raise Refused(reason("not-returned", function=self.name))

    def _is_other(self, value: cst.BaseExpression | None) -> bool:
        return value is None or is_no_queryset(value, self.node)

    def _returns_store(self) -> bool:
        last = self.route.store.body[-1]
        return isinstance(last, cst.Return) and last.value is not None and awaited(last.value) is self.store

    def _stored_names(self) -> Names:
        """The variables that have the stored value behind the store."""
        line = self.route.store.body
        value = getattr(line[0], "value", None) if len(line) == 1 else None
        if value is None or awaited(value) is not self.store:
            raise Refused(reason("stores-in-expression", function=self.name))
        if self._returns_store():
            return frozenset()
        if self.given.is_lazy:
            return binds(self.route.store)
        variable = self.given.variable
        own_name = frozenset() if variable is None else frozenset({variable})
        equal = own_name
        for step in self.route.steps:
            copied = _copied(step.node)
            if copied is not None and copied[1] == variable:
                equal |= {copied[0]}
            elif binds(step.node) & equal:
                equal = own_name
        return equal

    def _is_stored(self, value: cst.BaseExpression, equal: Names) -> bool:
        if isinstance(value, cst.Name) and value.value in equal:
            return True
        return self._reads_back(value) or (not self.given.is_lazy and same(value, self.given.stored))

    def _reads_back(self, value: cst.BaseExpression) -> bool:
        """`cache.get(key)` behind `cache.set(key, …)`."""
        call = awaited(value)
        is_read = isinstance(call, cst.Call) and self.slicer.misses.read_by(value) is not None
        keys = self.store.args[:1]
        return is_read and isinstance(call, cst.Call) and bool(keys) and same(call.args[0].value, keys[0].value)

    def _still_equal(self, statement: cst.BaseStatement, equal: Names) -> Names:
        """The variables that have the stored value behind one more statement."""
        line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(line, cst.Assign) and self._is_stored(line.value, equal):
            return equal | binds(statement)
        is_aside = isinstance(statement, cst.If) and ends(statement.body)
        is_call = isinstance(line, cst.Expr)
        changed = binds(statement) | (frozenset() if is_call else changes(statement))
        if changed & equal and not is_aside:
            raise Refused(reason("changed-after-store", function=self.name, name=min(changed & equal)))
        self.slicer.leave_out_behind(statement)
        return equal


def _refuse_unusual(node: cst.FunctionDef) -> None:
    name = node.name.value
    if any(True for _ in own(node.body, cst.Yield)):
        raise Refused(reason("generator", function=name))
    if any(True for _ in own(node.body, cst.Global, cst.Nonlocal)):
        raise Refused(reason("outer-variables", function=name))
    for reflective in sorted(reads(node.body) & REFLECTIVE):
        raise Refused(reason("reflective", function=name, called=reflective))


def _of_field(name: str, value: Given, route: Route) -> tuple[Given, Route]:
    """What a field is given that is stored then: `self.rows = query`, `cache.set(key, self.rows)`."""
    *steps, last = route.steps or (None,)
    line = last.node.body[0] if last is not None and isinstance(last.node, cst.SimpleStatementLine) else None
    targets = line.targets if isinstance(line, cst.Assign) else ()
    is_plain = len(targets) == 1 and same(targets[0].target, value.expression)
    if not is_plain or not isinstance(line, cst.Assign):
        raise Refused(reason("field-not-assigned", function=name))
    if any(same(each, value.expression) for each in m.findall(line.value, m.Attribute() | m.Subscript())):
        raise Refused(reason("query-of-field", function=name))
    kept = tuple(step for step in steps if step is not None)
    return replace(value, place=line.value, expression=line.value), replace(route, steps=kept)


def _copied(statement: cst.BaseStatement) -> tuple[str, str] | None:
    """`a = b`: the two names."""
    line = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    match line:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Name(value=other)):
            return name, other
        case _:
            return None


def _same_statements(left: Statements, right: Statements) -> bool:
    """Whether two blocks are the same code without their comments."""
    pairs = zip(left, right, strict=False)
    return len(left) == len(right) and all(same(without_comments(one), without_comments(other)) for one, other in pairs)


def folded(statements: Statements) -> Statements:
    """The statements with `return query` for `rows = query` and `return rows`, and no branch that returns the same."""
    while len(statements) > 1:
        *before, line, end = statements
        if _returns_the_same(line, end):
            statements = (*before, end)
            continue
        value = _folded_value(line, end)
        if value is None or not isinstance(line, cst.SimpleStatementLine):
            return statements
        statements = (*before, line.with_changes(body=[cst.Return(value)]))
    return statements


def _returns_the_same(branch: cst.BaseStatement, end: cst.BaseStatement) -> bool:
    """`if not settings.CACHES: return query` before `return query`."""
    if not isinstance(branch, cst.If) or branch.orelse is not None or not is_lazy_query(branch.test):
        return False
    inner = block_of(branch.body)
    is_return = isinstance(end, cst.SimpleStatementLine) and isinstance(end.body[0], cst.Return)
    return is_return and len(inner) == 1 and _same_statements(inner, (end,))


def _folded_value(line: cst.BaseStatement, end: cst.BaseStatement) -> cst.BaseExpression | None:
    """The query of `rows = query` before `return rows`."""
    match line, end:
        case (
            cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(name))], value=value)]),
            cst.SimpleStatementLine(body=[cst.Return(value=cst.Name(returned))]),
        ) if name == returned:
            return value
        case _:
            return None


class OnlyComments(cst.CSTTransformer):
    """Takes the comments out of a node that are not, or no more, among the `free` ones, which it uses up."""

    def __init__(self, free: Counter[str]) -> None:
        super().__init__()
        self._free = free

    def _stays(self, comment: cst.Comment) -> bool:
        self._free[comment.value] -= 1
        return self._free[comment.value] >= 0

    def leave_TrailingWhitespace(
        self, original_node: cst.TrailingWhitespace, updated_node: cst.TrailingWhitespace
    ) -> cst.TrailingWhitespace:
        if updated_node.comment is None or self._stays(updated_node.comment):
            return updated_node
        return updated_node.with_changes(comment=None, whitespace=cst.SimpleWhitespace(""))

    def leave_EmptyLine(
        self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine
    ) -> cst.EmptyLine | cst.RemovalSentinel:
        is_kept = updated_node.comment is None or self._stays(updated_node.comment)
        return updated_node if is_kept else cst.RemoveFromParent()


def without_comments(node: cst.CSTNode) -> cst.CSTNode:
    """A node without the comments in it."""
    changed = node.visit(OnlyComments(Counter()))
    assert isinstance(changed, cst.CSTNode)
    return changed


def comments_in(node: cst.CSTNode) -> Iterator[str]:
    return (each.value for each in m.findall(node, m.Comment()) if isinstance(each, cst.Comment))
