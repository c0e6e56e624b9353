"""Where a value goes inside one function: who reads its rows, and whether it leaves."""

from __future__ import annotations

from qscache_lint.facts.model import (
    Attribute,
    AttributeStore,
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
    Test,
    operands,
    same_object,
)
from qscache_lint.knowledge import Effect, Store
from qscache_lint.project.abstract import Method, Value
from qscache_lint.project.evaluate import Evaluator


def embeds(
    evaluator: Evaluator, callee: Value, position: int, keyword: str | None, entry: str = ""
) -> bool:
    """Whether a callee makes its argument a part of another query: `story__in=`, `Subquery(…)`."""
    if keyword is not None and keyword.endswith(evaluator.knowledge.consumer_table.lookups.refining) and not entry:
        return True
    takers = [evaluator.takers.by_call(atom, position, keyword, entry) for atom in callee]
    return any(taker is not None and taker.embeds for taker in takers)


class Flow:
    """Follows one value (a term and the joins it takes part in) through the function that has it."""

    def __init__(self, evaluator: Evaluator, path: str, index: int) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = evaluator.facts(path)
        self._index = index
        self._function = self._facts.functions[index]
        self._refs = range(self._function.first, self._function.last)

    def is_read_or_escapes(self, ref: Ref, store: Store) -> bool:
        """Whether the whole value is read somewhere in the function, or handed to somebody who may read it.

        A truth test reads the rows of a memo; of a pickled value it reads nothing.
        """
        same = self._same(ref)
        return (
            self._is_in_event(same, store)
            or any(returned.value in same for returned in self._function.returns)
            or self._is_captured(same)
            or any(self._takes(user, same) for user in self._refs)
        )

    def is_embedded(self, ref: Ref) -> bool:
        """Whether a QuerySet, and what is derived from it, only goes into other queries: `x__in=rows.values("pk")`."""
        derived, users = {ref}, 0
        for user in self._refs:
            term = self._facts.terms[user]
            if user in derived or not derived.intersection(operands(term)):
                continue
            users += 1
            match term:
                case Attribute(name=name) if self._derives(name):
                    derived.add(user)
                case Call(function=function, arguments=arguments) if function in derived:
                    if any(argument.value in derived for argument in arguments):
                        return False
                    derived.add(user)
                case Call() if self._embeds(term, derived):
                    continue
                case _:
                    return False
        returned = any(each.value in derived for each in self._function.returns)
        is_held = self._is_in_event(frozenset(derived), Store.MEMO) or self._is_captured(frozenset(derived))
        return users > 0 and not returned and not is_held

    def _derives(self, name: str) -> bool:
        """Whether a method gives another lazy QuerySet."""
        row = self._evaluator.knowledge.operations.get(name)
        return row is not None and row.gives in ("queryset", "values")

    def _embeds(self, call: Call, derived: set[Ref]) -> bool:
        atoms = self._evaluator.value(self._path, call.function)
        return all(
            embeds(self._evaluator, atoms, position, argument.keyword)
            for position, argument in enumerate(call.arguments)
            if argument.value in derived
        )

    def _same(self, ref: Ref) -> frozenset[Ref]:
        """The terms that may be the very object: joins upwards, and what they join."""
        same = {ref}
        changed = True
        while changed:
            changed = False
            for user in self._refs:
                term = self._facts.terms[user]
                if same_object(term) in same or (user in same and same_object(term) is not None):
                    grown = same | {user, same_object(term) or 0}
                    changed = changed or grown != same
                    same = grown
                if not isinstance(term, Join):
                    continue
                parts = {choice.value for choice in term.choices}
                if user in same or parts & same:
                    grown = same | {user} | (parts if user in same else set())
                    changed = changed or grown != same
                    same = grown
        return frozenset(same)

    def _is_in_event(self, same: frozenset[Ref], store: Store) -> bool:
        for event in self._function.events:
            match event:
                case Iteration(value=value) | Escape(value=value) if value in same:
                    return True
                case AttributeStore(value=value) | ItemStore(value=value) | NameStore(value=value) if value in same:
                    return True
                case Test(value=value) if value in same and store is not Store.PICKLED:
                    return True
        return False

    def _is_captured(self, same: frozenset[Ref]) -> bool:
        """Whether a nested function may see the value through a variable."""
        names = {name for name, bound in self._function.bindings.items() if any(each.value in same for each in bound)}
        if not names:
            return False
        inner = [self._facts.functions[each] for each in self._facts.inside(self._index)]
        return any(
            isinstance(term, Free) and term.function == self._index and term.name in names
            for function in inner
            for term in self._facts.terms_of(function)
        )

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
            taker = self._evaluator.takers.by_call(atom, position, keyword)
            if isinstance(atom, Method) or (taker is not None and taker.effect is not Effect.ROWS):
                return False
        return True
