"""The cache that a memoizer asks and fills: by which calls, in which containers, under which key."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from functools import cached_property

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import (
    MUTATORS,
    Attribute,
    Call,
    Container,
    Free,
    Item,
    Join,
    Mutated,
    Name,
    Parameter,
    Ref,
    Updated,
    operands,
)
from qscache_lint.fixing.repeatability.key import KeyReader
from qscache_lint.fixing.repeatability.moved import is_cache_call
from qscache_lint.fixing.repeatability.pieces import Piece, Spot
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project import abstract
from qscache_lint.project.abstract import External, Value
from qscache_lint.project.evaluation.binding import place_of
from qscache_lint.project.written import expression


class WrapperCache:
    """What is asked by `subject`, which runs in place of a function that the decorator `outer` calls `target`."""

    def __init__(self, subject: Subject, outer: Subject, target: str) -> None:
        self._subject = subject
        self._facts = subject.facts
        self._outer = outer
        self._target = target
        self._inside = self._facts.inside(subject.identity.index)

    @cached_property
    def calls(self) -> tuple[tuple[Ref, Call], ...]:
        calls = (each for index in self._inside for each in self._facts.of_kind(Call, index))
        subject = self._subject
        return tuple((ref, call) for ref, call in calls if is_cache_call(subject, subject.value(call.function)))

    @cached_property
    def items(self) -> tuple[tuple[Ref, Item], ...]:
        items = (each for index in self._inside for each in self._facts.of_kind(Item, index))
        return tuple((ref, item) for ref, item in items if self.is_container(item.base))

    @cached_property
    def dict_calls(self) -> tuple[tuple[Ref, Call], ...]:
        calls = (each for index in self._inside for each in self._facts.of_kind(Call, index))
        return tuple((ref, call) for ref, call in calls if self._asks_container(call))

    def _asks_container(self, call: Call) -> bool:
        method = self._facts.terms[call.function]
        is_asking = isinstance(method, Attribute) and method.name in ("get", "setdefault") and bool(call.arguments)
        return isinstance(method, Attribute) and is_asking and self.is_container(method.base)

    def is_container(self, ref: Ref) -> bool:
        """Whether a term is a dict that outlives the call: a global, or one of the decorator."""
        found = list(self._containers(ref))
        values = [self._subject.value(each) for each in found]
        return bool(found) and all(_is_dict(value) for value in values)

    def _containers(self, ref: Ref) -> Iterator[Ref]:
        """The variables that a term may be, whatever has been put into them; none where it may be anything else."""
        pending, seen, found = [ref], set[Ref](), list[Ref]()
        while pending:
            current = pending.pop()
            term = self._facts.terms[current]
            if current in seen:
                continue
            seen.add(current)
            if isinstance(term, Updated):
                pending.append(term.base)
            elif isinstance(term, Join):
                pending.extend(choice.value for choice in term.choices)
            elif isinstance(term, Name) or (isinstance(term, Free) and term.function == self._outer.identity.index):
                found.append(current)
            else:
                return
        yield from found

    @property
    def is_own_container(self) -> bool:
        """Whether all is kept in a dict that each decorated function has for itself."""
        asked = [item.base for _, item in self.items]
        methods = [self._facts.terms[call.function] for _, call in self.dict_calls]
        asked += [method.base for method in methods if isinstance(method, Attribute)]
        found = [self._facts.terms[each] for ref in asked for each in self._containers(ref)]
        return bool(found) and not self.calls and all(isinstance(term, Free) for term in found)

    @cached_property
    def keys(self) -> tuple[Ref, ...]:
        knowledge = self._subject.evaluator.knowledge
        found: list[Ref] = [item.key for _, item in self.items]
        found.extend(call.arguments[0].value for _, call in self.dict_calls)
        for _, call in self.calls:
            for atom in self._subject.value(call.function):
                row = None
                if isinstance(atom, External):
                    row = knowledge.stores.get(atom.dotted) or knowledge.reads.get(atom.dotted)
                place = None if row is None or row.key is None else place_of(call.arguments, row.key)
                if place is not None:
                    found.append(call.arguments[place].value)
        for index in self._inside:
            stores = (each for each in self._facts.functions[index].events if isinstance(each, ItemStore))
            found.extend(each.key for each in stores if self.is_container(each.base))
        return tuple(dict.fromkeys(found))

    def places(self) -> Iterator[Hashable]:
        """The caches that are asked, with the versions of the key, as they are written."""
        knowledge = self._subject.evaluator.knowledge
        for _, call in self.calls:
            method = self._facts.terms[call.function]
            names = [atom.dotted for atom in self._subject.value(call.function) if isinstance(atom, External)]
            row = knowledge.stores.get(names[0]) or knowledge.reads.get(names[0])
            place = None if row is None or row.version is None else place_of(call.arguments, row.version)
            version = None if place is None else expression(self._facts, call.arguments[place].value)
            cache = expression(self._facts, method.base) if isinstance(method, Attribute) else None
            yield cache, version

    def pieces(self) -> Iterator[Piece]:
        """The pieces of the key: parameters by the names that they have here."""
        yield from self.pieces_of(self.keys[0]) if self.keys else ()

    def pieces_of(self, key: Ref) -> Iterator[Piece]:
        return KeyReader(self._leaf).pieces(Spot(self._subject, key, {}))

    def _leaf(self, spot: Spot) -> Piece | None:
        """The name of the cached function."""
        term = spot.subject.facts.terms[spot.ref]
        if not isinstance(term, Attribute) or spot.subject.path != self._subject.path:
            return None
        base = spot.subject.facts.terms[term.base]
        is_target = isinstance(base, (Free, Parameter)) and (base.function, base.name) == (
            self._outer.identity.index,
            self._target,
        )
        given = spot.given.get(base.name) if isinstance(base, Parameter) else None
        if given is not None:
            inner = given.subject.facts.terms[given.ref]
            is_target = inner == Free(self._outer.identity.index, self._target)
        is_name = term.name in ("__name__", "__qualname__", "__module__")
        return Piece(is_constant=True, name=term.name) if is_target and is_name else None

    @property
    def is_exact(self) -> bool:
        """Whether keys are compared as objects: in a dict, and no text is made of them."""
        if self.calls or not self.keys:
            return False
        terms = [self._facts.terms[key] for key in self.keys]
        return all(isinstance(term, (Container, Parameter, Free)) for term in terms)

    @cached_property
    def of_keys(self) -> frozenset[Ref]:
        """The terms that the keys are made of."""
        pending, found = list(self.keys), set(self.keys)
        while pending:
            term = self._facts.terms[pending.pop()]
            parts = list(operands(term))
            if isinstance(term, Free) and term.function == self._outer.identity.index:
                parts += [each.value for each in self._outer.function.bindings.get(term.name, ())]
            fresh = [each for each in parts if each not in found]
            found.update(fresh)
            pending.extend(fresh)
        return frozenset(found)

    def filled_elsewhere(self) -> Iterator[tuple[str, str]]:
        """Global dicts with the files that may fill them. Emptying one is harmless: the next call fills it anew."""
        bases = [item.base for _, item in self.items]
        methods = (self._facts.terms[call.function] for _, call in self.dict_calls)
        bases += [method.base for method in methods if isinstance(method, Attribute)]
        terms = (self._facts.terms[each] for base in bases for each in self._containers(base))
        project = self._subject.evaluator.project
        for name in sorted({term.name for term in terms if isinstance(term, Name)}):
            for path in project.name_index.files_with_word(name):
                facts = project.facts(path)
                own = self._inside if path == self._subject.path else ()
                if facts is None or _fills(facts, name, own):
                    yield name, path


def _is_dict(value: Value) -> bool:
    return bool(value) and all(isinstance(atom, abstract.Collection) and atom.kind == "dict" for atom in value)


def _fills(facts: ModuleFacts, name: str, own: Collection[int]) -> bool:
    """Whether other functions of a file put something into a dict of some name."""
    for index, function in enumerate(facts.functions):
        if index in own:
            continue
        bases = [event.base for event in function.events if isinstance(event, ItemStore)]
        bases += [term.base for _, term in facts.of_kind(Mutated, index)]
        bases += [term.base for _, term in facts.of_kind(Attribute, index) if term.name in MUTATORS]
        if any(getattr(facts.terms[base], "name", None) == name for base in bases):
            return True
    return False
