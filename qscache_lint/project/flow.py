"""Where a value goes inside one function: who reads its rows, and whether it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
    Binary,
    Call,
    Compare,
    Element,
    Escape,
    Free,
    Item,
    ItemStore,
    Iteration,
    Join,
    Member,
    NameStore,
    Not,
    Ref,
    Slice,
    Term,
    Test,
    operands,
    same_object,
)
from qscache_lint.knowledge import Effect, Store
from qscache_lint.project.abstract import Method, Value
from qscache_lint.project.evaluate import Evaluator


class Embedding(Enum):
    """How a QuerySet is a part of another query: `story__in=` and `Subquery(…)`, or an argument of `union()`."""

    SUBQUERY = "subquery"
    COMBINED = "combined"


def embedding(
    evaluator: Evaluator, callee: Value, position: int, keyword: str | None, entry: str = ""
) -> Embedding | None:
    """How a callee makes its argument a part of another query; None when it does not."""
    if keyword is not None and keyword.endswith(evaluator.knowledge.consumer_table.lookups.refining) and not entry:
        return Embedding.SUBQUERY
    consumers = [evaluator.consumers.by_call(atom, position, keyword, entry) for atom in callee]
    if any(consumer is not None and consumer.embeds for consumer in consumers):
        return Embedding.SUBQUERY
    methods = [evaluator.knowledge.operations.get(atom.name) for atom in callee if isinstance(atom, Method)]
    if keyword is None and not entry and any(row is not None and row.refines_arguments for row in methods):
        return Embedding.COMBINED
    return None


class Flow:
    """Follows values (a term and the joins it takes part in) through the function that has them."""

    def __init__(self, evaluator: Evaluator, path: str, index: int) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = evaluator.facts(path)
        self._index = index
        self._function = self._facts.functions[index]
        self._refs = range(self._function.first, self._function.last)
        self._answers: dict[tuple[frozenset[Ref], Store], bool] = {}

    def is_read_or_escapes(self, ref: Ref, store: Store) -> bool:
        """Whether the whole value is read somewhere in the function, or handed to somebody who may read it.

        A truth test reads the rows of a memo; of a pickled value it reads nothing.
        """
        same = self._same.get(ref) or frozenset({ref})
        if (same, store) not in self._answers:
            self._answers[same, store] = self._is_read_or_escapes(same, store)
        return self._answers[same, store]

    def _is_read_or_escapes(self, same: frozenset[Ref], store: Store) -> bool:
        return (
            not same.isdisjoint(self._leaving)
            or (store is not Store.PICKLED and not same.isdisjoint(self._tested))
            or not same.isdisjoint(self._captured)
            or any(self._takes(user, same) for user in dict.fromkeys(user for ref in same for user in self._users[ref]))
        )

    def embedding(self, ref: Ref) -> Embedding | None:
        """How a QuerySet, and what is derived from it, goes into other queries; None when it is also used otherwise.

        `x__in=rows.values("pk")[:5]`.
        """
        derived, pending, found = {ref}, [ref], set()
        while pending:
            for user in self._users[pending.pop()]:
                term = self._facts.terms[user]
                if user in derived:
                    continue
                embedded = self._embedding(term, derived)
                if None not in embedded:
                    found |= embedded
                elif self._is_derived(term, derived):
                    derived.add(user)
                    pending.append(user)
                else:
                    return None
        if not derived.isdisjoint(self._leaving | self._tested | self._captured):
            return None
        return Embedding.COMBINED if Embedding.COMBINED in found else next(iter(found), None)

    def _is_derived(self, term: Term, derived: set[Ref]) -> bool:
        """Whether a term is a step to another lazy QuerySet: `rows.values`, the call of that, a slice, `rows | others`.

        A slice with a step makes a list.
        """
        match term:
            case Attribute(name=name):
                return self._derives(name)
            case Call(function=function, arguments=arguments):
                return function in derived and not any(argument.value in derived for argument in arguments)
            case Slice(base=base, step=None):
                return base in derived
            case Binary(operator=operator):
                return operator in self._evaluator.knowledge.combining
            case _:
                return False

    def _derives(self, name: str) -> bool:
        """Whether a method gives another lazy QuerySet."""
        row = self._evaluator.knowledge.operations.get(name)
        return row is not None and row.is_lazy()

    def _embedding(self, term: Term, derived: set[Ref]) -> set[Embedding | None]:
        """How a term makes each of some QuerySets a part of another query; None among that: not, or not each."""
        if not isinstance(term, Call) or term.function in derived:
            return {None}
        atoms = self._evaluator.value(self._path, term.function)
        return {
            embedding(self._evaluator, atoms, position, argument.keyword)
            for position, argument in enumerate(term.arguments)
            if argument.value in derived
        }

    @cached_property
    def _same(self) -> dict[Ref, frozenset[Ref]]:
        """The terms that may be the very object that a term is: joins upwards, and what they join."""
        together: dict[Ref, list[Ref]] = {}
        for user in self._refs:
            term = self._facts.terms[user]
            known = same_object(term)
            parts = [choice.value for choice in term.choices] if isinstance(term, Join) else []
            for part in parts if known is None else [known]:
                together.setdefault(part, []).append(user)
                together.setdefault(user, []).append(part)
        found: dict[Ref, frozenset[Ref]] = {}
        for ref in together:
            if ref not in found:
                same = _reached(ref, together)
                found.update(dict.fromkeys(same, same))
        return found

    @cached_property
    def _users(self) -> defaultdict[Ref, list[Ref]]:
        """The terms that are made of a term."""
        found: defaultdict[Ref, list[Ref]] = defaultdict(list)
        for user in self._refs:
            for operand in operands(self._facts.terms[user]):
                found[operand].append(user)
        return found

    @cached_property
    def _leaving(self) -> frozenset[Ref]:
        """What is iterated, put somewhere, or returned."""
        kinds = (Iteration, Escape, AttributeStore, ItemStore, NameStore)
        events = (event.value for event in self._function.events if isinstance(event, kinds))
        return frozenset((*events, *(returned.value for returned in self._function.returns)))

    @cached_property
    def _tested(self) -> frozenset[Ref]:
        """What is tested for its truth."""
        return frozenset(event.value for event in self._function.events if isinstance(event, Test))

    @cached_property
    def _captured(self) -> frozenset[Ref]:
        """What a nested function may see through a variable."""
        inner = [self._facts.functions[each] for each in self._facts.inside(self._index)]
        names = {
            term.name
            for function in inner
            for term in self._facts.terms_of(function)
            if isinstance(term, Free) and term.function == self._index
        }
        return frozenset(each.value for name in names for each in self._function.bindings.get(name, ()))

    def _takes(self, user: Ref, same: frozenset[Ref]) -> bool:
        """Whether term `user` reads the rows of the value or carries it away."""
        term = self._facts.terms[user]
        if user in same or not same.intersection(operands(term)):
            return False
        match term:
            case Attribute() | Slice() | Join() | Not():
                return False
            case Item(key=key):
                return key in same
            case Compare(operator=operator, right=right):
                return operator in ("in", "not in") and right in same
            case Call(function=function):
                return function not in same and self._call_takes(term, same)
            case Element() | Member():
                return True
        return True

    def _call_takes(self, call: Call, same: frozenset[Ref]) -> bool:
        """Whether a call reads or keeps the value: everything does, but for what is known to take less."""
        return any(
            self._argument_is_taken(call, position, argument.keyword)
            for position, argument in enumerate(call.arguments)
            if argument.value in same
        )

    def _argument_is_taken(self, call: Call, position: int, keyword: str | None) -> bool:
        for atom in self._evaluator.value(self._path, call.function):
            consumer = self._evaluator.consumers.by_call(atom, position, keyword)
            if isinstance(atom, Method) or (consumer is not None and consumer.effect is not Effect.ROWS):
                return False
        return True


def _reached(ref: Ref, together: Mapping[Ref, Iterable[Ref]]) -> frozenset[Ref]:
    """A term and all that hang together with it."""
    pending, seen = [ref], {ref}
    while pending:
        fresh = [each for each in together[pending.pop()] if each not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return frozenset(seen)
