"""What the project does with the caches that all its code shares: which key each call stores, reads or asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Call, Compare, Container, Item, Join, Ref, Updated, same_object
from qscache_lint.fixing.repeatability.known import DROPPING, SHARED_CACHES
from qscache_lint.fixing.repeatability.pieces import Given, Spot
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.knowledge.model import Slot
from qscache_lint.project.abstract import External, Unknown
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.binding import place_of, written
from qscache_lint.project.evaluation.callsites import open_around
from qscache_lint.project.identities import FunctionId

Keys: TypeAlias = "tuple[Spot, ...] | None"
"""The keys that a call has; None where they may be any."""

_FIRST = Slot(index=0, keyword="key")


@dataclass(frozen=True)
class Use:
    """One call that has keys of a cache, in `key`, or in `keys`: a list of them, or a dict.

    `stores`: something is put under them; `value` is that, where it is one term. Else the call looks what is there, and
    `reads`, where it may come out. `is_likely`: what is called has the name and arguments of a store, and nothing else
    is known of it.
    """

    path: str
    ref: Ref
    function: FunctionId
    stores: bool
    key: Ref | None = None
    keys: Ref | None = None
    value: Ref | None = None
    reads: bool = False
    is_likely: bool = False

    def spots(self, evaluator: Evaluator, given: Given) -> Keys:
        """The keys, each as a term; None where they may be any."""
        subject = Subject(evaluator, self.function)
        if self.key is not None:
            return (Spot(subject, self.key, {}),)
        return None if self.keys is None else _members(Spot(subject, self.keys, {}), given)


def uses(evaluator: Evaluator, path: str) -> Iterator[Use]:
    """Each use of a shared cache in one file."""
    facts = evaluator.project.facts(path)
    if facts is not None:
        yield from _Uses(evaluator, path, facts).found()


class _Uses:
    def __init__(self, evaluator: Evaluator, path: str, facts: ModuleFacts) -> None:
        self._evaluator = evaluator
        self._path = path
        self._facts = facts
        self._shared = shared_caches(evaluator)

    def found(self) -> Iterator[Use]:
        for ref, call in self._facts.every(Call):
            yield from self._of_call(ref, call)
        for ref, compare in self._facts.every(Compare):
            if compare.operator in ("in", "not in") and self._caches(compare.right):
                yield self._use(ref, stores=False, key=compare.left)
        for ref, item in self._facts.every(Item):
            if self._caches(item.base):
                yield replace(self._use(ref, stores=False, key=item.key), reads=True)
        for function in self._facts.functions:
            for event in function.events:
                if isinstance(event, ItemStore) and self._caches(event.base):
                    yield self._use(event.value, stores=True, key=event.key, value=event.value)
        for ref, term in self._facts.every(Attribute):
            is_inner = term.name.startswith("_") and not term.name.startswith("__")
            if is_inner and self._caches(term.base) and not self._is_emptied(ref):
                yield replace(self._use(ref, stores=False), reads=True)

    def _names(self, ref: Ref) -> tuple[str, ...]:
        """What a term is outside the project, with what the calls of the function around give it."""
        value = self._evaluator.value(self._path, ref)
        if not any(isinstance(atom, External) for atom in value):
            value = self._evaluator.value(self._path, ref, open_around(self._evaluator, self._path, ref))
        return tuple(atom.dotted for atom in value if isinstance(atom, External))

    def _caches(self, ref: Ref) -> tuple[str, ...]:
        return tuple(name for name in self._names(ref) if name in self._shared)

    def _of_call(self, ref: Ref, call: Call) -> Iterator[Use]:
        names = self._names(call.function)
        if "getattr" in names and any(self._caches(each.value) for each in call.arguments):
            yield self._use(ref, stores=True)
        for argument in call.arguments:
            for name in self._names_of_method(argument.value):
                knowledge = self._evaluator.knowledge
                yield replace(self._use(ref, stores=name in knowledge.stores), reads=name in knowledge.reads)
        known = [name for name in names if name.rpartition(".")[0] in self._shared]
        if known:
            yield from self._of_method(ref, call, known[0], known[0].rpartition(".")[2])
        elif self._is_like_store(call):
            yield replace(self._use(ref, stores=True, key=call.arguments[0].value), is_likely=True)

    def _names_of_method(self, ref: Ref) -> Iterator[str]:
        """The methods of caches that a term is, such as `cache.set`, where they do not just drop something."""
        if isinstance(self._facts.terms[ref], Attribute):
            for name in self._names(ref):
                cache, _, method = name.rpartition(".")
                if cache in self._shared and method not in DROPPING:
                    yield name

    def _is_like_store(self, call: Call) -> bool:
        """Whether something that is not known is called like a store, with a key and a value."""
        method = self._facts.terms[call.function]
        is_named = isinstance(method, Attribute) and method.name in self._evaluator.knowledge.store_methods
        is_given = len(call.arguments) > 1 and not any(each.star or each.keyword for each in call.arguments[:2])
        return is_named and is_given and isinstance(method, Attribute) and self._is_unknown(method.base)

    def _is_unknown(self, ref: Ref) -> bool:
        return all(isinstance(atom, Unknown) for atom in self._evaluator.value(self._path, ref))

    def _of_method(self, ref: Ref, call: Call, name: str, method: str) -> Iterator[Use]:
        knowledge = self._evaluator.knowledge
        arguments = written(self._facts, call)

        def given(slot: Slot | None) -> Ref | None:
            place = None if slot is None else place_of(arguments, slot)
            return None if place is None else arguments[place].value

        if (store := knowledge.stores.get(name)) is not None:
            value = given(store.value)
            if store.mapping:
                yield self._use(ref, stores=True, keys=value)
            else:
                yield self._use(ref, stores=True, key=given(store.key), value=value)
        elif (read := knowledge.reads.get(name)) is not None:
            found = given(read.key)
            yield replace(self._use(ref, stores=False, **{"keys" if read.several else "key": found}), reads=True)
        elif method.removeprefix("a") not in DROPPING or self._is_looked_at(ref):
            several = method.endswith(("_many", "keys"))
            yield self._use(ref, stores=False, **{"keys" if several else "key": given(_FIRST)})

    def _is_emptied(self, ref: Ref) -> bool:
        """Whether something of a cache is only emptied: `cache._cache.clear()`."""
        terms = self._facts.terms
        methods = [user for user in self._facts.users(ref) if isinstance(terms[user], Attribute)]
        calls = [call for method in methods for call in self._facts.users(method) if isinstance(terms[call], Call)]
        names = {each.name for each in (terms[method] for method in methods) if isinstance(each, Attribute)}
        is_only = len(calls) == len(methods) == len(list(self._facts.users(ref))) > 0
        return is_only and names <= DROPPING and not any(map(self._is_looked_at, calls))

    def _is_looked_at(self, ref: Ref) -> bool:
        """Whether something depends on what a call gives."""
        function = self._facts.functions[self._facts.around(ref)]
        kept = (*function.returns, *function.events)
        return bool(self._facts.users(ref)) or any(each.value == ref for each in kept)

    def _use(
        self, ref: Ref, *, stores: bool, key: Ref | None = None, keys: Ref | None = None, value: Ref | None = None
    ) -> Use:
        return Use(self._path, ref, FunctionId(self._path, self._facts.around(ref)), stores, key, keys, value)


def shared_caches(evaluator: Evaluator) -> frozenset[str]:
    """The caches that all code of the project may use under the same keys: those of Django, whatever is behind them."""
    return frozenset(name.rpartition(".")[0] for name in evaluator.knowledge.stores if name.startswith(SHARED_CACHES))


def _members(spot: Spot, given: Given) -> Keys:
    """The members of a list of keys, or the keys of a dict; None where something else may be among them."""
    pending, found, seen = [spot], list[Spot](), set[tuple[str, Ref]]()
    while pending:
        each = pending.pop()
        place = (each.subject.path, each.ref)
        if place in seen:
            continue
        seen.add(place)
        behind = given.behind(each)
        if behind is not None:
            pending.append(behind)
            continue
        match each.subject.facts.terms[each.ref]:
            case Container(kind=kind, entries=entries):
                members = [entry.key if kind == "dict" else entry.value for entry in entries]
                if None in members:
                    return None
                found.extend(each.beside(member) for member in members if member is not None)
            case Updated(base=base, key=key):
                pending.append(each.beside(base))
                found.append(each.beside(key))
            case Join(choices=choices):
                pending.extend(each.beside(choice.value) for choice in choices)
            case term:
                same = same_object(term)
                if same is None:
                    return None
                pending.append(each.beside(same))
    return tuple(found)
