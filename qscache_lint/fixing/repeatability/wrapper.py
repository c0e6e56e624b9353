"""What runs in place of a cached function: it has to keep what that gives, and to do no more."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from functools import cached_property

import libcst.matchers as m

from qscache_lint.facts.model import (
    MUTATORS,
    Attribute,
    AttributeStore,
    Awaited,
    Call,
    Compare,
    Constant,
    Container,
    Escape,
    Event,
    Free,
    FunctionTerm,
    Item,
    ItemStore,
    Iteration,
    Join,
    Mutated,
    Name,
    NameStore,
    Narrowed,
    Not,
    Parameter,
    Ref,
    Test,
    Updated,
    operands,
    same_object,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability.key import KeyReader
from qscache_lint.fixing.repeatability.moved import is_cache_call
from qscache_lint.fixing.repeatability.pieces import Piece, Spot
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.state import CHANGING
from qscache_lint.project import abstract
from qscache_lint.project.abstract import External, QuerySet, Value
from qscache_lint.project.evaluation.binding import place_of
from qscache_lint.project.written import expression
from qscache_lint.reasons import reason
from qscache_lint.values import Reason

_STATEMENTS = m.Try() | m.TryStar() | m.With() | m.Match() | m.Del() | m.Global() | m.Nonlocal() | m.Raise()
_STARS = {"positional": "", "keyword": "", "*": "*", "**": "**"}


class Wrapper:
    """What runs in place of the cached function, which it calls by `target`; messages call the decorator `label`."""

    def __init__(self, subject: Subject, outer: Subject, target: str, label: str) -> None:
        self._subject = subject
        self._facts = subject.facts
        self._outer = outer
        self._target = target
        self._label = label
        self._inside = self._facts.inside(subject.identity.index)

    def _reason(self, kind: str, row: int = 0, **data: object) -> Reason:
        return reason(kind, self._subject.path, row, cache=self._label, **data)

    def _at(self, kind: str, ref: Ref, **data: object) -> Reason:
        return self._reason(kind, self._subject.place(ref)[1], **data)

    def concerns(self) -> Iterator[Reason]:
        yield from self._of_syntax()
        if not self._keys:
            yield self._reason("memoizer-key-unknown")
        elif len({tuple(self._pieces_of(key)) for key in self._keys}) > 1 or len(set(self._places())) > 1:
            yield self._reason("memoizer-several-keys")
        if not self._calls:
            yield self._reason("memoizer-never-calls")
        for ref in self._calls:
            if not self._hands_on(ref):
                yield self._at("memoizer-changes-arguments", ref)
        for index in self._inside:
            for ref, call in self._facts.of_kind(Call, index):
                if not self._is_harmless(ref, call):
                    yield self._at("memoizer-calls", ref, called=written_call(self._facts, call.function))
            for event in self._facts.functions[index].events:
                yield from self._event(event)
        yield from self._of_value()
        yield from self._of_stores()
        for ref, term in self._facts.of_kind(Attribute, self._subject.identity.index):
            if term.name in CHANGING and isinstance(self._facts.terms[term.base], (Parameter, Mutated)):
                yield self._at("memoizer-changes-arguments", ref)

        yield from self._of_containers()

    def _of_containers(self) -> Iterator[Reason]:
        """A global dict, which other code may fill. Emptying it is harmless: the next call fills it anew."""
        bases = [item.base for _, item in self._items]
        methods = (self._facts.terms[call.function] for _, call in self._dict_calls)
        bases += [method.base for method in methods if isinstance(method, Attribute)]
        terms = (self._facts.terms[each] for base in bases for each in self._containers(base))
        project = self._subject.evaluator.project
        for name in sorted({term.name for term in terms if isinstance(term, Name)}):
            for path in project.name_index.files_with_word(name):
                facts = project.facts(path)
                own = self._inside if path == self._subject.path else ()
                if facts is None or _fills(facts, name, own):
                    yield self._reason("memoizer-container-filled", name=name, other=path)

    def _of_stores(self) -> Iterator[Reason]:
        """What is stored has to be what the function gives."""
        knowledge = self._subject.evaluator.knowledge
        for ref, call in self._cache_calls:
            for atom in self._subject.value(call.function):
                row = knowledge.stores.get(atom.dotted) if isinstance(atom, External) else None
                place = None if row is None else place_of(call.arguments, row.value)
                if row is not None and (place is None or not self._is_value(call.arguments[place].value)):
                    yield self._at("memoizer-stores-other", ref)

    def _is_value(self, ref: Ref) -> bool:
        """Whether a term is what the function gives, or a function of its own that gives that."""
        term = self._facts.terms[ref]
        if isinstance(term, FunctionTerm):
            returned = self._facts.functions[term.index].returns
            return bool(returned) and all(each.value in self._value for each in returned)
        return ref in self._value

    def _of_syntax(self) -> Iterator[Reason]:
        try:
            parsed = Parsed.read(self._subject.evaluator.project.tree.read(self._subject.path))
            node = parsed.function_at(self._subject.function.span)
        except Refused as refusal:
            yield self._reason("memoizer-unreadable", problem=refusal)
            return
        for found in m.findall(node.body, _STATEMENTS):
            row = parsed.positions.span(found).start.row
            yield self._reason("memoizer-statement", row, what=type(found).__name__.lower())

    # -- the call of the cached function

    @cached_property
    def _calls(self) -> tuple[Ref, ...]:
        wanted = Free(self._outer.identity.index, self._target)
        calls = (each for index in self._inside for each in self._facts.of_kind(Call, index))
        return tuple(ref for ref, call in calls if self._facts.terms[call.function] == wanted)

    def _hands_on(self, ref: Ref) -> bool:
        """Whether the function is called with all that the wrapper is called with, in the same order."""
        call = self._facts.terms[ref]
        assert isinstance(call, Call)
        own = [(each.name, _STARS[each.kind]) for each in self._subject.function.parameters]
        given: list[tuple[str, str]] = []
        for argument in call.arguments:
            term = self._facts.terms[argument.value]
            is_own = isinstance(term, (Parameter, Free)) and term.function == self._subject.identity.index
            if not is_own or not isinstance(term, (Parameter, Free)) or argument.keyword not in (None, term.name):
                return False
            given.append((term.name, argument.star))
        rebound = any(name in self._subject.function.bindings for name, _ in own)
        return given == own and not rebound

    # -- the value

    @cached_property
    def _value(self) -> frozenset[Ref]:
        """The terms that are what the function gives, or what was kept of it."""
        found = set(self._calls)
        found.update(ref for ref, _ in self._cache_calls)
        found.update(ref for ref, _ in self._items)
        found.update(ref for ref, _ in self._dict_calls)
        pending = list(found)
        while pending:
            for user in self._facts.users(pending.pop()):
                if user not in found and self._is_same(user, found):
                    found.add(user)
                    pending.append(user)
        return frozenset(found)

    def _is_same(self, ref: Ref, found: Collection[Ref]) -> bool:
        """Whether a term is the value, on every way to it on which there is one."""
        match self._facts.terms[ref]:
            case Awaited() | Narrowed():
                return True
            case Join(choices=choices):
                return all(each.value in found or self._facts.terms[each.value] == Constant(None) for each in choices)
            case _:
                return False

    def _of_value(self) -> Iterator[Reason]:
        for _, user in self._beyond_keeping():
            yield self._at("memoizer-uses-value", user)
        for index in self._inside:
            for returned in self._facts.functions[index].returns:
                if returned.value not in self._value:
                    yield self._reason("memoizer-returns-other", returned.span.start.row)

    def _beyond_keeping(self) -> Iterator[tuple[Ref, Ref]]:
        """The terms that are the value, each with what does more with it than to keep it, or to ask whether it is."""
        keeping = {ref for ref, _ in (*self._cache_calls, *self._dict_calls)}
        for ref in sorted(self._value):
            for user in self._facts.users(ref):
                is_kept = user in keeping or user in self._value
                if not is_kept and not isinstance(self._facts.terms[user], (Compare, Not, Updated)):
                    yield ref, user

    def needs_of_queryset(self) -> Iterator[Reason]:
        """What does with the value what is not known to mean the same of its rows in a list."""
        for ref, user in self._beyond_keeping():
            is_number_in_key = user in self._of_keys and ref not in self._given
            if not is_number_in_key and not self._takes_rows(ref, user):
                yield self._at("memoizer-uses-value", user)

    @cached_property
    def _given(self) -> frozenset[Ref]:
        """Of the terms that are the value, those that may be what the function has just given."""
        found, pending = set(self._calls), list(self._calls)
        while pending:
            fresh = {each for each in self._facts.users(pending.pop()) if each in self._value} - found
            found.update(fresh)
            pending.extend(fresh)
        return frozenset(found)

    def _takes_rows(self, ref: Ref, user: Ref) -> bool:
        demands, path = self._subject.evaluator.demands, self._subject.path
        takings = [each for each in demands.takings_of(path, ref) if each.user == user]
        found = [each for taking in takings for each in demands.of(path, taking, QuerySet())]
        return bool(found) and all(each.takes_rows for each in found)

    # -- the cache

    @cached_property
    def _cache_calls(self) -> tuple[tuple[Ref, Call], ...]:
        calls = (each for index in self._inside for each in self._facts.of_kind(Call, index))
        subject = self._subject
        return tuple((ref, call) for ref, call in calls if is_cache_call(subject, subject.value(call.function)))

    @cached_property
    def _items(self) -> tuple[tuple[Ref, Item], ...]:
        items = (each for index in self._inside for each in self._facts.of_kind(Item, index))
        return tuple((ref, item) for ref, item in items if self._is_container(item.base))

    @cached_property
    def _dict_calls(self) -> tuple[tuple[Ref, Call], ...]:
        calls = (each for index in self._inside for each in self._facts.of_kind(Call, index))
        return tuple((ref, call) for ref, call in calls if self._asks_container(call))

    def _asks_container(self, call: Call) -> bool:
        method = self._facts.terms[call.function]
        is_asking = isinstance(method, Attribute) and method.name in ("get", "setdefault") and bool(call.arguments)
        return isinstance(method, Attribute) and is_asking and self._is_container(method.base)

    def _is_container(self, ref: Ref) -> bool:
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
        asked = [item.base for _, item in self._items]
        methods = [self._facts.terms[call.function] for _, call in self._dict_calls]
        asked += [method.base for method in methods if isinstance(method, Attribute)]
        found = [self._facts.terms[each] for ref in asked for each in self._containers(ref)]
        return bool(found) and not self._cache_calls and all(isinstance(term, Free) for term in found)

    # -- the key

    @cached_property
    def _keys(self) -> tuple[Ref, ...]:
        knowledge = self._subject.evaluator.knowledge
        found: list[Ref] = [item.key for _, item in self._items]
        found.extend(call.arguments[0].value for _, call in self._dict_calls)
        for _, call in self._cache_calls:
            for atom in self._subject.value(call.function):
                row = None
                if isinstance(atom, External):
                    row = knowledge.stores.get(atom.dotted) or knowledge.reads.get(atom.dotted)
                place = None if row is None or row.key is None else place_of(call.arguments, row.key)
                if place is not None:
                    found.append(call.arguments[place].value)
        for index in self._inside:
            stores = (each for each in self._facts.functions[index].events if isinstance(each, ItemStore))
            found.extend(each.key for each in stores if self._is_container(each.base))
        return tuple(dict.fromkeys(found))

    def _places(self) -> Iterator[Hashable]:
        """The caches that are asked, with the versions of the key, as they are written."""
        knowledge = self._subject.evaluator.knowledge
        for _, call in self._cache_calls:
            method = self._facts.terms[call.function]
            names = [atom.dotted for atom in self._subject.value(call.function) if isinstance(atom, External)]
            row = knowledge.stores.get(names[0]) or knowledge.reads.get(names[0])
            place = None if row is None or row.version is None else place_of(call.arguments, row.version)
            version = None if place is None else expression(self._facts, call.arguments[place].value)
            cache = expression(self._facts, method.base) if isinstance(method, Attribute) else None
            yield cache, version

    def pieces(self) -> Iterator[Piece]:
        """The pieces of the key: parameters by the names that they have here."""
        yield from self._pieces_of(self._keys[0]) if self._keys else ()

    def _pieces_of(self, key: Ref) -> Iterator[Piece]:
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
        if self._cache_calls or not self._keys:
            return False
        terms = [self._facts.terms[key] for key in self._keys]
        return all(isinstance(term, (Container, Parameter, Free)) for term in terms)

    # -- everything else

    def _is_harmless(self, ref: Ref, call: Call) -> bool:
        if ref in self._calls or any(ref == each for each, _ in (*self._cache_calls, *self._dict_calls)):
            return True
        if ref in self._of_keys:
            return True
        names = [atom.dotted for atom in self._subject.value(call.function) if isinstance(atom, External)]
        is_log = bool(names) and all(name.startswith("logging.") for name in names)
        return is_log and not any(each.value in self._value for each in call.arguments)

    @cached_property
    def _of_keys(self) -> frozenset[Ref]:
        """The terms that the keys are made of."""
        pending, found = list(self._keys), set(self._keys)
        while pending:
            term = self._facts.terms[pending.pop()]
            parts = list(operands(term))
            if isinstance(term, Free) and term.function == self._outer.identity.index:
                parts += [each.value for each in self._outer.function.bindings.get(term.name, ())]
            fresh = [each for each in parts if each not in found]
            found.update(fresh)
            pending.extend(fresh)
        return frozenset(found)

    def _event(self, event: Event) -> Iterator[Reason]:
        row = event.span.start.row
        match event:
            case Test(value=value) if not self._asks_for_value(value):
                yield self._reason("memoizer-depends", row)
            case ItemStore(base=base, value=value):
                if not self._is_container(base) or value not in self._value:
                    yield self._reason("memoizer-keeps-other", row)
            case AttributeStore() | NameStore() | Escape():
                yield self._reason("memoizer-changes", row)
            case Iteration(value=value) if value in self._value:
                yield self._reason("memoizer-reads-value", row)

    def _asks_for_value(self, ref: Ref) -> bool:
        """Whether a test only asks whether a value is kept."""
        term = self._facts.terms[ref]
        same = same_object(term)
        if same is not None and ref not in self._value:
            return self._asks_for_value(same)
        match term:
            case _ if ref in self._value:
                return True
            case Not(operand=operand):
                return self._asks_for_value(operand)
            case Compare(operator="in" | "not in", right=right):
                return self._is_container(right)
            case Compare(operator="is" | "is not" | "==" | "!=", left=left, right=right):
                known = self._facts.terms[right]
                return left in self._value and isinstance(known, (Constant, Name, Free))
            case _:
                return False


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
