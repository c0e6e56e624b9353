"""What a caller does with the value it gets: refine it, read its rows, or hand it to a callee that is not followed.

Rows in a list or tuple mean the same as a QuerySet for iteration, `len`, truth, `in`, indexing and slicing from the
front, `sorted`, `reversed`, `Paginator` and `{% for %}` (proved in tests/semantics). Anything else is not reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Awaited,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Entry,
    Escape,
    Free,
    FunctionFacts,
    Item,
    ItemStore,
    Iteration,
    Join,
    Member,
    NameStore,
    Not,
    Parameter,
    Ref,
    Slice,
    Test,
    same_object,
)
from qscache_lint.fixing.templates import Templates
from qscache_lint.knowledge import Consumer, Effect
from qscache_lint.project.abstract import Atom, ClassId, External, Function, Literal, Method
from qscache_lint.project.evaluate import Evaluator, Site
from qscache_lint.project.evaluation.binding import bind
from qscache_lint.values import Span


class Need(Enum):
    """What a caller needs."""

    ROWS = "rows"
    """All of them, in any container."""

    PART = "a part of the rows"
    """By index or slice: a lazy QuerySet asks the database for just that."""

    QUERYSET = "a QuerySet"
    UNCLEAR = "unclear"


class Form(Enum):
    """How the code holds the value where it refines it."""

    RECEIVER = "receiver"
    """`value.filter()`: the place is that of the method's name."""

    ARGUMENT = "argument"
    """`f(value)`: the place is that of the argument."""

    OPERAND = "operand"
    """`value | other`: the place is that of the operator."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that is done with the value; `row` is where, `what` says what, for messages.

    `place` is where it is refined, by `form`; None where that is in another function or behind a branch. `stop` is the
    constant stop of a slice from the front, `through_template` the template that reads the rows, and `value` the term
    that is taken: not the one of the call where a variable may have had several values. `may_be_async`: it is iterated
    in an asynchronous function, with `async for` perhaps.
    """

    need: Need
    row: int
    what: str = ""
    place: Span | None = None
    form: Form | None = None
    stop: int | None = None
    through_template: str = ""
    value: Ref = -1
    may_be_async: bool = False


class Caller:
    """Follows one value through one function and says what is demanded of it."""

    def __init__(
        self, evaluator: Evaluator, templates: Templates, path: str, function: int, depth: int = 0
    ) -> None:
        self._evaluator = evaluator
        self._templates = templates
        self._path = path
        self._index = function
        self._depth = depth
        self._facts = evaluator.facts(path)
        self._function = self._facts.functions[function]
        self._open: set[Ref] = set()

    def demands(self, ref: Ref) -> Iterator[Demand]:
        """Everything done with the value of term `ref` in this function; a loop leads back to it."""
        if ref in self._open:
            return
        self._open.add(ref)
        yield from (replace(demand, value=ref) if demand.value < 0 else demand for demand in self._demands(ref))
        self._open.discard(ref)

    def _demands(self, ref: Ref) -> Iterator[Demand]:
        yield from self._in_statements(ref)
        if self._is_captured(ref):
            yield self._unclear(ref, "a nested function uses it")
        for user in self._facts.users(ref):
            yield from self._in_term(user, ref)

    def names(self, ref: Ref) -> frozenset[str]:
        """The variables that are bound to the value."""
        term = self._facts.terms[ref]
        parameter = {term.name} if isinstance(term, Parameter) else set()
        return frozenset(parameter).union(
            name for name, bound in self._function.bindings.items() if any(binding.value == ref for binding in bound)
        )

    def _unclear(self, ref: Ref, what: str) -> Demand:
        return Demand(Need.UNCLEAR, self._facts.spans[ref].start.row, what)

    def _rows(self, ref: Ref) -> Demand:
        return Demand(Need.ROWS, self._facts.spans[ref].start.row)

    # -- statements

    def _in_statements(self, ref: Ref) -> Iterator[Demand]:
        for event in self._function.events:
            match event:
                case Iteration(value=value) if value == ref:
                    yield Demand(Need.ROWS, event.span.start.row, may_be_async=self._function.is_async)
                case Test(value=value) if value == ref:
                    yield Demand(Need.ROWS, event.span.start.row)
                case Escape(value=value) if value == ref:
                    yield self._unclear(ref, "it is yielded, raised or unpacked")
                case AttributeStore(value=value) | ItemStore(value=value) | NameStore(value=value) if value == ref:
                    yield self._unclear(ref, "it is kept in an attribute, an item or a global")
        if any(returned.value == ref for returned in self._function.returns):
            yield self._unclear(ref, f"{self._function.name}() returns it")
        if not self._index and self.names(ref):
            yield self._unclear(ref, "the module keeps it in a global")
        members = (each for opened in self._facts.classes for bound in opened.members.values() for each in bound)
        if any(member.value == ref for member in members):
            yield self._unclear(ref, "a class keeps it in an attribute")
        if any(parameter.default == ref for each in self._facts.functions for parameter in each.parameters):
            yield self._unclear(ref, "it is the default of a parameter")

    def _is_captured(self, ref: Ref) -> bool:
        names = self.names(ref)
        free = self._facts.every(Free) if names else ()
        return any(term.function == self._index and term.name in names for _, term in free)

    # -- expressions

    def _in_term(self, user: Ref, ref: Ref) -> Iterator[Demand]:
        term = self._facts.terms[user]
        if same_object(term) is not None or isinstance(term, (Awaited, Join)):
            yield from self.demands(user)
            return
        match term:
            case Attribute(name=name):
                yield from self._in_attribute(user, name)
            case Call(arguments=arguments):
                for position in (place for place, argument in enumerate(arguments) if argument.value == ref):
                    yield from self._in_argument(user, term, position)
            case Item(base=base, key=key) if base == ref:
                yield self._index_demand(user, key)
            case Slice(base=base) if base == ref:
                yield from self._in_slice(user, term)
            case Element() | Member() | Not():
                yield self._rows(user)
            case Compare(operator=operator, right=right):
                reads = self._is_none(right) if operator in _IDENTITY else operator in _MEMBERSHIP and right == ref
                yield self._rows(user) if reads else self._unclear(user, "it is compared")
            case Binary(operator=operator, at=at) if operator in self._evaluator.knowledge.combining:
                row = self._facts.spans[user].start.row
                yield Demand(Need.QUERYSET, row, f"operator {operator}", at, Form.OPERAND)
            case Container():
                yield from self._in_container(user, ref)
            case _:
                yield self._unclear(user, "it takes part in an expression")

    def _is_none(self, ref: Ref) -> bool:
        return self._facts.terms[ref] == Constant(None)

    def _in_attribute(self, user: Ref, name: str) -> Iterator[Demand]:
        row = self._evaluator.knowledge.operations.get(name)
        term = self._facts.terms[user]
        place = self._facts.spans[user].start.row
        if isinstance(term, Attribute) and (self._refines(name, user) or (row and row.effect.queries_again)):
            yield Demand(Need.QUERYSET, place, f".{name}()", term.at, Form.RECEIVER)
        else:
            users = (self._facts.terms[each] for each in self._facts.users(user))
            is_called = any(isinstance(each, Call) and each.function == user for each in users)
            operation = f".{name}()" if is_called else f".{name}"
            yield Demand(Need.UNCLEAR, place, f"{operation} is used, which rows in a list do not have")

    def _refines(self, name: str, user: Ref) -> bool:
        """Whether a method of the project's own QuerySet class is called: it is nowhere but on a QuerySet."""
        value = self._evaluator.value(self._path, user)
        return bool(value) and all(isinstance(atom, Function) and atom.receiver is not None for atom in value)

    def _index_demand(self, user: Ref, key: Ref) -> Demand:
        value = self._evaluator.value(self._path, key)
        literal = value[0].value if len(value) == 1 and isinstance(value[0], Literal) else None
        if isinstance(literal, int) and literal < 0:
            return self._unclear(user, "a negative index raises on a QuerySet and works on rows")
        return Demand(Need.PART, self._facts.spans[user].start.row)

    def _in_slice(self, user: Ref, taken: Slice) -> Iterator[Demand]:
        stop = None
        for part in (taken.start, taken.stop, taken.step):
            term = None if part is None else self._facts.terms[part]
            number = term.value if isinstance(term, Constant) and isinstance(term.value, int) else None
            if number is not None and number < 0:
                yield self._unclear(user, "a negative slice raises on a QuerySet and works on rows")
                return
            stop = number if part == taken.stop else stop
        if not self._is_start(taken.start) or taken.step is not None:
            stop = None
        demands = list(self.demands(user))
        others = [demand for demand in demands if demand.need not in (Need.ROWS, Need.PART)]
        if not others or len(others) < len(demands):
            yield Demand(Need.PART, self._facts.spans[user].start.row, stop=stop)
        yield from others

    def _is_start(self, ref: Ref | None) -> bool:
        return ref is None or self._facts.terms[ref] == Constant(0)

    # -- arguments

    def _in_argument(self, user: Ref, call: Call, position: int) -> Iterator[Demand]:
        argument = call.arguments[position]
        row = self._facts.spans[user].start.row
        lookups = self._evaluator.knowledge.consumer_table.lookups.refining
        if argument.keyword is not None and argument.keyword.endswith(lookups):
            yield Demand(Need.QUERYSET, row, f"{argument.keyword}=", argument.span, Form.ARGUMENT)
            return
        for atom in self._evaluator.value(self._path, call.function):
            yield from self._taken_by(atom, call, position, user)

    def _taken_by(self, atom: Atom, call: Call, position: int, user: Ref) -> Iterator[Demand]:
        row = self._facts.spans[user].start.row
        argument = call.arguments[position]
        consumer = self._evaluator.consumers.by_call(atom, position, argument.keyword)
        if consumer is not None and consumer.effect.queries_again:
            what = f"{consumer.names[0].rpartition('.')[2]}()"
            yield Demand(Need.QUERYSET, row, what, argument.span, Form.ARGUMENT)
        elif consumer is not None and is_alike(consumer):
            yield Demand(Need.ROWS if consumer.effect is Effect.ROWS else Need.PART, row)
        elif isinstance(atom, Method) and self._combines(atom.name) and argument.keyword is None:
            yield Demand(Need.QUERYSET, row, f".{atom.name}()", argument.span, Form.ARGUMENT)
        elif isinstance(atom, Function) and self._depth < limits.READING_DEPTH:
            yield from self._in_parameter(atom, call, position, user)
        else:
            name = atom.dotted if isinstance(atom, External) else "a function that nobody can follow"
            yield Demand(Need.UNCLEAR, row, f"it is handed to {name}")

    def _combines(self, method: str) -> bool:
        row = self._evaluator.knowledge.operations.get(method)
        return row is not None and row.refines_arguments

    def _in_parameter(self, function: Function, call: Call, position: int, user: Ref) -> Iterator[Demand]:
        argument, row = call.arguments[position], self._facts.spans[user].start.row
        facts = self._evaluator.facts(function.of.path)
        callee = facts.functions[function.of.index]
        passed = self._evaluator.passed(call, Site(self._path, user, None))
        name = bind(callee, passed, function.receiver).taking(argument)
        if name is None:
            yield Demand(Need.UNCLEAR, row, "it is handed on behind a star")
            return
        if any(decorator.text not in _BINDING for decorator in callee.decorators):
            yield Demand(Need.UNCLEAR, row, f"it is handed to {callee.name}(), which has a decorator")
            return
        if self._is_overridden(function.of.path, callee):
            yield Demand(Need.UNCLEAR, row, f"it is handed to {callee.name}(), which a subclass overrides")
            return
        inner = Caller(self._evaluator, self._templates, function.of.path, function.of.index, self._depth + 1)
        taken = Parameter(function.of.index, name)
        found = (ref for ref, term in facts.of_kind(Parameter, function.of.index) if term == taken)
        demands = [demand for ref in islice(found, 1) for demand in inner.demands(ref)]
        if any(demand.may_be_async for demand in demands):
            yield Demand(Need.UNCLEAR, row, f"it is handed to {callee.name}(), which is asynchronous and iterates it")
            return
        needs = {demand.need for demand in demands}
        if Need.QUERYSET in needs and needs & {Need.ROWS, Need.PART}:
            yield Demand(Need.UNCLEAR, row, f"it is handed to {callee.name}(), which both reads and refines it")
            return
        yield from (self._at_argument(demand, row, argument.span) for demand in demands)

    def _is_overridden(self, path: str, callee: FunctionFacts) -> bool:
        if callee.owner is None:
            return False
        below = self._evaluator.classes.subclasses(ClassId(path, callee.owner))
        return any(callee.name in self._evaluator.facts(each.path).classes[each.index].members for each in below)

    def _at_argument(self, demand: Demand, row: int, span: Span) -> Demand:
        """What a function of the project does with its parameter, as done by handing the argument over."""
        return replace(demand, row=row, place=span, form=Form.ARGUMENT, stop=None, value=-1)

    # -- templates

    def _in_container(self, user: Ref, ref: Ref) -> Iterator[Demand]:
        """A dict that is the context of `render()`: the template decides."""
        term, users = self._facts.terms[user], self._facts.users(user)
        call = self._facts.terms[users[0]] if len(users) == 1 else None
        is_argument = isinstance(call, Call) and call.function != user
        if not isinstance(term, Container) or not isinstance(call, Call) or term.kind != "dict" or not is_argument:
            yield self._unclear(user, "it goes into a container")
            return
        yield from self._in_context(call, term, user, ref)

    def _in_context(self, call: Call, context: Container, user: Ref, ref: Ref) -> Iterator[Demand]:
        value = self._evaluator.value(self._path, call.function)
        called = {atom.dotted for atom in value if isinstance(atom, External)}
        template = call.arguments[1].value if len(call.arguments) > 1 else None
        written = None if template is None else self._facts.terms[template]
        if not called & _RENDERERS or not isinstance(written, Constant) or not isinstance(written.value, str):
            yield self._unclear(user, "it goes into a container")
            return
        for name in (self._context_name(entry) for entry in context.entries if entry.value == ref):
            if name is None:
                yield self._unclear(user, "it goes into a container")
                return
            reading = self._templates.reading(written.value, name)
            if reading.problem:
                yield self._unclear(user, reading.problem)
                return
            need = Need.PART if reading.takes_part else Need.ROWS
            yield Demand(need, self._facts.spans[user].start.row, through_template=written.value)

    def _context_name(self, entry: Entry) -> str | None:
        key = None if entry.key is None else self._facts.terms[entry.key]
        return key.value if isinstance(key, Constant) and isinstance(key.value, str) else None


def is_alike(consumer: Consumer) -> bool:
    """Whether a consumer takes a list of the rows as it takes the QuerySet."""
    reads = consumer.effect in (Effect.ROWS, Effect.PART)
    return reads and not consumer.shows and not consumer.tells_lists and consumer.gives != "queryset"


_MEMBERSHIP = frozenset({"in", "not in"})
_IDENTITY = frozenset({"is", "is not"})
_BINDING = frozenset({"classmethod", "staticmethod"})
_RENDERERS = frozenset({"django.shortcuts.render"})
