"""The facts visitor: one walk over Python's own syntax tree of a file, from syntax to facts.

Statements are visited in the order in which they run, so that each name has a definite value at each point. Bodies of
functions are read after the scope around them is complete, because that is when Python may first run them. What each
kind of statement does is said by `simple_statements`, `compound_statements` and `definitions`; expressions become terms
(see `expressions`).
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qscache_lint.facts import compound_statements, definitions, simple_statements
from qscache_lint.facts.definitions import Definition
from qscache_lint.facts.expressions import ExpressionReader
from qscache_lint.facts.model import Binding, ModuleRecord, NameStore, Return, Test
from qscache_lint.facts.names import mangled_name
from qscache_lint.facts.narrowing import narrowings
from qscache_lint.facts.places import Place, Places, span_of
from qscache_lint.facts.scope import Scope, State
from qscache_lint.facts.table import FactsTable, OpenFunction
from qscache_lint.facts.terms import Guard, Narrowed, Opaque, Parameter, Ref, Term
from qscache_lint.source.syntax import parse_expression
from qscache_lint.source.units import layout_of
from qscache_lint.values import Position, Span

_START = Span(Position(1, 1), Position(1, 1))


def visit_module(module: ast.Module, source: bytes) -> ModuleRecord:
    """The facts of a parsed file. Raises RecursionError when it is nested too deeply to be read."""
    return visit_with(FactsVisitor(Places(source)), module)


def visit_with(visitor: FactsVisitor, module: ast.Module) -> ModuleRecord:
    """The facts that a new visitor gathers. Raises RecursionError when the file is nested too deeply to be read."""
    try:
        visitor.read_module(module)
        return visitor.table.close(layout_of(module))
    finally:
        # The two refer to each other: without this, only the cycle collector would free the syntax tree.
        del visitor.expressions


class FactsVisitor:
    """What is known at the point that has been reached, and the facts so far."""

    def __init__(self, places: Places) -> None:
        self.table = FactsTable()
        self.scope = Scope(function=0)
        self.expressions = ExpressionReader(self, places)
        self.places = places
        self._later: deque[tuple[Definition, Scope]] = deque()
        self._is_unconditional = False

    @property
    def state(self) -> State:
        return self.scope.state

    @property
    def function(self) -> OpenFunction:
        return self.table.functions[self.scope.function]

    def term(self, node: ast.expr) -> Ref:
        return self.expressions.read(node)

    def span(self, node: ast.expr | ast.stmt | ast.alias | ast.pattern) -> Span:
        return self.expressions.span(node)

    def add(self, term: Term, node: ast.expr | ast.stmt | ast.alias | ast.ExceptHandler | ast.pattern) -> Ref:
        return self.table.add(term, self.expressions.place(node))

    def test(self, node: ast.expr) -> Ref:
        """The term of `node`, whose truth decides something."""
        value = self.term(node)
        self.note_test(value, self.expressions.place(node))
        return value

    def note_test(self, value: Ref, place: Place) -> None:
        """Note that the truth of a term decides something."""
        self.function.events.append(Test(value, self.state.guards, span_of(place)))

    def narrows(self, test: ast.expr, result: bool) -> bool:
        """Whether a test that comes out as `result` says more of some name."""
        return next(narrowings(test, result), None) is not None

    def assume(self, test: ast.expr, result: bool) -> None:
        """Go on where a test has come out as `result`: the names that it narrows are known better."""
        state = self.state
        for path, node, classes, holds in narrowings(test, result):
            base = state.names.get(path)
            known = self.term(node) if base is None else base
            state.know(path, self.add(Narrowed(known, self.term(classes), holds), test))

    def pass_test(self, test: ast.expr, guard: Guard) -> None:
        """Go on behind a test."""
        self.state.guards += (guard,)
        self.assume(test, guard.result)

    def annotation(self, node: ast.expr) -> Ref:
        """The term of an annotation; one in quotes is read like any other."""
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            return self.term(node)
        quoted = parse_expression(node.value.strip())
        if quoted is None:
            return self.add(Opaque("annotation"), node)
        return self.expressions.read_apart(quoted, self.expressions.place(node))

    def lookup(self, name: str) -> Ref | None:
        """The value that `name` has here, when this scope (or the scope a class body stands in) gives it one."""
        scope: Scope | None = self.scope
        while scope is not None:
            known = scope.state.names.get(name)
            if known is not None:
                return known
            if scope.owner is None:
                return None
            scope = scope.outer
        return None

    def enclosing_function(self, name: str) -> int | None:
        """The enclosing function that binds `name`, for a name that is free here."""
        if name in self.scope.outside and name in self.table.functions[0].bindings:
            return None
        index = self.table.functions[self.scope.function].parent
        while index:
            function = self.table.functions[index]
            if name in function.bindings or any(parameter.name == name for parameter in function.parameters):
                return index
            index = function.parent
        return None

    def mangled(self, name: str) -> str:
        """The name of an attribute as Python writes it inside a class: `__rows` is `_Board__rows`."""
        if not name.startswith("__") or name.endswith("__"):
            return name
        owner, index = self.scope.owner, self.scope.function
        while owner is None and index:
            function = self.table.functions[index]
            owner, index = function.owner, function.parent or 0
        return name if owner is None else mangled_name(self.table.classes[owner].name, name)

    def bind_name(self, name: str, value: Ref, span: Span, given: Span | None = None) -> None:
        """Give `name` a value in the scope being read; `given` is the span of its expression, if it has one."""
        self.state.bind(name, value)
        binding = self.binding(value, span, given or span)
        if self.scope.owner is not None:
            self.table.classes[self.scope.owner].members.setdefault(self.mangled(name), []).append(binding)
            return
        if name in self.scope.outside:
            self.function.events.append(NameStore(name, value, self.state.guards, span, binding.value_span))
            holder = self.enclosing_function(name) or 0
            self.table.functions[holder].bindings.setdefault(name, []).append(binding)
            return
        self.function.bindings.setdefault(name, []).append(binding)

    def binding(self, value: Ref, span: Span, given: Span) -> Binding:
        """A name that gets a value here; it is certain where nothing decides whether the module gets so far."""
        certain = self._is_unconditional and not self.scope.function and self.scope.owner is None
        return Binding(value, span, given, self.state.guards, certain)

    # -- the module, and its functions

    def read_module(self, node: ast.Module) -> None:
        """Read a module, and then the functions that have been met, and those inside them."""
        self.table.add_function(OpenFunction("<module>", "<module>", None, None, _START))
        for statement in node.body:
            self._is_unconditional = type(statement) not in compound_statements.VISITORS
            self.run([statement])
        self._is_unconditional = False
        self.table.functions[0].last = self.table.next_ref
        while self._later:
            self._read_function(*self._later.popleft())

    def read_later(self, node: Definition, scope: Scope) -> None:
        """Read the body of a function when the scope around it is complete."""
        self._later.append((node, scope))

    def _read_function(self, node: Definition, scope: Scope) -> None:
        self.scope = scope
        function = self.function
        function.first = self.table.next_ref
        start, end = function.span.start, function.span.end
        place = (start.row, start.column, end.row, end.column)
        for parameter in function.parameters:
            self.state.bind(parameter.name, self.table.add(Parameter(scope.function, parameter.name), place))
        if isinstance(node, ast.Lambda):
            value = self.term(node.body)
            function.returns.append(Return(value, (), self.span(node.body)))
        else:
            self.run(node.body)
        function.last = self.table.next_ref

    def run(self, statements: Iterable[ast.stmt]) -> None:
        """Visit statements, up to one behind which nothing runs."""
        state = self.state
        for statement in statements:
            if not state.live:
                return
            visit = _VISITORS.get(type(statement))
            if visit is not None:
                visit(self, statement)


_VISITORS: Mapping[type[ast.stmt], Callable[[FactsVisitor, Any], None]] = {
    **simple_statements.VISITORS,
    **compound_statements.VISITORS,
    **definitions.VISITORS,
}
