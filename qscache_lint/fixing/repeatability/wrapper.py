"""What runs in place of a cached function: it has to keep what that gives, and to do no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

import libcst.matchers as m

from qscache_lint.facts.model import AttributeStore, Escape, Event, ItemStore, Iteration, NameStore, Test
from qscache_lint.facts.terms import (
    Attribute,
    Awaited,
    Call,
    Compare,
    Constant,
    Free,
    FunctionTerm,
    Join,
    Mutated,
    Name,
    Narrowed,
    Not,
    Parameter,
    Ref,
    Updated,
    same_object,
)
from qscache_lint.fixing.mentions import written_call
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability.pieces import Piece
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.fixing.repeatability.wrapper_cache import WrapperCache
from qscache_lint.fixing.state import CHANGING
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluation.binding import place_of
from qscache_lint.project.querysets import QuerySet
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
        self._cache = WrapperCache(subject, outer, target)

    @property
    def is_exact(self) -> bool:
        """Whether keys are compared as objects: in a dict, and no text is made of them."""
        return self._cache.is_exact

    @property
    def is_own_container(self) -> bool:
        """Whether all is kept in a dict that each decorated function has for itself."""
        return self._cache.is_own_container

    def pieces(self) -> Iterator[Piece]:
        """The pieces of the key: parameters by the names that they have here."""
        return self._cache.pieces()

    def _reason(self, kind: str, row: int = 0, **data: object) -> Reason:
        return reason(kind, self._subject.path, row, cache=self._label, **data)

    def _at(self, kind: str, ref: Ref, **data: object) -> Reason:
        return self._reason(kind, self._subject.place(ref)[1], **data)

    def concerns(self) -> Iterator[Reason]:
        yield from self._of_syntax()
        yield from self._of_key()
        yield from self._of_arguments()
        for index in self._inside:
            for ref, call in self._facts.of_kind(Call, index):
                if not self._is_harmless(ref, call):
                    yield self._at("memoizer-calls", ref, called=written_call(self._facts, call.function))
            for event in self._facts.functions[index].events:
                yield from self._event(event)
        yield from self._of_value()
        yield from self._of_stores()
        for name, path in self._cache.filled_elsewhere():
            yield self._reason("memoizer-container-filled", name=name, other=path)

    def _of_key(self) -> Iterator[Reason]:
        """There has to be one key, of one cache."""
        keys = {tuple(self._cache.pieces_of(key)) for key in self._cache.keys}
        if not keys:
            yield self._reason("memoizer-key-unknown")
        elif len(keys) > 1 or len(set(self._cache.places())) > 1:
            yield self._reason("memoizer-several-keys")

    def _of_arguments(self) -> Iterator[Reason]:
        """The function has to be called, with the arguments as they are."""
        if not self._calls:
            yield self._reason("memoizer-never-calls")
        for ref in self._calls:
            if not self._hands_on(ref):
                yield self._at("memoizer-changes-arguments", ref)
        for ref, term in self._facts.of_kind(Attribute, self._subject.identity.index):
            if term.name in CHANGING and isinstance(self._facts.terms[term.base], (Parameter, Mutated)):
                yield self._at("memoizer-changes-arguments", ref)

    def _of_stores(self) -> Iterator[Reason]:
        """What is stored has to be what the function gives."""
        knowledge = self._subject.evaluator.knowledge
        for ref, call in self._cache.calls:
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
        found.update(ref for ref, _ in self._cache.calls)
        found.update(ref for ref, _ in self._cache.items)
        found.update(ref for ref, _ in self._cache.dict_calls)
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
        keeping = {ref for ref, _ in (*self._cache.calls, *self._cache.dict_calls)}
        for ref in sorted(self._value):
            for user in self._facts.users(ref):
                is_kept = user in keeping or user in self._value
                if not is_kept and not isinstance(self._facts.terms[user], (Compare, Not, Updated)):
                    yield ref, user

    def needs_of_queryset(self) -> Iterator[Reason]:
        """What does with the value what is not known to mean the same of its rows in a list."""
        for ref, user in self._beyond_keeping():
            is_number_in_key = user in self._cache.of_keys and ref not in self._given
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

    # -- everything else

    def _is_harmless(self, ref: Ref, call: Call) -> bool:
        if ref in self._calls or any(ref == each for each, _ in (*self._cache.calls, *self._cache.dict_calls)):
            return True
        if ref in self._cache.of_keys:
            return True
        names = [atom.dotted for atom in self._subject.value(call.function) if isinstance(atom, External)]
        is_log = bool(names) and all(name.startswith("logging.") for name in names)
        return is_log and not any(each.value in self._value for each in call.arguments)

    def _event(self, event: Event) -> Iterator[Reason]:
        row = event.span.start.row
        match event:
            case Test(value=value) if not self._asks_for_value(value):
                yield self._reason("memoizer-depends", row)
            case ItemStore(base=base, value=value):
                if not self._cache.is_container(base) or value not in self._value:
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
                return self._cache.is_container(right)
            case Compare(operator="is" | "is not" | "==" | "!=", left=left, right=right):
                known = self._facts.terms[right]
                return left in self._value and isinstance(known, (Constant, Name, Free))
            case _:
                return False
