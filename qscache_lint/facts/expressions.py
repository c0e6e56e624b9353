"""Expressions become terms: one short method for each kind of expression, found by its class."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from sys import intern
from typing import TYPE_CHECKING, Any, Literal

import libcst as cst

from qscache_lint.facts.literals import integer_of, text_of
from qscache_lint.facts.model import (
    MUTATORS,
    Argument,
    Attribute,
    AttributeStore,
    Awaited,
    Binary,
    Call,
    Choice,
    Compare,
    Constant,
    Container,
    Element,
    Entry,
    Escape,
    Free,
    Guard,
    Item,
    Iteration,
    Join,
    Member,
    Mutated,
    Name,
    Not,
    Opaque,
    Parameter,
    Ref,
    Slice,
    Text,
)
from qscache_lint.facts.names import computed_name
from qscache_lint.facts.positions import Positions
from qscache_lint.facts.scope import State
from qscache_lint.facts.targets import bound_paths, path_of
from qscache_lint.values import Position, Span

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor

_LITERAL_NAMES: Mapping[str, bool | None] = {"True": True, "False": False, "None": None}


class ExpressionReader:
    """Reads expressions in the state that the visitor is in."""

    def __init__(self, visitor: FactsVisitor, positions: Positions) -> None:
        self._visitor = visitor
        self._positions = positions
        self._apart: Span | None = None

    # -- entry points

    def read(self, node: cst.BaseExpression) -> Ref:
        """The term of an expression; kinds that nobody follows become `Opaque`."""
        reader = _READERS.get(type(node))
        if reader is None:
            return self._add(Opaque(type(node).__name__), node)
        return reader(self, node)

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands: 1-based rows and columns, in code points."""
        return self._positions.span(node) if self._apart is None else self._apart

    def read_apart(self, node: cst.BaseExpression, span: Span) -> Ref:
        """The term of an expression that was parsed out of a string: all of it stands where the string does."""
        around, self._apart = self._apart, span
        try:
            return self.read(node)
        finally:
            self._apart = around

    def operator_span(self, node: cst.CSTNode) -> Span:
        """Where an operator's own characters stand: its node also covers the space around it."""
        covered = self.span(node)
        width = len(self._visitor.module.code_for_node(node).strip())
        before = getattr(node, "whitespace_before", None)
        inner = "" if before is None else self._visitor.module.code_for_node(before)
        start = covered.start
        if inner and covered.end.row == start.row and covered.end.column - start.column > width:
            start = Position(start.row, start.column + len(inner))
        return Span(start, Position(start.row, start.column + width))

    def constant(self, value: bool | int | str | None, span: Span) -> Ref:
        return self._visitor.table.add(Constant(value), span)

    def parameter(self, function: int, name: str, span: Span) -> Ref:
        return self._visitor.table.add(Parameter(function, name), span)

    def key(self, node: cst.Subscript) -> Ref:
        """The term of the key in `base[key]`."""
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            return self.read(node.slice[0].slice.value)
        return self._add(Opaque("slice used as a key"), node)

    # -- names and access

    def _name(self, node: cst.Name) -> Ref:
        if node.value in _LITERAL_NAMES:
            return self._add(Constant(_LITERAL_NAMES[node.value]), node)
        known = self._visitor.lookup(node.value)
        if known is not None:
            return known
        function = self._visitor.enclosing_function(node.value)
        if function is not None:
            return self._add(Free(function, node.value), node)
        return self._add(Name(intern(node.value)), node)

    def _attribute(self, node: cst.Attribute) -> Ref:
        path = path_of(node)
        known = None if path is None else self._visitor.state.names.get(path)
        if known is not None:
            return known
        name = intern(self._visitor.mangled(node.attr.value))
        return self._add(Attribute(self.read(node.value), name, self.span(node.attr)), node)

    def _subscript(self, node: cst.Subscript) -> Ref:
        base = self.read(node.value)
        at = self.span(node.lbracket)
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice):
            part = node.slice[0].slice
            return self._add(
                Slice(base, self._optional(part.lower), self._optional(part.upper), self._optional(part.step), at), node
            )
        if len(node.slice) == 1:
            return self._add(Item(base, self.key(node), at), node)
        indices = [each.slice for each in node.slice]
        if not all(isinstance(index, cst.Index) for index in indices):
            return self._add(Opaque("several slices", (base,)), node)
        keys = tuple(
            Entry(None, self.read(index.value), self.span(index.value))
            for index in indices
            if isinstance(index, cst.Index)
        )
        return self._add(Item(base, self._add(Container("tuple", keys), node), at), node)

    def _optional(self, node: cst.BaseExpression | None) -> Ref | None:
        return None if node is None else self.read(node)

    def _call(self, node: cst.Call) -> Ref:
        function = self.read(node.func)
        arguments = tuple(
            Argument(
                value=self.read(argument.value),
                keyword=None if argument.keyword is None else argument.keyword.value,
                star=argument.star,
                span=self.span(argument.value),
            )
            for argument in node.args
        )
        made = self._add(Call(function, arguments), node)
        self._note_setattr(function, arguments, self.span(node))
        self._note_mutation(node.func, function, arguments, self.span(node))
        if self._visitor.state.guards:
            self._visitor.table.conditions[made] = self._visitor.state.guards
        return made

    def _note_mutation(
        self, node: cst.BaseExpression, function: Ref, arguments: tuple[Argument, ...], span: Span
    ) -> None:
        """`rows.append(value)`: from here on, the name `rows` stands for a container with that member."""
        method = self._visitor.table.term(function)
        path = path_of(node.value) if isinstance(node, cst.Attribute) else None
        if path is None or not isinstance(method, Attribute) or method.name not in MUTATORS:
            return
        if path in self._visitor.state.names:
            mutated = Mutated(method.base, method.name, arguments)
            self._visitor.state.know(path, self._visitor.table.add(mutated, span))

    def _note_setattr(self, function: Ref, arguments: tuple[Argument, ...], span: Span) -> None:
        """`setattr(base, name, value)` is `base.name = value`; a name that is put together stands for itself."""
        if self._visitor.table.term(function) != Name("setattr") or len(arguments) != 3:
            return
        base, name, value = (argument.value for argument in arguments)
        given = self._visitor.table.term(name)
        written = str(given.value) if isinstance(given, Constant) else computed_name(name)
        store = AttributeStore(base, written, value, self._visitor.state.guards, span, arguments[2].span)
        self._visitor.function.events.append(store)

    # -- literals

    def _integer(self, node: cst.Integer) -> Ref:
        return self._add(Constant(integer_of(node)), node)

    def _string(self, node: cst.SimpleString | cst.ConcatenatedString) -> Ref:
        value = text_of(node)
        return self._add(Opaque("bytes") if value is None else Constant(value), node)

    def _formatted(self, node: cst.FormattedString) -> Ref:
        parts: list[Ref] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringExpression):
                parts.append(self.read(part.expression))
            elif isinstance(part, cst.FormattedStringText):
                parts.append(self._add(Constant(part.value), part))
        return self._add(Text(tuple(parts)), node)

    # -- operators

    def _binary(self, node: cst.BinaryOperation) -> Ref:
        left, right = self.read(node.left), self.read(node.right)
        operator = self._visitor.module.code_for_node(node.operator).strip()
        return self._add(Binary(operator, left, right, self.operator_span(node.operator)), node)

    def _boolean(self, node: cst.BooleanOperation) -> Ref:
        """`a or b` is `a` where `a` is true, else `b`; `and` the other way round."""
        left = self._visitor.test(node.left)
        keeps_left = isinstance(node.operator, cst.Or)
        around = self._visitor.scope.state
        fork = around.fork(Guard(left, not keeps_left))
        self._visitor.scope.state = self._visitor.assume(node.left, fork, not keeps_left)
        right = self.read(node.right)
        self._return_to(around, node.right)
        return self._add(
            Join((Choice(left, (Guard(left, keeps_left),)), Choice(right, (Guard(left, not keeps_left),)))), node
        )

    def _unary(self, node: cst.UnaryOperation) -> Ref:
        if isinstance(node.operator, cst.Not):
            return self._add(Not(self._visitor.test(node.expression)), node)
        operand = self.read(node.expression)
        value = self._visitor.table.term(operand)
        if isinstance(node.operator, cst.Minus) and isinstance(value, Constant) and isinstance(value.value, int):
            return self._add(Constant(-value.value), node)
        return self._add(Opaque("unary operator", (operand,)), node)

    def _comparison(self, node: cst.Comparison) -> Ref:
        left = self.read(node.left)
        rights = [self.read(target.comparator) for target in node.comparisons]
        if len(rights) > 1:
            return self._add(Opaque("chained comparison", (left, *rights)), node)
        operator = self._visitor.module.code_for_node(node.comparisons[0].operator).strip()
        return self._add(Compare(" ".join(operator.split()), left, rights[0]), node)

    def _conditional(self, node: cst.IfExp) -> Ref:
        test = self._visitor.test(node.test)
        return self._add(
            Join(
                (
                    Choice(self._under(node.test, Guard(test, True), node.body), (Guard(test, True),)),
                    Choice(self._under(node.test, Guard(test, False), node.orelse), (Guard(test, False),)),
                )
            ),
            node,
        )

    def _under(self, test: cst.BaseExpression, guard: Guard, node: cst.BaseExpression) -> Ref:
        around = self._visitor.scope.state
        self._visitor.scope.state = self._visitor.assume(test, around.fork(guard), guard.outcome)
        value = self.read(node)
        self._return_to(around, node)
        return value

    def _return_to(self, around: State, node: cst.CSTNode, own: Collection[str] = ()) -> None:
        """Go on in `around` after a part of an expression that may not run: a walrus in it has bound names there.

        `own` are the names that end with the part.
        """
        names = self._visitor.state.names
        self._visitor.scope.state = around
        for name, value in names.items():
            before = around.names.get(name)
            value = self._visitor.table.narrowed_from(value) if before is not None else value
            if name not in own and before is None:
                around.know(name, value)
            elif name not in own and before is not None and before != value:
                around.know(name, self._add(Join((Choice(before), Choice(value))), node))

    def _walrus(self, node: cst.NamedExpr) -> Ref:
        value = self.read(node.value)
        self._visitor.bind(node.target, value, node.value)
        return value

    # -- containers

    def _sequence(self, node: cst.Tuple | cst.List | cst.Set) -> Ref:
        kind: Literal["tuple", "list", "set"] = (
            "tuple" if isinstance(node, cst.Tuple) else "list" if isinstance(node, cst.List) else "set"
        )
        return self._add(Container(kind, tuple(self._entry(element) for element in node.elements)), node)

    def _entry(self, element: cst.BaseElement) -> Entry:
        value, span = self.read(element.value), self.span(element.value)
        if not isinstance(element, cst.StarredElement):
            return Entry(None, value, span)
        self._visitor.function.events.append(Iteration(value, span))
        return Entry(None, self._add(Element(value), element.value), span, star=True)

    def _dict(self, node: cst.Dict) -> Ref:
        entries = tuple(
            Entry(self.read(element.key), self.read(element.value), self.span(element.value))
            if isinstance(element, cst.DictElement)
            else Entry(None, self.read(element.value), self.span(element.value), star=True)
            for element in node.elements
        )
        return self._add(Container("dict", entries), node)

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp | cst.DictComp) -> Ref:
        around = self._visitor.scope.state
        self._visitor.scope.state = around.fork()
        own: set[str] = set()
        part: cst.CompFor | None = node.for_in
        while part is not None:
            iterated = self.read(part.iter)
            self._visitor.function.events.append(Iteration(iterated, self.span(part.iter)))
            self._bind_quietly(part.target, self._add(Element(iterated), part.target))
            own.update(bound_paths([cst.AssignTarget(part.target)]))
            for condition in part.ifs:
                self._visitor.test(condition.test)
                self._visitor.assume(condition.test, self._visitor.state, True)
            part = part.inner_for_in
        kinds: Mapping[type[cst.CSTNode], Literal["list", "set", "generator", "dict"]] = {
            cst.ListComp: "list",
            cst.SetComp: "set",
            cst.GeneratorExp: "generator",
            cst.DictComp: "dict",
        }
        if isinstance(node, cst.DictComp):
            entry = Entry(self.read(node.key), self.read(node.value), self.span(node.value), star=True)
        else:
            entry = Entry(None, self.read(node.elt), self.span(node.elt), star=True)
        self._return_to(around, node, own)
        return self._add(Container(kinds[type(node)], (entry,)), node)

    def _bind_quietly(self, target: cst.BaseExpression, value: Ref) -> None:
        """Bind a comprehension's own names, which nobody outside it sees."""
        if isinstance(target, (cst.Tuple, cst.List)):
            for position, element in enumerate(target.elements):
                self._bind_quietly(element.value, self._add(Member(value, position), element.value))
        elif isinstance(target, cst.Name):
            self._visitor.state.bind(target.value, value)

    # -- functions

    def _lambda(self, node: cst.Lambda) -> Ref:
        return self._visitor.define_function(node, "<lambda>")

    def _await(self, node: cst.Await) -> Ref:
        return self._add(Awaited(self.read(node.expression)), node)

    def _yield(self, node: cst.Yield) -> Ref:
        self._visitor.function.is_generator = True
        given = node.value.item if isinstance(node.value, cst.From) else node.value
        if given is None:
            return self._add(Opaque("sent value"), node)
        operand = self.read(given)
        self._visitor.function.events.append(Escape(operand, self.span(given)))
        return self._add(Opaque("sent value", (operand,)), node)

    def _add(self, term: Any, node: cst.CSTNode) -> Ref:
        return self._visitor.table.add(term, self.span(node))


_READERS: Mapping[type[cst.CSTNode], Callable[[ExpressionReader, Any], Ref]] = {
    cst.Name: ExpressionReader._name,
    cst.Attribute: ExpressionReader._attribute,
    cst.Call: ExpressionReader._call,
    cst.Subscript: ExpressionReader._subscript,
    cst.Integer: ExpressionReader._integer,
    cst.SimpleString: ExpressionReader._string,
    cst.ConcatenatedString: ExpressionReader._string,
    cst.FormattedString: ExpressionReader._formatted,
    cst.BinaryOperation: ExpressionReader._binary,
    cst.BooleanOperation: ExpressionReader._boolean,
    cst.UnaryOperation: ExpressionReader._unary,
    cst.Comparison: ExpressionReader._comparison,
    cst.IfExp: ExpressionReader._conditional,
    cst.Lambda: ExpressionReader._lambda,
    cst.Tuple: ExpressionReader._sequence,
    cst.List: ExpressionReader._sequence,
    cst.Set: ExpressionReader._sequence,
    cst.Dict: ExpressionReader._dict,
    cst.ListComp: ExpressionReader._comprehension,
    cst.SetComp: ExpressionReader._comprehension,
    cst.GeneratorExp: ExpressionReader._comprehension,
    cst.DictComp: ExpressionReader._comprehension,
    cst.Await: ExpressionReader._await,
    cst.Yield: ExpressionReader._yield,
    cst.NamedExpr: ExpressionReader._walrus,
}
