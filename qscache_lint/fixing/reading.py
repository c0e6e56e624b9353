"""What a caller does with the value it gets: refine it, read its rows, or hand it to somebody nobody can follow.

Rows in a list or tuple mean the same as a QuerySet for iteration, `len`, truth, `in`, indexing and slicing from the
front, `sorted`, `reversed` and `{% for %}` (proved in tests/semantics). Anything else is not reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Binary,
    Call,
    Compare,
    Constant,
    Container,
    Element,
    Escape,
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
    operands,
)
from qscache_lint.fixing.templates import reads_only
from qscache_lint.knowledge import Effect
from qscache_lint.project.abstract import Atom, External, Function, Literal
from qscache_lint.project.evaluate import Evaluator

_DEEPEST = 4


class Need(Enum):
    """What a caller needs."""

    ROWS = "rows"
    QUERYSET = "a QuerySet"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing that is done with the value; `row` is where, `what` says what, for messages."""

    need: Need
    row: int
    what: str = ""


class Caller:
    """Follows one value through one function and says what is demanded of it."""

    def __init__(self, evaluator: Evaluator, path: str, function: int, depth: int = 0) -> None:
        self._evaluator = evaluator
        self._path = path
        self._index = function
        self._depth = depth
        facts = evaluator.project.facts(path)
        if facts is None:
            raise ValueError(path)
        self._facts = facts
        self._function = facts.functions[function]

    def demands(self, ref: Ref) -> Iterator[Demand]:
        """Everything done with the value of term `ref` in this function."""
        yield from self._in_statements(ref)
        if self._is_captured(ref):
            yield self._unclear(ref, "a nested function uses it")
        for user in range(self._function.first, self._function.last):
            if ref in operands(self._facts.terms[user]):
                yield from self._in_term(user, ref)

    def _unclear(self, ref: Ref, what: str) -> Demand:
        return Demand(Need.UNCLEAR, self._facts.spans[ref].start.row, what)

    def _rows(self, ref: Ref) -> Demand:
        return Demand(Need.ROWS, self._facts.spans[ref].start.row)

    # -- statements

    def _in_statements(self, ref: Ref) -> Iterator[Demand]:
        for event in self._function.events:
            match event:
                case Iteration(value=value) if value == ref:
                    yield self._rows(ref)
                case Escape(value=value) if value == ref:
                    yield self._unclear(ref, "it is yielded, raised or unpacked")
                case AttributeStore(value=value) | ItemStore(value=value) | NameStore(value=value) if value == ref:
                    yield self._unclear(ref, "it is kept in an attribute, an item or a global")
        if any(returned.value == ref for returned in self._function.returns):
            yield self._unclear(ref, f"{self._function.name}() returns it")
        if not self._index and any(
            binding.value == ref for bound in self._function.bindings.values() for binding in bound
        ):
            yield self._unclear(ref, "the module keeps it in a global")

    def _is_captured(self, ref: Ref) -> bool:
        names = {
            name for name, bound in self._function.bindings.items() if any(binding.value == ref for binding in bound)
        }
        return bool(names) and any(
            getattr(term, "function", None) == self._index and getattr(term, "name", None) in names
            for term in self._facts.terms.values()
            if not isinstance(term, Parameter)
        )

    # -- expressions

    def _in_term(self, user: Ref, ref: Ref) -> Iterator[Demand]:
        match self._facts.terms[user]:
            case Attribute(name=name):
                yield from self._in_attribute(user, name)
            case Call() as call:
                for position, argument in enumerate(call.arguments):
                    if argument.value == ref:
                        yield from self._in_argument(user, call, position)
            case Item(key=key):
                yield self._index_demand(user, key)
            case Slice() as taken:
                yield from self._in_slice(user, taken)
            case Join():
                yield from self.demands(user)
            case Element() | Member() | Not():
                yield self._rows(user)
            case Compare(operator=operator):
                yield self._rows(user) if operator in _READING_COMPARISONS else self._unclear(user, "it is compared")
            case Binary(operator=operator) if operator in self._evaluator.knowledge.combining:
                yield Demand(Need.QUERYSET, self._facts.spans[user].start.row, f"operator {operator}")
            case Container():
                yield from self._in_container(user)
            case _:
                yield self._unclear(user, "it takes part in an expression")

    def _in_attribute(self, user: Ref, name: str) -> Iterator[Demand]:
        row = self._evaluator.knowledge.operations.get(name)
        place = self._facts.spans[user].start.row
        if row is not None and row.effect.queries_again:
            yield Demand(Need.QUERYSET, place, f".{name}()")
        else:
            yield Demand(Need.UNCLEAR, place, f".{name} is used, which rows in a list do not have")

    def _index_demand(self, user: Ref, key: Ref) -> Demand:
        value = self._evaluator.value(self._path, key)
        literal = value[0].value if len(value) == 1 and isinstance(value[0], Literal) else None
        if isinstance(literal, int) and literal < 0:
            return self._unclear(user, "a negative index raises on a QuerySet and works on rows")
        return self._rows(user)

    def _in_slice(self, user: Ref, taken: Slice) -> Iterator[Demand]:
        for part in (taken.start, taken.stop):
            term = None if part is None else self._facts.terms[part]
            if isinstance(term, Constant) and isinstance(term.value, int) and term.value < 0:
                yield self._unclear(user, "a negative slice raises on a QuerySet and works on rows")
                return
        yield self._rows(user)
        yield from self.demands(user)

    def _in_argument(self, user: Ref, call: Call, position: int) -> Iterator[Demand]:
        argument = call.arguments[position]
        row = self._facts.spans[user].start.row
        lookups = self._evaluator.knowledge.consumer_table.lookups.refining
        if argument.keyword is not None and argument.keyword.endswith(lookups):
            yield Demand(Need.QUERYSET, row, f"{argument.keyword}=")
            return
        for atom in self._evaluator.value(self._path, call.function):
            yield from self._taken_by(atom, call, position, user)

    def _taken_by(self, atom: Atom, call: Call, position: int, user: Ref) -> Iterator[Demand]:
        row = self._facts.spans[user].start.row
        taker = self._evaluator.takers.by_call(atom, position, call.arguments[position].keyword)
        if taker is not None and taker.effect is Effect.ROWS and taker.gives != "queryset":
            yield Demand(Need.ROWS, row)
            return
        if taker is not None and taker.effect.queries_again:
            yield Demand(Need.QUERYSET, row, f"{taker.names[0].rpartition('.')[2]}()")
            return
        if isinstance(atom, Function) and self._depth < _DEEPEST:
            yield from self._in_parameter(atom, call, position, row)
            return
        yield Demand(Need.UNCLEAR, row, "it is handed to a function that nobody can follow")

    def _in_parameter(self, function: Function, call: Call, position: int, row: int) -> Iterator[Demand]:
        argument = call.arguments[position]
        name = None if argument.star else self._evaluator.parameter_for(function, position, argument.keyword)
        facts = self._evaluator.project.facts(function.of.path)
        if name is None or facts is None:
            yield Demand(Need.UNCLEAR, row, "it is handed on behind a star")
            return
        callee = facts.functions[function.of.index]
        for ref in range(callee.first, callee.last):
            if facts.terms[ref] == Parameter(function.of.index, name):
                inner = Caller(self._evaluator, function.of.path, function.of.index, self._depth + 1)
                yield from (Demand(demand.need, row, demand.what) for demand in inner.demands(ref))
                return
        yield Demand(Need.ROWS, row)

    # -- templates

    def _in_container(self, user: Ref) -> Iterator[Demand]:
        """A dict that is the context of `render()`: the template decides."""
        term = self._facts.terms[user]
        holders = [
            (ref, call)
            for ref in range(self._function.first, self._function.last)
            if isinstance(call := self._facts.terms[ref], Call)
            and any(argument.value == user for argument in call.arguments)
        ]
        if not isinstance(term, Container) or term.kind != "dict" or len(holders) != 1 or self._is_used_twice(user):
            yield self._unclear(user, "it goes into a container")
            return
        yield from self._in_context(holders[0][1], term, user)

    def _is_used_twice(self, user: Ref) -> bool:
        users = [ref for ref in range(self._function.first, self._function.last)
                 if user in operands(self._facts.terms[ref])]
        return len(users) != 1

    def _in_context(self, call: Call, context: Container, user: Ref) -> Iterator[Demand]:
        names = [atom.dotted for atom in self._evaluator.value(self._path, call.function) if isinstance(atom, External)]
        template = call.arguments[1].value if len(call.arguments) > 1 else None
        written = None if template is None else self._facts.terms[template]
        if not set(names) & _RENDERERS or not isinstance(written, Constant) or not isinstance(written.value, str):
            yield self._unclear(user, "it goes into a container")
            return
        for name in self._context_names(context):
            problem = reads_only(self._evaluator.project.tree.root, written.value, name)
            if problem is not None:
                yield self._unclear(user, problem)
                return
        yield self._rows(user)

    def _context_names(self, context: Container) -> Iterator[str]:
        for entry in context.entries:
            key = None if entry.key is None else self._facts.terms[entry.key]
            if isinstance(key, Constant) and isinstance(key.value, str):
                yield key.value


_READING_COMPARISONS = frozenset({"in", "not in", "is", "is not"})
_RENDERERS = frozenset({"django.shortcuts.render"})
