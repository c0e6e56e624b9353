"""Expressions become terms: one short method for each kind of expression, found by its class.

Chains (`rows.filter(…).filter(…)`, `a + b + c`) are read in a loop: generated code has thousands of steps.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from sys import intern
from typing import TYPE_CHECKING, Any

from qscache_lint.facts import displays, operators
from qscache_lint.facts.assigning import assign
from qscache_lint.facts.definitions import define_function
from qscache_lint.facts.fstrings import placed
from qscache_lint.facts.model import AttributeStore, Escape
from qscache_lint.facts.names import computed_name
from qscache_lint.facts.places import Place, Places, span_of
from qscache_lint.facts.scope import End, Mark
from qscache_lint.facts.targets import path_of
from qscache_lint.facts.terms import (
    MUTATORS,
    YIELDED,
    YIELDED_FROM,
    Argument,
    Attribute,
    Awaited,
    Call,
    Choice,
    Constant,
    Free,
    Item,
    Join,
    Mutated,
    Name,
    Opaque,
    Ref,
    Slice,
    Term,
    Text,
)
from qscache_lint.values import Span

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor


class ExpressionReader:
    """Reads expressions in the state that the visitor is in."""

    def __init__(self, visitor: FactsVisitor, places: Places) -> None:
        self.visitor = visitor
        self.table = visitor.table
        self._places = places
        self._apart: Place | None = None

    # -- entry points

    def read(self, node: ast.expr) -> Ref:
        """The term of an expression; kinds that are not followed become `Opaque`."""
        reader = _READERS.get(type(node))
        if reader is None:
            return self.add(Opaque(type(node).__name__), node)
        return reader(self, node)

    def place(self, node: ast.expr | ast.stmt | ast.alias | ast.ExceptHandler | ast.pattern) -> Place:
        """Where a node stands."""
        return self._places.of(node) if self._apart is None else self._apart

    def span(self, node: ast.expr | ast.stmt | ast.alias | ast.pattern) -> Span:
        """Where a node stands, as a span."""
        return span_of(self.place(node))

    def read_apart(self, node: ast.expr, place: Place) -> Ref:
        """The term of an expression that was parsed out of a string: all of it stands where the string does."""
        around, self._apart = self._apart, place
        try:
            return self.read(node)
        finally:
            self._apart = around

    def behind(self, node: ast.expr, token: str) -> Span:
        """Where an operator or a bracket stands that follows a node."""
        return self._places.behind(node, token) if self._apart is None else span_of(self._apart)

    def key(self, node: ast.Subscript) -> Ref:
        """The term of the key in `base[key]`."""
        if isinstance(node.slice, ast.Slice):
            return self.add(Opaque("slice used as a key"), node)
        return self.read(node.slice)

    # -- names

    def _name(self, node: ast.Name) -> Ref:
        name = node.id
        known = self.visitor.lookup(name)
        if known is not None:
            return known
        function = self.visitor.enclosing_function(name)
        if function is not None:
            return self.add(Free(function, name), node)
        return self.add(Name(intern(name)), node)

    # -- chains of attributes, calls and subscripts

    def _chain(self, node: ast.Attribute | ast.Call | ast.Subscript) -> Ref:
        steps: list[ast.Attribute | ast.Call | ast.Subscript] = []
        inner: ast.expr = node
        known: Ref | None = None
        while isinstance(inner, (ast.Attribute, ast.Call, ast.Subscript)):
            if isinstance(inner, ast.Attribute) and (known := self._known_path(inner)) is not None:
                break
            steps.append(inner)
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
        ref = self.read(inner) if known is None else known
        for step in reversed(steps):
            match step:
                case ast.Attribute():
                    ref = self._attribute(step, ref)
                case ast.Call():
                    ref = self._call(step, ref)
                case _:
                    ref = self._subscript(step, ref)
        return ref

    def _known_path(self, node: ast.Attribute) -> Ref | None:
        """The value that `name.attribute` was given before."""
        if not self.visitor.state.has_paths:
            return None
        path = path_of(node)
        return None if path is None else self.visitor.state.names.get(path)

    def _attribute(self, node: ast.Attribute, base: Ref) -> Ref:
        at = span_of(self._places.attribute_name(node) if self._apart is None else self._apart)
        return self.add(Attribute(base, intern(self.visitor.mangled(node.attr)), at), node)

    def _subscript(self, node: ast.Subscript, base: Ref) -> Ref:
        at = self.behind(node.value, "[")
        match node.slice:
            case ast.Slice(lower=lower, upper=upper, step=step):
                term: Term = Slice(base, self._optional(lower), self._optional(upper), self._optional(step), at)
            case ast.Tuple(elts=parts) if any(isinstance(part, ast.Slice) for part in parts):
                term = Opaque("several slices", (base,))
            case key:
                term = Item(base, self.read(key), at)
        return self.under_tests(self.add(term, node))

    def _optional(self, node: ast.expr | None) -> Ref | None:
        return None if node is None else self.read(node)

    def _call(self, node: ast.Call, function: Ref) -> Ref:
        arguments = tuple([self._argument(each) for each in _in_order(node)])
        place = self.place(node)
        made = self.under_tests(self.table.add(Call(function, arguments), place))
        self._note_setattr(function, arguments, place)
        self._note_mutation(node.func, function, arguments, place)
        return made

    def _argument(self, node: ast.expr | ast.keyword) -> Argument:
        if isinstance(node, ast.keyword):
            star = "**" if node.arg is None else ""
            return Argument(self.read(node.value), node.arg, star, self.span(node.value))
        if isinstance(node, ast.Starred):
            return Argument(self.read(node.value), None, "*", self.span(node.value))
        return Argument(self.read(node), None, "", self.span(node))

    def _note_mutation(self, node: ast.expr, function: Ref, arguments: tuple[Argument, ...], place: Place) -> None:
        """`rows.append(value)`: from here on, the name `rows` stands for a container with that member."""
        if not isinstance(node, ast.Attribute) or node.attr not in MUTATORS:
            return
        method = self.table.term(function)
        path = path_of(node.value)
        if path is not None and isinstance(method, Attribute) and path in self.visitor.state.names:
            outside = [loop for loop in self.visitor.scope.loops if path not in loop.bound]
            for loop in outside:
                loop.filled[path] = None
            mutated = Mutated(method.base, method.name, arguments, bool(outside))
            self.visitor.state.know(path, self.table.add(mutated, place))

    def _note_setattr(self, function: Ref, arguments: tuple[Argument, ...], place: Place) -> None:
        """`setattr(base, name, value)` is `base.name = value`; a name that is put together stands for itself."""
        if len(arguments) != 3 or self.table.term(function) != Name("setattr"):
            return
        base, name, value = (argument.value for argument in arguments)
        given = self.table.term(name)
        written = str(given.value) if isinstance(given, Constant) else computed_name(name)
        stored = AttributeStore(base, written, value, self.visitor.state.guards, span_of(place), arguments[2].span)
        self.visitor.function.events.append(stored)

    # -- literals

    def _constant(self, node: ast.Constant) -> Ref:
        value = node.value
        if value is None or isinstance(value, (bool, int, str)):
            return self.add(Constant(value), node)
        return self.add(Opaque(type(value).__name__), node)

    def _formatted(self, node: ast.JoinedStr) -> Ref:
        expressions = iter(placed(node, self._places))
        parts = [
            self.read(next(expressions)) if isinstance(part, ast.FormattedValue) else self._piece(part, node)
            for part in node.values
        ]
        return self.add(Text(tuple(parts)), node)

    def _piece(self, part: ast.expr, string: ast.JoinedStr) -> Ref:
        """The plain text in a formatted string, which stands where the string does."""
        value = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        return self.add(Constant(value), string)

    def return_to(self, mark: Mark, place: Place, own: Collection[str] = ()) -> None:
        """Go back to a mark after a part of an expression that may not run: a walrus in it has bound names there.

        `own` are the names that end with the part.
        """
        state = self.visitor.state
        end: End = state.leave(mark)
        for name, value in end.changes.items():
            if value is None or name in own:
                continue
            before = state.names.get(name)
            if before is None:
                state.know(name, value)
            elif before != self.table.narrowed_from(value):
                choices = (Choice(before), Choice(self.table.narrowed_from(value)))
                state.know(name, self.table.add(Join(choices), place))

    def _walrus(self, node: ast.NamedExpr) -> Ref:
        value = self.read(node.value)
        assign(self.visitor, node.target, value, node.value)
        return value

    # -- functions

    def _lambda(self, node: ast.Lambda) -> Ref:
        return define_function(self.visitor, node, "<lambda>")

    def _await(self, node: ast.Await) -> Ref:
        return self.add(Awaited(self.read(node.value)), node)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Ref:
        self.visitor.function.is_generator = True
        if node.value is None:
            return self.add(Opaque(YIELDED), node)
        operand = self.read(node.value)
        self.visitor.function.events.append(Escape(operand, self.visitor.state.guards, self.span(node.value)))
        reason = YIELDED if isinstance(node, ast.Yield) else YIELDED_FROM
        return self.under_tests(self.add(Opaque(reason, (operand,)), node))

    def under_tests(self, made: Ref) -> Ref:
        """Note the tests on the way to a term that does something."""
        if self.visitor.state.guards:
            self.table.conditions[made] = self.visitor.state.guards
        return made

    def add(self, term: Term, node: ast.expr) -> Ref:
        return self.table.add(term, self.place(node))


def _in_order(node: ast.Call) -> list[ast.expr | ast.keyword]:
    """The arguments of a call as they are written: `f(key=1, *rest)` has the keyword first."""
    given: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    if node.args and node.keywords and isinstance(node.args[-1], ast.Starred):
        given.sort(key=lambda each: (each.lineno, each.col_offset))
    return given


_READERS: Mapping[type[ast.expr], Callable[[ExpressionReader, Any], Ref]] = {
    **operators.READERS,
    **displays.READERS,
    ast.Name: ExpressionReader._name,
    ast.Attribute: ExpressionReader._chain,
    ast.Call: ExpressionReader._chain,
    ast.Subscript: ExpressionReader._chain,
    ast.Constant: ExpressionReader._constant,
    ast.JoinedStr: ExpressionReader._formatted,
    ast.Lambda: ExpressionReader._lambda,
    ast.Await: ExpressionReader._await,
    ast.Yield: ExpressionReader._yield,
    ast.YieldFrom: ExpressionReader._yield,
    ast.NamedExpr: ExpressionReader._walrus,
}
