"""Hand-made memos: what attributes, globals and dict entries keep, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from qscache_lint.facts.model import (
    AttributeStore,
    Call,
    ClassTerm,
    Constant,
    Container,
    FunctionTerm,
    Import,
    ItemStore,
    Join,
    NameStore,
    Parameter,
    Ref,
    Term,
)
from qscache_lint.knowledge import Store, StoreCall
from qscache_lint.project.abstract import ClassId, ClassValue, External, Instance, Origin, Value, join, keep
from qscache_lint.project.evaluation.core import Core
from qscache_lint.project.handmade import Place, Places, Root
from qscache_lint.values import Position, Step

Assignment: TypeAlias = AttributeStore | ItemStore | NameStore

_NO_INSTANCES = (ClassTerm, Constant, Container, FunctionTerm, Import)
"""Terms that are no instance of a class of their own module."""


class _Memo(msgspec.Struct, frozen=True):
    """An assignment that fills a place only while it is empty; or always, where a holder has the place (`held`)."""

    function: int
    event: Assignment
    place: Place
    held: bool = False


@dataclass(slots=True)
class _ModuleMemos:
    """The memos of one module, by the place they fill: whole values, and entries of dicts."""

    places: Places
    by_function: dict[int, list[_Memo]] = field(default_factory=dict)
    values: dict[Place, list[_Memo]] = field(default_factory=dict)
    entries: dict[Place, list[_Memo]] = field(default_factory=dict)
    by_value: dict[Ref, list[_Memo]] = field(default_factory=dict)

    def add(self, memo: _Memo) -> None:
        """Note a memo under its place and its value."""
        by_place = self.entries if isinstance(memo.event, ItemStore) else self.values
        self.by_function.setdefault(memo.function, []).append(memo)
        by_place.setdefault(memo.place, []).append(memo)
        self.by_value.setdefault(memo.event.value, []).append(memo)


class Memos:
    """Hand-made memos of the project, found module by module."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._modules: dict[str, _ModuleMemos] = {}

    # -- what a read gives

    def kept_in_global(self, path: str, name: str) -> Value:
        """What memos keep in a global variable."""
        return self._handed_out(path, self._module(path).values.get(Place(Root.GLOBAL, name), ()))

    def kept_in_attribute(self, path: str, base: Ref, name: str) -> Value:
        """What memos of this module keep in `base.name`, for a base that no class of the project describes."""
        module = self._module(path)
        if not module.values:
            return ()
        around = module.places.of(base)
        if around is None or (around.root is Root.SELF and not around.attributes):
            return ()
        return self._handed_out(path, module.values.get(around.attribute(name), ()))

    def kept_in_entry(self, path: str, base: Ref, key: Ref) -> Value:
        """What memos of this module keep in the dict `base` under `key`; constant keys are kept apart."""
        module = self._module(path)
        place = module.places.of(base) if module.entries else None
        if place is None:
            return ()
        terms = self._core.facts(path).terms
        memos = [
            memo
            for memo in module.entries.get(place, ())
            if isinstance(memo.event, ItemStore) and _may_be_equal(terms[memo.event.key], terms[key])
        ]
        return self._handed_out(path, memos)

    def kept_on_class(self, identity: ClassId, name: str) -> Value:
        """What class methods keep as `cls.name`."""
        return join(
            self._stored(path, index, event)
            for ancestor in self._core.classes.ancestors(identity)
            for path, index, event in self._core.classes.stores(ancestor, name)
            if self._is_on_class(path, event)
        )

    def kept_on_self(self, identity: ClassId, name: str, given: tuple[tuple[str, Value], ...] = ()) -> Value:
        """What methods of the class and its ancestors store as `self.name` or `cls.name`.

        `given` is what the constructor got, by parameter.
        """
        return join(
            self._given(path, event, given) or self._stored(path, index, event)
            for ancestor in self._core.classes.ancestors(identity)
            for path, index, event in self._core.classes.stores(ancestor, name)
        )

    def kept_from(self, path: str, function: int, ref: Ref, before: Position) -> Value:
        """What a value has become by `before` in the function that makes it: memoized, when a memo stored it."""
        by_value = self._module(path).by_value
        term = self._core.facts(path).terms[ref] if by_value else None
        same = (ref, *(choice.value for choice in term.choices)) if isinstance(term, Join) else (ref,)
        stored = [memo for each in same for memo in by_value.get(each, ())]
        return self._handed_out(
            path, [memo for memo in stored if memo.function == function and memo.event.value_span.end <= before]
        )

    def made_in(self, path: str, function: int) -> Iterator[Value]:
        """What each memo that a function fills hands out again, in the order of the code.

        All statements that fill one place make one memo; entries under different constant keys are apart. What the
        tables know as a store is told by them.
        """
        terms = self._core.facts(path).terms
        made: dict[tuple[Place, Term | None], list[_Memo]] = {}
        for memo in self._module(path).by_function.get(function, ()):
            if self._row(path, memo.event) is None:
                key = terms[memo.event.key] if isinstance(memo.event, ItemStore) else None
                made.setdefault((memo.place, key if isinstance(key, Constant) else None), []).append(memo)
        for memos in made.values():
            yield self._handed_out(path, memos)

    def _given(self, path: str, event: AttributeStore, given: tuple[tuple[str, Value], ...]) -> Value:
        """What the constructor got, where it stores a parameter as it is."""
        term = self._core.facts(path).terms[event.value]
        return dict(given).get(term.name, ()) if isinstance(term, Parameter) else ()

    def _handed_out(self, path: str, memos: list[_Memo] | tuple[()]) -> Value:
        kept = (memo for memo in memos if not memo.held or self._held(path, memo.place) is not None)
        return join(self._keep(path, memo) for memo in kept)

    def _stored(self, path: str, function: int, event: AttributeStore) -> Value:
        return self._kept_by_hand(path, function, event) or self._core.value(path, event.value)

    # -- what an assignment keeps

    def _kept_by_hand(self, path: str, function: int, event: Assignment) -> Value:
        """What a hand-made memo hands out again; nothing when the assignment is no memo."""
        place = self._module(path).places.filled(event, function)
        return () if place is None else self._keep(path, _Memo(function, event, place))

    def _keep(self, path: str, memo: _Memo) -> Value:
        value = self._core.value(path, memo.event.value)
        name = f"{memo.place.label}[…]" if isinstance(memo.event, ItemStore) else memo.place.label
        site = Step(path, memo.event.span, "cached here by hand")
        row = self._row(path, memo.event)
        store = self._lifetime(path, memo) if row is None else row.store
        return () if store is None else keep(value, Origin(store, name, "a hand-made memo", site))

    def _lifetime(self, path: str, memo: _Memo) -> Store:
        """A memo lives as long as what has it: the process, or an instance or request."""
        match memo.place.root, memo.event:
            case Root.GLOBAL, _:
                return self._held(path, memo.place) or Store.MEMO
            case Root.PARAMETER, ItemStore() if not memo.place.attributes:
                return Store.MEMO
            case Root.SELF, AttributeStore() as event if self._is_on_class(path, event):
                return Store.MEMO
            case Root.SELF, _ if self._is_singleton(ClassId(path, memo.place.of)):
                return Store.MEMO
            case Root.SELF, ItemStore() if self._is_class_attribute(ClassId(path, memo.place.of), memo.place):
                return Store.MEMO
            case _:
                return Store.SCOPED

    def _row(self, path: str, event: Assignment) -> StoreCall | None:
        """What the tables say of a container that is no dict: a shelf, which pickles its entries."""
        if not isinstance(event, ItemStore) or not self._core.project.to_caches.has(path, event.base):
            return None
        stores = self._core.knowledge.stores
        names = [atom.dotted for atom in self._core.value(path, event.base) if isinstance(atom, External)]
        rows = (stores.get(f"{name}.__setitem__") or stores.get(name) for name in names)
        return next((row for row in rows if row is not None), None)

    def _held(self, path: str, place: Place) -> Store | None:
        """How a global object keeps its attributes: `threading.local()`, a context; None for any other one."""
        for binding in self._core.facts(path).body.bindings.get(place.name, ()):
            for atom in self._core.value(path, binding.value):
                dotted = atom.dotted if isinstance(atom, External) else ""
                variable = self._core.knowledge.stores.get(f"{dotted}.set")
                if variable is not None and variable.key is None:
                    return variable.store
                row = self._core.knowledge.holders.get(dotted) if place.attributes else None
                if row is not None:
                    return row.store
        return None

    def _is_on_class(self, path: str, event: AttributeStore) -> bool:
        return any(isinstance(atom, ClassValue) for atom in self._core.value(path, event.base))

    def _is_singleton(self, identity: ClassId) -> bool:
        """Whether the module of a class keeps an instance of it in a global."""
        facts = self._core.facts(identity.path)
        return any(
            isinstance(atom, Instance) and atom.of == identity
            for bindings in facts.body.bindings.values()
            for binding in bindings
            if not isinstance(facts.terms[binding.value], _NO_INSTANCES)
            for atom in self._core.value(identity.path, binding.value)
        )

    def _is_class_attribute(self, identity: ClassId, place: Place) -> bool:
        """Whether a dict belongs to the class: its body makes it, and no method gives `self` one of its own."""
        name = place.attributes[0] if place.attributes else ""
        is_own = any(self._core.classes.stores(each, name) for each in self._core.classes.ancestors(identity))
        return self._core.classes.member(identity, name) is not None and not is_own

    # -- the memos of a module

    def _module(self, path: str) -> _ModuleMemos:
        known = self._modules.get(path)
        if known is None:
            known = self._modules[path] = self._read(path)
        return known

    def _read(self, path: str) -> _ModuleMemos:
        facts = self._core.facts(path)
        module = _ModuleMemos(Places(facts, self._core.knowledge.functions.handmade.requests))
        for index, function in self._core.project.making.functions(path, facts):
            for event in function.events:
                if not index or not isinstance(event, (AttributeStore, ItemStore, NameStore)):
                    continue
                place = module.places.filled(event, index)
                around = module.places.of(event.base) if isinstance(event, AttributeStore) else None
                if place is not None:
                    module.add(_Memo(index, event, place))
                elif around is not None and around.root is Root.GLOBAL and isinstance(event, AttributeStore):
                    module.add(_Memo(index, event, around.attribute(event.name), held=True))
            for ref, call in facts.of_kind(Call, index) if index else ():
                place = module.places.entry_of(call)
                if place is not None:
                    key, value = call.arguments
                    store = ItemStore(call.function, key.value, value.value, (), facts.spans[ref], value.span)
                    module.add(_Memo(index, store, place))
        return module


def _may_be_equal(one: Term, other: Term) -> bool:
    """Whether two keys may be the same: two constants only when they are equal."""
    return not (isinstance(one, Constant) and isinstance(other, Constant)) or one == other
