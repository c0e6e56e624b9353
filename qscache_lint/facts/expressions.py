"""Expressions become terms: one short method for each kind of expression, found by its class.

Chains (`rows.filter(…).filter(…)`, `a + b + c`) are read in a loop: generated code has thousands of steps.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from sys import intern
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qscache_lint.facts.fstrings import placed
from qscache_lint.facts.model import (
    MUTATORS,
    YIELDED,
    YIELDED_FROM,
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
    Ref,
    Slice,
    Term,
    Text,
)
from qscache_lint.facts.names import computed_name
from qscache_lint.facts.places import Place, Places, span_of
from qscache_lint.facts.scope import End, Mark
from qscache_lint.facts.targets import path_of, target_paths
from qscache_lint.values import Span

if TYPE_CHECKING:
    from qscache_lint.facts.visitor import FactsVisitor

_BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.FloorDiv: "//",
}
_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_Kind: TypeAlias = Literal["tuple", "list", "set", "generator", "async generator", "dict"]
_CONTAINERS: Mapping[type[ast.expr], _Kind] = {
    ast.Tuple: "tuple",
    ast.List: "list",
    ast.Set: "set",
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.GeneratorExp: "generator",
    ast.DictComp: "dict",
}


def operator_text(operator: ast.operator) -> str:
    """An operator as it is written."""
    return _BINARY[type(operator)]


class ExpressionReader:
    """Reads expressions in the state that the visitor is in."""

    def __init__(self, visitor: FactsVisitor, places: Places) -> None:
        self._visitor = visitor
        self._table = visitor.table
        self._places = places
        self._apart: Place | None = None

    # -- entry points

    def read(self, node: ast.expr) -> Ref:
        """The term of an expression; kinds that are not followed become `Opaque`."""
        reader = _READERS.get(type(node))
        if reader is None:
            return self._add(Opaque(type(node).__name__), node)
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
            return self._add(Opaque("slice used as a key"), node)
        return self.read(node.slice)

    # -- names

    def _name(self, node: ast.Name) -> Ref:
        name = node.id
        known = self._visitor.lookup(name)
        if known is not None:
            return known
        function = self._visitor.enclosing_function(name)
        if function is not None:
            return self._add(Free(function, name), node)
        return self._add(Name(intern(name)), node)

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
        if not self._visitor.state.has_paths:
            return None
        path = path_of(node)
        return None if path is None else self._visitor.state.names.get(path)

    def _attribute(self, node: ast.Attribute, base: Ref) -> Ref:
        at = span_of(self._places.attribute_name(node) if self._apart is None else self._apart)
        return self._add(Attribute(base, intern(self._visitor.mangled(node.attr)), at), node)

    def _subscript(self, node: ast.Subscript, base: Ref) -> Ref:
        at = self.behind(node.value, "[")
        match node.slice:
            case ast.Slice(lower=lower, upper=upper, step=step):
                term: Term = Slice(base, self._optional(lower), self._optional(upper), self._optional(step), at)
            case ast.Tuple(elts=parts) if any(isinstance(part, ast.Slice) for part in parts):
                term = Opaque("several slices", (base,))
            case key:
                term = Item(base, self.read(key), at)
        return self.under_tests(self._add(term, node))

    def _optional(self, node: ast.expr | None) -> Ref | None:
        return None if node is None else self.read(node)

    def _call(self, node: ast.Call, function: Ref) -> Ref:
        arguments = tuple([self._argument(each) for each in _in_order(node)])
        place = self.place(node)
        made = self.under_tests(self._table.add(Call(function, arguments), place))
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
        method = self._table.term(function)
        path = path_of(node.value)
        if path is not None and isinstance(method, Attribute) and path in self._visitor.state.names:
            outside = [loop for loop in self._visitor.scope.loops if path not in loop.bound]
            for loop in outside:
                loop.filled[path] = None
            mutated = Mutated(method.base, method.name, arguments, bool(outside))
            self._visitor.state.know(path, self._table.add(mutated, place))

    def _note_setattr(self, function: Ref, arguments: tuple[Argument, ...], place: Place) -> None:
        """`setattr(base, name, value)` is `base.name = value`; a name that is put together stands for itself."""
        if len(arguments) != 3 or self._table.term(function) != Name("setattr"):
            return
        base, name, value = (argument.value for argument in arguments)
        given = self._table.term(name)
        written = str(given.value) if isinstance(given, Constant) else computed_name(name)
        stored = AttributeStore(
            base, written, value, self._visitor.state.guards, span_of(place), arguments[2].span
        )
        self._visitor.function.events.append(stored)

    # -- literals

    def _constant(self, node: ast.Constant) -> Ref:
        value = node.value
        if value is None or isinstance(value, (bool, int, str)):
            return self._add(Constant(value), node)
        return self._add(Opaque(type(value).__name__), node)

    def _formatted(self, node: ast.JoinedStr) -> Ref:
        expressions = iter(placed(node, self._places))
        parts = [
            self.read(next(expressions)) if isinstance(part, ast.FormattedValue) else self._piece(part, node)
            for part in node.values
        ]
        return self._add(Text(tuple(parts)), node)

    def _piece(self, part: ast.expr, string: ast.JoinedStr) -> Ref:
        """The plain text in a formatted string, which stands where the string does."""
        value = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        return self._add(Constant(value), string)

    # -- operators

    def _binary(self, node: ast.BinOp) -> Ref:
        steps = [node]
        while isinstance(steps[-1].left, ast.BinOp):
            steps.append(steps[-1].left)
        left = self.read(steps[-1].left)
        for step in reversed(steps):
            right = self.read(step.right)
            operator = operator_text(step.op)
            term = Binary(operator, left, right, self.behind(step.left, operator))
            left = self.under_tests(self._add(term, step))
        return left

    def _boolean(self, node: ast.BoolOp) -> Ref:
        """`a or b` is `a` where `a` is true, else `b`; `and` the other way round."""
        keeps_left = isinstance(node.op, ast.Or)
        visitor, first = self._visitor, node.values[0]
        left = visitor.test(first)
        passed = [first] if visitor.narrows(first, not keeps_left) else []
        for number, value in enumerate(node.values[1:], 2):
            mark = visitor.state.mark()
            visitor.state.guards += (Guard(left, not keeps_left),)
            for each in passed:
                visitor.assume(each, not keeps_left)
            right = self.read(value)
            self._return_to(mark, self.place(value))
            row, column, *_ = self.place(first)
            _, _, last, end = self.place(value)
            choices = (Choice(left, (Guard(left, keeps_left),)), Choice(right, (Guard(left, not keeps_left),)))
            left = self._table.add(Join(choices), (row, column, last, end))
            if number < len(node.values):
                visitor.note_test(left, (row, column, last, end))
                passed += [value] if visitor.narrows(value, not keeps_left) else []
        return left

    def _unary(self, node: ast.UnaryOp) -> Ref:
        if isinstance(node.op, ast.Not):
            return self._add(Not(self._visitor.test(node.operand)), node)
        operand = self.read(node.operand)
        value = self._table.term(operand)
        if isinstance(node.op, ast.USub) and isinstance(value, Constant) and isinstance(value.value, int):
            return self._add(Constant(-value.value), node)
        return self._add(Opaque("unary operator", (operand,)), node)

    def _comparison(self, node: ast.Compare) -> Ref:
        left = self.read(node.left)
        rights = [self.read(comparator) for comparator in node.comparators]
        if len(rights) > 1:
            return self._add(Opaque("chained comparison", (left, *rights)), node)
        return self._add(Compare(_COMPARE[type(node.ops[0])], left, rights[0]), node)

    def _conditional(self, node: ast.IfExp) -> Ref:
        test = self._visitor.test(node.test)
        choices = tuple(
            Choice(self._under(node.test, guard, branch), (guard,))
            for guard, branch in ((Guard(test, True), node.body), (Guard(test, False), node.orelse))
        )
        return self._add(Join(choices), node)

    def _under(self, test: ast.expr, guard: Guard, node: ast.expr) -> Ref:
        mark = self._visitor.state.mark()
        self._visitor.state.guards += (guard,)
        self._visitor.assume(test, guard.result)
        value = self.read(node)
        self._return_to(mark, self.place(node))
        return value

    def _return_to(self, mark: Mark, place: Place, own: Collection[str] = ()) -> None:
        """Go back to a mark after a part of an expression that may not run: a walrus in it has bound names there.

        `own` are the names that end with the part.
        """
        state = self._visitor.state
        end: End = state.leave(mark)
        for name, value in end.changes.items():
            if value is None or name in own:
                continue
            before = state.names.get(name)
            if before is None:
                state.know(name, value)
            elif before != self._table.narrowed_from(value):
                choices = (Choice(before), Choice(self._table.narrowed_from(value)))
                state.know(name, self._table.add(Join(choices), place))

    def _walrus(self, node: ast.NamedExpr) -> Ref:
        value = self.read(node.value)
        self._visitor.bind(node.target, value, node.value)
        return value

    # -- containers

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> Ref:
        return self._add(Container(_CONTAINERS[type(node)], tuple(map(self._entry, node.elts))), node)

    def _entry(self, element: ast.expr) -> Entry:
        if not isinstance(element, ast.Starred):
            return Entry(None, self.read(element), self.span(element))
        value, span = self.read(element.value), self.span(element.value)
        self._visitor.function.events.append(Iteration(value, self._visitor.state.guards, span))
        return Entry(None, self._add(Element(value), element.value), span, star=True)

    def _dict(self, node: ast.Dict) -> Ref:
        entries = [
            Entry(None if key is None else self.read(key), self.read(value), self.span(value), star=key is None)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return self._add(Container("dict", tuple(entries)), node)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Ref:
        mark = self._visitor.state.mark()
        own: set[str] = set()
        drawn: Ref | None = None
        for part in node.generators:
            iterated = self.read(part.iter)
            drawn = iterated if drawn is None else drawn
            self._visitor.function.events.append(Iteration(iterated, self._visitor.state.guards, self.span(part.iter)))
            self._bind_quietly(part.target, self._add(Element(iterated), part.target))
            own.update(target_paths(part.target))
            for condition in part.ifs:
                self._visitor.test(condition)
                self._visitor.assume(condition, True)
        if isinstance(node, ast.DictComp):
            entry = Entry(self.read(node.key), self.read(node.value), self.span(node.value), star=True)
        else:
            entry = Entry(None, self.read(node.elt), self.span(node.elt), star=True)
        self._return_to(mark, self.place(node), own)
        is_async = isinstance(node, ast.GeneratorExp) and any(part.is_async for part in node.generators)
        kind: _Kind = "async generator" if is_async else _CONTAINERS[type(node)]
        return self._add(Container(kind, (entry,), drawn), node)

    def _bind_quietly(self, target: ast.expr, value: Ref) -> None:
        """Bind a comprehension's own names, which are not seen outside of it."""
        if isinstance(target, (ast.Tuple, ast.List)):
            for position, element in enumerate(target.elts):
                inner = element.value if isinstance(element, ast.Starred) else element
                self._bind_quietly(inner, self._add(Member(value, position), inner))
        elif isinstance(target, ast.Name):
            self._visitor.state.bind(target.id, value)

    # -- functions

    def _lambda(self, node: ast.Lambda) -> Ref:
        return self._visitor.define_function(node, "<lambda>")

    def _await(self, node: ast.Await) -> Ref:
        return self._add(Awaited(self.read(node.value)), node)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Ref:
        self._visitor.function.is_generator = True
        if node.value is None:
            return self._add(Opaque(YIELDED), node)
        operand = self.read(node.value)
        self._visitor.function.events.append(Escape(operand, self._visitor.state.guards, self.span(node.value)))
        reason = YIELDED if isinstance(node, ast.Yield) else YIELDED_FROM
        return self.under_tests(self._add(Opaque(reason, (operand,)), node))

    def under_tests(self, made: Ref) -> Ref:
        """Note the tests on the way to a term that does something."""
        if self._visitor.state.guards:
            self._table.conditions[made] = self._visitor.state.guards
        return made

    def _add(self, term: Term, node: ast.expr) -> Ref:
        return self._table.add(term, self.place(node))


def _in_order(node: ast.Call) -> list[ast.expr | ast.keyword]:
    """The arguments of a call as they are written: `f(key=1, *rest)` has the keyword first."""
    given: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    if node.args and node.keywords and isinstance(node.args[-1], ast.Starred):
        given.sort(key=lambda each: (each.lineno, each.col_offset))
    return given


_READERS: Mapping[type[ast.expr], Callable[[ExpressionReader, Any], Ref]] = {
    ast.Name: ExpressionReader._name,
    ast.Attribute: ExpressionReader._chain,
    ast.Call: ExpressionReader._chain,
    ast.Subscript: ExpressionReader._chain,
    ast.Constant: ExpressionReader._constant,
    ast.JoinedStr: ExpressionReader._formatted,
    ast.BinOp: ExpressionReader._binary,
    ast.BoolOp: ExpressionReader._boolean,
    ast.UnaryOp: ExpressionReader._unary,
    ast.Compare: ExpressionReader._comparison,
    ast.IfExp: ExpressionReader._conditional,
    ast.Lambda: ExpressionReader._lambda,
    ast.Tuple: ExpressionReader._sequence,
    ast.List: ExpressionReader._sequence,
    ast.Set: ExpressionReader._sequence,
    ast.Dict: ExpressionReader._dict,
    ast.ListComp: ExpressionReader._comprehension,
    ast.SetComp: ExpressionReader._comprehension,
    ast.GeneratorExp: ExpressionReader._comprehension,
    ast.DictComp: ExpressionReader._comprehension,
    ast.Await: ExpressionReader._await,
    ast.Yield: ExpressionReader._yield,
    ast.YieldFrom: ExpressionReader._yield,
    ast.NamedExpr: ExpressionReader._walrus,
}
