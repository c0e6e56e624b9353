"""The libcst visitor: one walk over a module, from syntax to facts.

Statements are visited in the order in which they run, so that each name has a definite value at each point: branches
fork and merge the state, loops get a `Join` at their head. Bodies of functions are read after the scope around them is
complete, because that is when Python may first run them. Expressions become terms (see `expressions`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

import libcst as cst

from qscache_lint.facts.expressions import ExpressionReader
from qscache_lint.facts.literals import integer_of, text_of
from qscache_lint.facts.model import (
    AttributeStore,
    Binary,
    Binding,
    Choice,
    ClassTerm,
    Decorator,
    Element,
    Entered,
    Escape,
    Fragment,
    FunctionTerm,
    Guard,
    Import,
    ItemStore,
    Iteration,
    Member,
    NameStore,
    Narrowed,
    Opaque,
    ParameterFacts,
    Ref,
    Return,
    Test,
    Updated,
)
from qscache_lint.facts.names import mangled_name
from qscache_lint.facts.narrowing import narrowings
from qscache_lint.facts.positions import Positions
from qscache_lint.facts.scope import Loop, Scope, State, merge
from qscache_lint.facts.table import FactsTable, OpenClass, OpenFunction
from qscache_lint.facts.targets import bound_paths, path_of
from qscache_lint.values import Position, Span


def read_module(module: cst.Module, left_out: Collection[int] = ()) -> Fragment:
    """The facts of a parsed module.

    Functions whose body begins in a row of `left_out` stay unread. Raises RecursionError when the module is nested too
    deeply to be read.
    """
    visitor = FactsVisitor(module, Positions(module), FactsTable(), left_out)
    return _read(visitor, lambda: module.visit(visitor))


def read_body(module: cst.Module, node: cst.FunctionDef, first_row: int, index: int, around: Fragment) -> Fragment:
    """The facts of the body of function number `index`, which was parsed apart as `node` of `module`.

    `first_row` is the row of the file with which `module` begins, `around` says what the file's own fragment has.
    """
    visitor = FactsVisitor(module, Positions(module, first_row), FactsTable(index, around))
    return _read(visitor, lambda: visitor.read_function(node, Scope(function=index)))


def _read(visitor: FactsVisitor, visit: Callable[[], object]) -> Fragment:
    try:
        visit()
        visitor.read_bodies()
        return visitor.table.close()
    finally:
        # The two refer to each other: without this, only the cycle collector would free the syntax tree.
        del visitor.expressions


class FactsVisitor(cst.CSTVisitor):
    """Visits statements; every `visit_…` decides itself what runs next and in which state."""

    def __init__(
        self, module: cst.Module, positions: Positions, table: FactsTable, left_out: Collection[int] = ()
    ) -> None:
        super().__init__()
        self.module = module
        self.table = table
        self._left_out = left_out
        self.scope = Scope(function=0)
        self.expressions = ExpressionReader(self, positions)
        self._later: deque[tuple[cst.FunctionDef | cst.Lambda, Scope]] = deque()
        self._is_unconditional = False

    # -- helpers that the expression reader uses too

    @property
    def state(self) -> State:
        return self.scope.state

    @property
    def function(self) -> OpenFunction:
        return self.table.functions[self.scope.function]

    def term(self, node: cst.BaseExpression) -> Ref:
        return self.expressions.read(node)

    def span(self, node: cst.CSTNode) -> Span:
        return self.expressions.span(node)

    def test(self, node: cst.BaseExpression) -> Ref:
        """The term of `node`, whose truth decides something."""
        value = self.term(node)
        self.function.events.append(Test(value, self.span(node)))
        return value

    def assume(self, test: cst.BaseExpression, state: State, outcome: bool) -> State:
        """`state`, where a test has come out as `outcome`: the names that it narrows are known better."""
        for path, node, classes, holds in narrowings(test, outcome):
            base = state.names.get(path)
            known = self.term(node) if base is None else base
            state.know(path, self.table.add(Narrowed(known, self.term(classes), holds), self.span(test)))
        return state

    def annotation(self, node: cst.BaseExpression) -> Ref:
        """The term of an annotation; one in quotes is read like any other."""
        text = text_of(node) if isinstance(node, cst.SimpleString) else None
        if text is not None:
            try:
                quoted = cst.parse_expression(text.strip())
            except cst.ParserSyntaxError:
                return self.table.add(Opaque("annotation"), self.span(node))
            return self.expressions.read_apart(quoted, self.span(node))
        return self.term(node)

    def define_function(self, node: cst.FunctionDef | cst.Lambda, name: str) -> Ref:
        """Enter a function or lambda into the table; its body is read later."""
        scope = self.scope
        is_definition = isinstance(node, cst.FunctionDef)
        opened = OpenFunction(
            name=name,
            qualname=self._qualname(name),
            parent=scope.function,
            owner=scope.owner if is_definition else None,
            span=self.span(node.name if isinstance(node, cst.FunctionDef) else node),
        )
        if isinstance(node, cst.FunctionDef):
            opened.decorators = self._decorators(node.decorators)
            opened.is_async = node.asynchronous is not None
            if node.returns is not None:
                opened.annotation = self.annotation(node.returns.annotation)
        opened.parameters = self._parameters(node.params)
        index = self.table.add_function(opened)
        if not self._left_out or self.span(node.body).start.row not in self._left_out:
            self._later.append((node, Scope(function=index, outer=scope)))
        return self.table.add(FunctionTerm(index), self.span(node))

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
        index: int | None = self.scope.function
        if name in self.scope.outside and name in self.table.functions[0].bindings:
            return None
        index = self.table.functions[self.scope.function].parent
        while index:
            function = self.table.functions[index]
            if name in function.bindings or any(parameter.name == name for parameter in function.parameters):
                return index
            index = function.parent
        return None

    def bind(self, target: cst.BaseExpression, value: Ref, given: cst.CSTNode) -> None:
        """Give `value`, which is written as `given`, to an assignment target of any form."""
        match target:
            case cst.Name():
                self.bind_name(target.value, value, self.span(target), self.span(given))
            case cst.Attribute():
                base = self.term(target.value)
                name = self.mangled(target.attr.value)
                spans = (self.span(target), self.span(given))
                self.function.events.append(AttributeStore(base, name, value, self.state.guards, *spans))
                path = path_of(target)
                if path is not None:
                    self.state.bind(path, value)
            case cst.Subscript():
                self._bind_item(target, value, given)
            case cst.Tuple() | cst.List():
                self.function.events.append(Iteration(value, self.span(target)))
                self._unpack(target.elements, value, given)
            case cst.StarredElement():
                self.bind(target.value, self.table.add(Opaque("starred target", (value,)), self.span(target)), given)
            case _:
                self.function.events.append(Escape(value, self.span(target)))

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
        binding = self._binding(value, span, given or span)
        if self.scope.owner is not None:
            self.table.classes[self.scope.owner].members.setdefault(self.mangled(name), []).append(binding)
            return
        if name in self.scope.outside:
            self.function.events.append(NameStore(name, value, self.state.guards, span, binding.value_span))
            holder = self.enclosing_function(name) or 0
            self.table.functions[holder].bindings.setdefault(name, []).append(binding)
            return
        self.function.bindings.setdefault(name, []).append(binding)

    def _binding(self, value: Ref, span: Span, given: Span) -> Binding:
        certain = self._is_unconditional and not self.scope.function and self.scope.owner is None
        return Binding(value, span, given, self.state.guards, certain)

    # -- the module, and the bodies that wait

    def visit_Module(self, node: cst.Module) -> bool:
        span = Span(Position(1, 1), Position(1, 1))
        self.table.add_function(OpenFunction("<module>", "<module>", None, None, span, is_read=True))
        for statement in node.body:
            self._is_unconditional = isinstance(statement, (cst.SimpleStatementLine, cst.FunctionDef, cst.ClassDef))
            self._run([statement])
        self._is_unconditional = False
        self.table.functions[0].last = self.table.next_ref
        return False

    def read_bodies(self) -> None:
        """Read the functions that have been met, and those inside them."""
        while self._later:
            function, scope = self._later.popleft()
            self.read_function(function, scope)

    def read_function(self, node: cst.FunctionDef | cst.Lambda, scope: Scope) -> None:
        """Read the body of a function that the table knows."""
        self.scope = scope
        self.function.is_read = True
        self.function.first = self.table.next_ref
        for parameter in self.function.parameters:
            value = self.expressions.parameter(scope.function, parameter.name, self.function.span)
            self.state.bind(parameter.name, value)
        if isinstance(node, cst.Lambda):
            value = self.term(node.body)
            self.function.returns.append(Return(value, (), self.span(node.body)))
        else:
            node.body.visit(self)
        self.function.last = self.table.next_ref

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        self._run(node.body)
        return False

    def visit_SimpleStatementSuite(self, node: cst.SimpleStatementSuite) -> bool:
        self._run(node.body)
        return False

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> bool:
        self._run(node.body)
        return False

    def _run(self, statements: Sequence[cst.CSTNode]) -> None:
        for statement in statements:
            if not self.state.live:
                return
            statement.visit(self)

    # -- definitions

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        value = self.define_function(node, node.name.value)
        self.bind_name(node.name.value, value, self.span(node.name))
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        name = node.name.value
        bases = tuple(self.term(base.value) for base in node.bases if not base.star)
        for keyword in node.keywords:
            self.term(keyword.value)
        self.table.classes.append(
            OpenClass(
                name=name,
                qualname=self._qualname(name),
                owner=self.scope.owner,
                function=self.scope.function,
                span=self.span(node.name),
                bases=bases,
                decorators=self._decorators(node.decorators),
            )
        )
        index = len(self.table.classes) - 1
        around = self.scope
        self.scope = Scope(function=around.function, owner=index, outer=around)
        node.body.visit(self)
        self.scope = around
        self.bind_name(name, self.table.add(ClassTerm(index), self.span(node)), self.span(node.name))
        return False

    def _qualname(self, name: str) -> str:
        if self.scope.owner is not None:
            return f"{self.table.classes[self.scope.owner].qualname}.{name}"
        if self.scope.function:
            return f"{self.function.qualname}.{name}"
        return name

    def _decorators(self, nodes: Sequence[cst.Decorator]) -> tuple[Decorator, ...]:
        return tuple(
            Decorator(self.term(node.decorator), self.span(node.decorator), self.module.code_for_node(node.decorator))
            for node in nodes
        )

    def _parameters(self, node: cst.Parameters) -> tuple[ParameterFacts, ...]:
        read = [self._parameter(parameter, "positional") for parameter in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            read.append(self._parameter(node.star_arg, "*"))
        read.extend(self._parameter(parameter, "keyword") for parameter in node.kwonly_params)
        if node.star_kwarg is not None:
            read.append(self._parameter(node.star_kwarg, "**"))
        return tuple(read)

    def _parameter(self, node: cst.Param, kind: str) -> ParameterFacts:
        default = None if node.default is None else self.term(node.default)
        annotation = None if node.annotation is None else self.annotation(node.annotation.annotation)
        return ParameterFacts(node.name.value, kind, default, annotation)

    # -- imports

    def visit_Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            dotted = path_of(alias.name)
            if dotted is None:
                continue
            bound, module = dotted.partition(".")[0], dotted
            if alias.asname is None:
                module = bound
                if dotted != bound:
                    self.table.add(Import(dotted, 0), self.span(alias))
            elif isinstance(alias.asname.name, cst.Name):
                bound = alias.asname.name.value
            self.bind_name(bound, self.table.add(Import(module, 0), self.span(alias)), self.span(alias))
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        module = "" if node.module is None else path_of(node.module) or ""
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            star = self.table.add(Import(module, level), self.span(node))
            self.table.stars.append(self._binding(star, self.span(node), self.span(node)))
            return False
        for alias in node.names:
            name = path_of(alias.name) or ""
            bound = name
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                bound = alias.asname.name.value
            self.bind_name(bound, self.table.add(Import(module, level, name), self.span(alias)), self.span(alias))
        return False

    # -- simple statements

    def visit_Assign(self, node: cst.Assign) -> bool:
        value = self.term(node.value)
        for target in node.targets:
            self.bind(target.target, value, node.value)
        return False

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        self._note_declaration(node)
        if node.value is not None:
            self.bind(node.target, self.term(node.value), node.value)
        return False

    def _note_declaration(self, node: cst.AnnAssign) -> None:
        """`name: Class` in a class body, or `self.name: Class` in a method."""
        match node.target:
            case cst.Name(value=name) if self.scope.owner is not None:
                owner: int | None = self.scope.owner
            case cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=name)):
                parameters = self.function.parameters
                owner = self.function.owner if parameters and parameters[0].name == receiver else None
            case _:
                return
        if owner is not None:
            annotation = self.annotation(node.annotation.annotation)
            self.table.classes[owner].annotations.setdefault(name, annotation)

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:
        left = self.term(node.target)
        right = self.term(node.value)
        operator = self.module.code_for_node(node.operator).strip().removesuffix("=")
        term = Binary(operator, left, right, self.expressions.operator_span(node.operator))
        self.bind(node.target, self.table.add(term, self.span(node)), node)
        return False

    def visit_Expr(self, node: cst.Expr) -> bool:
        self.term(node.value)
        return False

    def visit_Return(self, node: cst.Return) -> bool:
        value = self.expressions.constant(None, self.span(node)) if node.value is None else self.term(node.value)
        span = self.span(node if node.value is None else node.value)
        self.function.returns.append(Return(value, self.state.guards, span))
        self.state.live = False
        return False

    def visit_Raise(self, node: cst.Raise) -> bool:
        if node.exc is not None:
            self.function.events.append(Escape(self.term(node.exc), self.span(node.exc)))
        self.state.live = False
        return False

    def visit_Assert(self, node: cst.Assert) -> bool:
        state = self.state.fork(Guard(self.test(node.test), True))
        self.scope.state = self.assume(node.test, state, True)
        return False

    def visit_Del(self, node: cst.Del) -> bool:
        for path in bound_paths([node]):
            self.state.forget(path)
        return False

    def visit_Global(self, node: cst.Global) -> bool:
        self.scope.outside.update(item.name.value for item in node.names)
        return False

    def visit_Nonlocal(self, node: cst.Nonlocal) -> bool:
        self.scope.outside.update(item.name.value for item in node.names)
        return False

    def visit_Break(self, node: cst.Break) -> bool:
        if self.scope.loops:
            self.scope.loops[-1].breaks.append(self.state.fork())
        self.state.live = False
        return False

    def visit_Continue(self, node: cst.Continue) -> bool:
        if self.scope.loops:
            self.scope.loops[-1].continues.append(self.state.fork())
        self.state.live = False
        return False

    # -- branches

    def visit_If(self, node: cst.If) -> bool:
        test = self.test(node.test)
        base = self.state
        taken = self._branch(node.body, self.assume(node.test, base.fork(Guard(test, True)), True))
        skipped = self.assume(node.test, base.fork(Guard(test, False)), False)
        if node.orelse is not None:
            skipped = self._branch(node.orelse, skipped)
        self.scope.state = merge(self.table, base, [taken, skipped], self.span(node))
        return False

    def _branch(self, body: cst.CSTNode, state: State) -> State:
        self.scope.state = state
        body.visit(self)
        return self.scope.state

    def visit_Else(self, node: cst.Else) -> bool:
        node.body.visit(self)
        return False

    def visit_Try(self, node: cst.Try) -> bool:
        self._try(node, node.handlers)
        return False

    def visit_TryStar(self, node: cst.TryStar) -> bool:
        self._try(node, node.handlers)
        return False

    def _try(self, node: cst.Try | cst.TryStar, handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler]) -> None:
        base = self.state
        body = self._branch(node.body, base.fork())
        broken_off = State(dict(body.names), base.guards, attributes=base.attributes)
        failed = merge(self.table, base, [base.fork(), broken_off], self.span(node))
        ends = [body if node.orelse is None else self._branch(node.orelse, body)]
        for handler in handlers:
            raised = self.table.add(Opaque("exception"), self.span(handler))
            self.scope.state = failed.fork(Guard(raised, True))
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                self.bind_name(handler.name.name.value, raised, self.span(handler.name.name))
            handler.body.visit(self)
            ends.append(self.scope.state)
        self.scope.state = merge(self.table, base, ends, self.span(node))
        if node.finalbody is not None:
            was_live, self.state.live = self.state.live, True
            node.finalbody.body.visit(self)
            self.state.live = self.state.live and was_live

    def visit_With(self, node: cst.With) -> bool:
        for item in node.items:
            value = self.table.add(Entered(self.term(item.item)), self.span(item.item))
            if item.asname is not None:
                self.bind(item.asname.name, value, item.item)
        node.body.visit(self)
        return False

    def visit_Match(self, node: cst.Match) -> bool:
        subject = self.term(node.subject)
        base = self.state
        ends = [base.fork()]
        for case in node.cases:
            self.scope.state = base.fork(Guard(self.table.add(Opaque("match"), self.span(case)), True))
            members = dict(_members(case.pattern))
            for path in bound_paths([case.pattern]):
                if path in members:
                    member = self.table.add(Member(subject, members[path]), self.span(case))
                    self.bind_name(path, member, self.span(case))
                    continue
                self.bind_name(path, self.table.add(Opaque("pattern", (subject,)), self.span(case)), self.span(case))
            if case.guard is not None:
                self.test(case.guard)
            case.body.visit(self)
            ends.append(self.scope.state)
        self.scope.state = merge(self.table, base, ends, self.span(node))
        return False

    # -- loops

    def visit_For(self, node: cst.For) -> bool:
        iterated = self.term(node.iter)
        self.function.events.append(Iteration(iterated, self.span(node.iter)))
        heads = self._enter_loop([node.body, cst.AssignTarget(node.target)], self.span(node))
        exit_state = self.state.fork()
        self.bind(node.target, self.table.add(Element(iterated), self.span(node.target)), node.iter)
        self._leave_loop(node, heads, exit_state)
        return False

    def visit_While(self, node: cst.While) -> bool:
        heads = self._enter_loop([node.body, node.test], self.span(node))
        self.test(node.test)
        exit_state = self.state.fork()
        exit_state.live = not _is_always_true(node.test)
        self._leave_loop(node, heads, exit_state)
        return False

    def _enter_loop(self, parts: Sequence[cst.CSTNode], span: Span) -> dict[str, tuple[Ref, Ref | None]]:
        """Give each name that the loop changes a term of its own; returns it with the value before the loop."""
        heads: dict[str, tuple[Ref, Ref | None]] = {}
        for path in bound_paths(parts):
            before = self.state.names.get(path)
            head = self.table.reserve(span)
            heads[path] = (head, before)
        for path, (head, _) in heads.items():
            self.state.know(path, head)
        self.scope.loops.append(Loop())
        return heads

    def _leave_loop(
        self, node: cst.For | cst.While, heads: dict[str, tuple[Ref, Ref | None]], exit_state: State
    ) -> None:
        node.body.visit(self)
        loop = self.scope.loops.pop()
        rounds = [state for state in (self.state, *loop.continues) if state.live]
        for path, (head, before) in heads.items():
            values = [before, *(state.names.get(path) for state in rounds)]
            kept = dict.fromkeys(value for value in values if value is not None and value != head)
            self.table.fill(head, tuple(Choice(value) for value in kept))
        if node.orelse is not None:
            exit_state = self._branch(node.orelse, exit_state)
        base = State(guards=exit_state.guards, attributes=exit_state.attributes)
        self.scope.state = merge(self.table, base, [exit_state, *loop.breaks], self.span(node))

    # -- targets

    def _bind_item(self, target: cst.Subscript, value: Ref, given: cst.CSTNode) -> None:
        base = self.term(target.value)
        key = self.expressions.key(target)
        spans = (self.span(target), self.span(given))
        self.function.events.append(ItemStore(base, key, value, self.state.guards, *spans))
        path = path_of(target.value)
        if path is not None:
            self.state.bind(path, self.table.add(Updated(base, key, value), self.span(target)))

    def _unpack(self, elements: Sequence[cst.BaseElement], value: Ref, given: cst.CSTNode) -> None:
        starred = False
        written = _one_for_each(elements, given)
        for position, element in enumerate(elements):
            is_star = isinstance(element, cst.StarredElement)
            starred = starred or is_star
            member = Member(value, position - len(elements) if starred else position)
            term = Opaque("starred target", (value,)) if is_star else member
            inner = element.value
            self.bind(inner, self.table.add(term, self.span(element)), written[position])


def _members(pattern: cst.MatchPattern) -> Iterator[tuple[str, int]]:
    """The names that a sequence pattern binds to members of the subject, by position."""
    if not isinstance(pattern, (cst.MatchList, cst.MatchTuple)):
        return
    for position, element in enumerate(pattern.patterns):
        if isinstance(element, cst.MatchStar):
            return
        match element.value:
            case cst.MatchAs(pattern=None, name=cst.Name(value=name)):
                yield name, position


def _one_for_each(targets: Sequence[cst.BaseElement], given: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The expression that gives each target its value: a member of a display with as many, else all of it."""
    members = given.elements if isinstance(given, (cst.Tuple, cst.List)) else ()
    is_plain = not any(isinstance(each, cst.StarredElement) for each in (*targets, *members))
    return [each.value for each in members] if is_plain and len(members) == len(targets) else [given] * len(targets)


def _is_always_true(node: cst.BaseExpression) -> bool:
    """Whether only a `break` leaves a loop with this test."""
    match node:
        case cst.Name(value="True"):
            return True
        case cst.Integer():
            return integer_of(node) != 0
        case _:
            return False
