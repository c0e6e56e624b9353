"""The facts visitor: one walk over Python's own syntax tree of a file, from syntax to facts.

Statements are visited in the order in which they run, so that each name has a definite value at each point: branches
fork and merge the state, loops get a `Join` at their head. Bodies of functions are read after the scope around them is
complete, because that is when Python may first run them. Expressions become terms (see `expressions`).
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from qscache_lint.facts.expressions import ExpressionReader, operator_text
from qscache_lint.facts.model import (
    AttributeStore,
    Binary,
    Binding,
    Choice,
    ClassTerm,
    Constant,
    Decorator,
    Element,
    Entered,
    Escape,
    FunctionTerm,
    Guard,
    Import,
    ItemStore,
    Iteration,
    Join,
    Member,
    ModuleRecord,
    NameStore,
    Narrowed,
    Opaque,
    Parameter,
    ParameterFacts,
    Ref,
    Removal,
    Return,
    Term,
    Test,
    Updated,
)
from qscache_lint.facts.names import mangled_name
from qscache_lint.facts.narrowing import narrowings
from qscache_lint.facts.patterns import members, test_of
from qscache_lint.facts.places import Place, Places, span_of
from qscache_lint.facts.scope import End, Loop, Mark, Scope, State
from qscache_lint.facts.table import FactsTable, OpenClass, OpenFunction
from qscache_lint.facts.targets import bound_paths, path_of, target_paths
from qscache_lint.source.syntax import parse_expression
from qscache_lint.source.units import layout_of
from qscache_lint.values import Position, Span

_Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Definition: TypeAlias = _Definition | ast.Lambda
_START = Span(Position(1, 1), Position(1, 1))
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.Match)
_TRY_STAR: type[ast.stmt] = getattr(ast, "TryStar", ast.Try)  # from Python 3.11 on


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
    """Visits statements; every `_…` method decides itself what runs next and in which state."""

    def __init__(self, places: Places) -> None:
        self.table = FactsTable()
        self.scope = Scope(function=0)
        self.expressions = ExpressionReader(self, places)
        self._places = places
        self._later: deque[tuple[Definition, Scope]] = deque()
        self._is_unconditional = False

    # -- helpers that the expression reader uses too

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

    def annotation(self, node: ast.expr) -> Ref:
        """The term of an annotation; one in quotes is read like any other."""
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            return self.term(node)
        quoted = parse_expression(node.value.strip())
        if quoted is None:
            return self.add(Opaque("annotation"), node)
        return self.expressions.read_apart(quoted, self.expressions.place(node))

    def define_function(self, node: Definition, name: str) -> Ref:
        """Enter a function or lambda into the table; its body is read later."""
        scope = self.scope
        is_lambda = isinstance(node, ast.Lambda)
        opened = OpenFunction(
            name=name,
            qualname=self._qualname(name),
            parent=scope.function,
            owner=None if is_lambda else scope.owner,
            span=self.span(node) if isinstance(node, ast.Lambda) else span_of(self._places.defined_name(node)),
        )
        if not isinstance(node, ast.Lambda):
            opened.decorators = self._decorators(node.decorator_list)
            opened.is_async = isinstance(node, ast.AsyncFunctionDef)
            if node.returns is not None:
                opened.annotation = self.annotation(node.returns)
        opened.parameters = tuple(self._parameters(node.args))
        index = self.table.add_function(opened)
        self._later.append((node, Scope(function=index, outer=scope)))
        return self.add(FunctionTerm(index), node)

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

    def bind(self, target: ast.expr, value: Ref, given: ast.expr | ast.stmt) -> None:
        """Give `value`, which is written as `given`, to an assignment target of any form."""
        match target:
            case ast.Name(id=name):
                self.bind_name(name, value, self.span(target), self.span(given))
            case ast.Attribute():
                base = self.term(target.value)
                name = self.mangled(target.attr)
                spans = (self.span(target), self.span(given))
                self.function.events.append(AttributeStore(base, name, value, self.state.guards, *spans))
                path = path_of(target)
                if path is not None:
                    self.state.bind(path, value)
            case ast.Subscript():
                self._bind_item(target, value, given)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                self.function.events.append(Iteration(value, self.state.guards, self.span(target)))
                self._unpack(elements, value, given)
            case ast.Starred():
                self.bind(target.value, self.add(Opaque("starred target", (value,)), target), given)
            case _:
                self.function.events.append(Escape(value, self.state.guards, self.span(target)))

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

    # -- the module, and its functions

    def read_module(self, node: ast.Module) -> None:
        """Read a module, and then the functions that have been met, and those inside them."""
        self.table.add_function(OpenFunction("<module>", "<module>", None, None, _START))
        for statement in node.body:
            self._is_unconditional = not isinstance(statement, (*_COMPOUND, _TRY_STAR))
            self._run([statement])
        self._is_unconditional = False
        self.table.functions[0].last = self.table.next_ref
        while self._later:
            self._read_function(*self._later.popleft())

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
            self._run(node.body)
        function.last = self.table.next_ref

    def _run(self, statements: Iterable[ast.stmt]) -> None:
        state = self.state
        for statement in statements:
            if not state.live:
                return
            visit = _VISITORS.get(type(statement))
            if visit is not None:
                visit(self, statement)

    # -- definitions

    def _function_def(self, node: _Definition) -> None:
        value = self.define_function(node, node.name)
        self.bind_name(node.name, value, span_of(self._places.defined_name(node)))

    def _class_def(self, node: ast.ClassDef) -> None:
        span = span_of(self._places.defined_name(node))
        bases = tuple([self.term(base) for base in node.bases if not isinstance(base, ast.Starred)])
        for keyword in node.keywords:
            self.term(keyword.value)
        opened = OpenClass(
            name=node.name,
            qualname=self._qualname(node.name),
            owner=self.scope.owner,
            function=self.scope.function,
            span=span,
            bases=bases,
            decorators=self._decorators(node.decorator_list),
        )
        self.table.classes.append(opened)
        index = len(self.table.classes) - 1
        around = self.scope
        self.scope = Scope(function=around.function, owner=index, outer=around)
        self._run(node.body)
        self.scope = around
        self.bind_name(node.name, self.add(ClassTerm(index), node), span)

    def _qualname(self, name: str) -> str:
        if self.scope.owner is not None:
            return f"{self.table.classes[self.scope.owner].qualname}.{name}"
        if self.scope.function:
            return f"{self.function.qualname}.{name}"
        return name

    def _decorators(self, nodes: Sequence[ast.expr]) -> tuple[Decorator, ...]:
        return tuple([Decorator(self.term(node), self.span(node), self._places.text(node)) for node in nodes])

    def _parameters(self, node: ast.arguments) -> Iterator[ParameterFacts]:
        positional = [*node.posonlyargs, *node.args]
        defaults = [*(None for _ in positional[len(node.defaults) :]), *node.defaults]
        for parameter, default in zip(positional, defaults, strict=True):
            yield self._parameter(parameter, "positional", default)
        if node.vararg is not None:
            yield self._parameter(node.vararg, "*", None)
        for parameter, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            yield self._parameter(parameter, "keyword", default)
        if node.kwarg is not None:
            yield self._parameter(node.kwarg, "**", None)

    def _parameter(self, node: ast.arg, kind: str, default: ast.expr | None) -> ParameterFacts:
        value = None if default is None else self.term(default)
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        return ParameterFacts(node.arg, kind, value, annotation)

    # -- imports

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound, module = alias.asname or alias.name.partition(".")[0], alias.name
            if alias.asname is None:
                module = bound
                if alias.name != bound:
                    self.add(Import(alias.name, 0), alias)
            self.bind_name(bound, self.add(Import(module, 0), alias), self.span(alias))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                star = self.add(Import(module, node.level), node)
                self.table.stars.append(self._binding(star, self.span(node), self.span(node)))
                continue
            imported = self.add(Import(module, node.level, alias.name), alias)
            self.bind_name(alias.asname or alias.name, imported, self.span(alias))

    # -- simple statements

    def _assign(self, node: ast.Assign) -> None:
        value = self.term(node.value)
        for target in node.targets:
            self.bind(target, value, node.value)

    def _ann_assign(self, node: ast.AnnAssign) -> None:
        self._note_declaration(node)
        if node.value is not None:
            self.bind(node.target, self.term(node.value), node.value)

    def _note_declaration(self, node: ast.AnnAssign) -> None:
        """`name: Class` in a class body, or `self.name: Class` in a method."""
        match node.target:
            case ast.Name(id=name) if self.scope.owner is not None:
                owner: int | None = self.scope.owner
            case ast.Attribute(value=ast.Name(id=receiver), attr=name):
                parameters = self.function.parameters
                owner = self.function.owner if parameters and parameters[0].name == receiver else None
            case _:
                return
        if owner is not None:
            annotation = self.annotation(node.annotation)
            self.table.classes[owner].annotations.setdefault(name, annotation)

    def _aug_assign(self, node: ast.AugAssign) -> None:
        left = self.term(node.target)
        right = self.term(node.value)
        operator = operator_text(node.op)
        at = self.expressions.behind(node.target, f"{operator}=")
        made = self.expressions.under_tests(self.add(Binary(operator, left, right, at), node))
        self.bind(node.target, made, node)

    def _expr(self, node: ast.Expr) -> None:
        self.term(node.value)

    def _return(self, node: ast.Return) -> None:
        value = self.add(Constant(None), node) if node.value is None else self.term(node.value)
        span = self.span(node if node.value is None else node.value)
        self.function.returns.append(Return(value, self.state.guards, span))
        self.state.live = False

    def _raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            self.function.events.append(Escape(self.term(node.exc), self.state.guards, self.span(node.exc)))
        self.state.live = False

    def _assert(self, node: ast.Assert) -> None:
        self._pass(node.test, Guard(self.test(node.test), True))

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._read_deleted(target)
        for path in bound_paths([node]):
            self.state.forget(path)

    def _read_deleted(self, target: ast.expr) -> None:
        """Read what `del` evaluates: the object that loses something, and the key."""
        match target:
            case ast.Attribute(value=base):
                self.term(base)
            case ast.Subscript(value=base):
                removal = Removal(self.term(base), self.state.guards, self.span(target))
                self.expressions.key(target)
                self.function.events.append(removal)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each in targets:
                    self._read_deleted(each)

    def _outside(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.outside.update(node.names)

    def _break(self, node: ast.Break) -> None:
        if self.scope.loops:
            loop = self.scope.loops[-1]
            loop.breaks.append(self.state.end(loop.mark))
        self.state.live = False

    def _continue(self, node: ast.Continue) -> None:
        if self.scope.loops:
            loop = self.scope.loops[-1]
            loop.continues.append(self.state.end(loop.mark))
        self.state.live = False

    # -- branches

    def _if(self, node: ast.If) -> None:
        """Read an `if` with all its `elif`, of which generated code has thousands, in a loop."""
        around: list[tuple[Mark, End, Place]] = []
        branch: ast.If | None = node
        while branch is not None:
            test = self.test(branch.test)
            mark = self.state.mark()
            self._pass(branch.test, Guard(test, True))
            self._run(branch.body)
            taken = self.state.leave(mark)
            around.append((mark, taken, self.expressions.place(branch)))
            self._pass(branch.test, Guard(test, False))
            match branch.orelse:
                case [ast.If() as branch]:
                    pass
                case orelse:
                    self._run(orelse)
                    branch = None
        for mark, taken, place in reversed(around):
            skipped = self.state.leave(mark)
            self.state.merge(self.table, [taken, skipped], place)

    def _pass(self, test: ast.expr, guard: Guard) -> None:
        """Go on behind a test."""
        self.state.guards += (guard,)
        self.assume(test, guard.result)

    def _branch(self, body: Iterable[ast.stmt], start: End | None = None) -> End:
        """Run statements that may not run, and come back; `start` is what has run before them."""
        mark = self.state.mark()
        if start is not None:
            self.state.enter(start)
        self._run(body)
        return self.state.leave(mark)

    def _try(self, node: ast.Try) -> None:
        place = self.expressions.place(node)
        before = self.state.mark()
        body = self._branch(node.body)
        ends = [body if not node.orelse else self._branch(node.orelse, start=body)]
        nothing = End({}, before.guards, True)
        broken_off = End(body.changes, before.guards, True)
        self.state.merge(self.table, [nothing, broken_off], place)
        failed = self.state.leave(before)
        for handler in node.handlers:
            raised = self.add(Opaque("exception"), handler)
            mark = self.state.mark()
            self.state.enter(failed)
            self.state.guards += (Guard(raised, True),)
            if handler.name is not None:
                self.bind_name(handler.name, raised, span_of(self._places.handler_name(handler)))
            self._run(handler.body)
            ends.append(self.state.leave(mark))
        self.state.merge(self.table, ends, place)
        if node.finalbody:
            was_live, self.state.live = self.state.live, True
            self._run(node.finalbody)
            self.state.live = self.state.live and was_live

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            value = self.add(Entered(self.term(item.context_expr)), item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, item.context_expr)
        self._run(node.body)

    def _match(self, node: ast.Match) -> None:
        """Read the cases like an `if` with all its `elif`; one with a guard may leave the subject to the next ones."""
        subject, place = self.term(node.subject), self.expressions.place(node)
        around: list[tuple[Mark, End]] = []
        for case in node.cases:
            test, mark = test_of(self, subject, case.pattern), self.state.mark()
            if test is not None:
                self.state.guards += (Guard(test, True),)
            self._bind_pattern(subject, case.pattern)
            if case.guard is not None:
                self._pass(case.guard, Guard(self.test(case.guard), True))
            self._run(case.body)
            around.append((mark, self.state.leave(mark)))
            if case.guard is None:
                self.state.live = self.state.live and test is not None
                self.state.guards += () if test is None else (Guard(test, False),)
        for mark, taken in reversed(around):
            skipped = self.state.leave(mark)
            self.state.merge(self.table, [taken, skipped], place)

    def _bind_pattern(self, subject: Ref, pattern: ast.pattern) -> None:
        at = dict(members(pattern))
        whole = pattern.name if isinstance(pattern, ast.MatchAs) else None
        for path in bound_paths([pattern]):
            term = Member(subject, at[path]) if path in at else Opaque("pattern", (subject,))
            value = subject if path == whole else self.add(term, pattern)
            self.bind_name(path, value, self.span(pattern))

    # -- loops

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.term(node.iter)
        self.function.events.append(Iteration(iterated, self.state.guards, self.span(node.iter)))
        changed = [*bound_paths(node.body), *target_paths(node.target)]
        heads = self._loop_heads(changed, self.expressions.place(node))
        loop = Loop(self.state.mark(), heads)
        self.bind(node.target, self.add(Element(iterated), node.target), node.iter)
        self._leave_loop(node, loop, heads, is_left=True)

    def _while(self, node: ast.While) -> None:
        heads = self._loop_heads(bound_paths([*node.body, node.test]), self.expressions.place(node))
        self.test(node.test)
        self._leave_loop(node, Loop(self.state.mark(), heads), heads, is_left=not _is_always_true(node.test))

    def _loop_heads(self, changed: Iterable[str], place: Place) -> dict[str, tuple[Ref, Ref | None]]:
        """Give each name that the loop changes a term of its own; returns it with the value before the loop."""
        paths = dict.fromkeys(changed)
        heads = {path: (self.table.reserve(place), self.state.names.get(path)) for path in paths}
        for path, (head, _) in heads.items():
            self.state.know(path, head)
        return heads

    def _leave_loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        loop: Loop,
        heads: Mapping[str, tuple[Ref, Ref | None]],
        is_left: bool,
    ) -> None:
        """Run the body of a loop. `is_left`: it may end without a `break`."""
        self.scope.loops.append(loop)
        self._run(node.body)
        self.scope.loops.pop()
        rounds = [end for end in (self.state.leave(loop.mark), *loop.continues) if end.live]
        for path, (head, before) in heads.items():
            now = self.state.names.get(path)
            values = [before, *(end.changes.get(path, now) for end in rounds)]
            kept = dict.fromkeys(value for value in values if value is not None and value != head)
            self.table.fill(head, tuple([Choice(value) for value in kept]))
        self._filled_by(loop, rounds, self.expressions.place(node))
        self.state.live = is_left
        exhausted = self._branch(node.orelse)
        self.state.live = True
        self.state.merge(self.table, [exhausted, *loop.breaks], self.expressions.place(node))

    def _filled_by(self, loop: Loop, rounds: Sequence[End], place: Place) -> None:
        """Behind a loop, a container is what the rounds have made of it, of which there may have been none."""
        for path in loop.filled:
            made = dict.fromkeys(end.changes[path] for end in rounds if path in end.changes)
            choices = tuple(Choice(value) for value in made if value is not None)
            if choices and path in self.state.names:
                joined = self.table.add(Join(choices), place) if len(choices) > 1 else choices[0].value
                self.state.know(path, joined)

    # -- targets

    def _bind_item(self, target: ast.Subscript, value: Ref, given: ast.expr | ast.stmt) -> None:
        base = self.term(target.value)
        key = self.expressions.key(target)
        spans = (self.span(target), self.span(given))
        self.function.events.append(ItemStore(base, key, value, self.state.guards, *spans))
        path = path_of(target.value)
        if path is not None:
            self.state.bind(path, self.add(Updated(base, key, value), target))

    def _unpack(self, elements: Sequence[ast.expr], value: Ref, given: ast.expr | ast.stmt) -> None:
        starred = False
        written = _one_for_each(elements, given)
        for position, element in enumerate(elements):
            is_star = isinstance(element, ast.Starred)
            starred = starred or is_star
            member = Member(value, position - len(elements) if starred else position)
            term = Opaque("starred target", (value,)) if is_star else member
            inner = element.value if isinstance(element, ast.Starred) else element
            self.bind(inner, self.add(term, element), written[position])


def _one_for_each(targets: Sequence[ast.expr], given: ast.expr | ast.stmt) -> Sequence[ast.expr | ast.stmt]:
    """The expression that gives each target its value: a member of a display with as many, else all of it."""
    members = given.elts if isinstance(given, (ast.Tuple, ast.List)) else ()
    is_plain = not any(isinstance(each, ast.Starred) for each in (*targets, *members))
    return members if is_plain and len(members) == len(targets) else [given] * len(targets)


def _is_always_true(node: ast.expr) -> bool:
    """Whether only a `break` leaves a loop with this test."""
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and bool(node.value)


_VISITORS: Mapping[type[ast.stmt], Callable[[FactsVisitor, Any], None]] = {
    ast.FunctionDef: FactsVisitor._function_def,
    ast.AsyncFunctionDef: FactsVisitor._function_def,
    ast.ClassDef: FactsVisitor._class_def,
    ast.Import: FactsVisitor._import,
    ast.ImportFrom: FactsVisitor._import_from,
    ast.Assign: FactsVisitor._assign,
    ast.AnnAssign: FactsVisitor._ann_assign,
    ast.AugAssign: FactsVisitor._aug_assign,
    ast.Expr: FactsVisitor._expr,
    ast.Return: FactsVisitor._return,
    ast.Raise: FactsVisitor._raise,
    ast.Assert: FactsVisitor._assert,
    ast.Delete: FactsVisitor._delete,
    ast.Global: FactsVisitor._outside,
    ast.Nonlocal: FactsVisitor._outside,
    ast.Break: FactsVisitor._break,
    ast.Continue: FactsVisitor._continue,
    ast.If: FactsVisitor._if,
    ast.Try: FactsVisitor._try,
    _TRY_STAR: FactsVisitor._try,
    ast.With: FactsVisitor._with,
    ast.AsyncWith: FactsVisitor._with,
    ast.Match: FactsVisitor._match,
    ast.For: FactsVisitor._for,
    ast.AsyncFor: FactsVisitor._for,
    ast.While: FactsVisitor._while,
}
