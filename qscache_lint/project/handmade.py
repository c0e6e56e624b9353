"""Hand-made memos without a decorator: `if self._rows is None: self._rows = …` and its kin.

An assignment is a memo when the tests on the way to it look at the very place that it fills: an attribute, a global, an
entry of a dict. A *place* is what outlives the call, named from its root: a global, the `self` of a class, the request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from functools import cached_property

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import AttributeStore, ItemStore, NameStore
from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.names import computed_name
from qscache_lint.facts.terms import (
    Attribute,
    Call,
    Constant,
    Container,
    Free,
    Guard,
    Import,
    Item,
    Join,
    Name,
    Not,
    Opaque,
    Parameter,
    Ref,
    Updated,
    operands,
)
from qscache_lint.project.roots import is_getter_of_request

_EXCEPTION = Opaque("exception")
_GETATTR, _VARS = Name("getattr"), Name("vars")


class Root(Enum):
    """What a place begins with."""

    GLOBAL = "global"
    SELF = "self"
    REQUEST = "request"
    PARAMETER = "parameter"
    GIVEN = "given"
    """What a function gives that is called without arguments: the same object at each call, or a new one."""


class MemoPlace(msgspec.Struct, frozen=True):
    """A variable, or a path of attributes from one. `of` is the number of the class or function that a root needs."""

    root: Root
    name: str = ""
    of: int = 0
    attributes: tuple[str, ...] = ()

    def attribute(self, name: str) -> MemoPlace:
        """The place `self.name`."""
        return MemoPlace(self.root, self.name, self.of, (*self.attributes, name))

    @property
    def is_given(self) -> bool:
        """Whether a call gives the place, or what has it: it may be a new one at each call."""
        return self.root is Root.GIVEN or any(each.endswith("()") for each in self.attributes)

    @property
    def word(self) -> str:
        """What stands wherever code reads the place; nothing where that is not known."""
        last = self.attributes[-1] if self.attributes else self.name
        return "" if last.startswith(("[", "<")) or "__" in last else last

    @property
    def label(self) -> str:
        """The last name of the path, as users know it."""
        if not self.attributes:
            return self.name
        last = self.attributes[-1]
        return f"{self.name}{last}" if last.startswith("[") else f".{last}"


class MemoPlaces:
    """Names the places of one module; `requests` are the names under which functions get the request."""

    def __init__(self, facts: ModuleFacts, requests: Collection[str]) -> None:
        self._facts = facts
        self._requests = requests
        """The number of terms whose places are among these."""

    def of(self, ref: Ref) -> MemoPlace | None:
        """The place that a term reads; None for what a call makes anew. Entries of a dict count as the dict."""
        return self._of(ref, {})

    def _of(self, ref: Ref, known: dict[Ref, MemoPlace | None]) -> MemoPlace | None:
        """`known` has what was found on the way: loops are cycles, and branches meet again."""
        if ref not in known and len(known) < limits.TERMS_OF_PLACE:
            known[ref] = None
            known[ref] = self._read(ref, known)
        return known.get(ref)

    def _read(self, ref: Ref, known: dict[Ref, MemoPlace | None]) -> MemoPlace | None:
        match self._facts.terms[ref]:
            case Name(name=name) | Import(name=str() as name):
                return MemoPlace(Root.GLOBAL, name)
            case Item(base=base, key=key) if isinstance(constant := self._facts.terms[key], Constant):
                around = self._of(base, known)
                return None if around is None else around.attribute(f"[{constant.value!r}]")
            case Call(function=function, arguments=()):
                return self._given_by(function, known)
            case Call(function=function, arguments=(owner, *_)) if self._facts.terms[function] in (_VARS, _GETATTR):
                return self._asked_for(ref, owner.value, known)
            case Parameter(function=function, name=name) | Free(function=function, name=name):
                return self._parameter(function, name)
            case Attribute(base=base, name=name):
                around = self._of(base, known)
                if around is not None and name in self._requests:
                    return MemoPlace(Root.REQUEST)
                if around is not None and name == "__class__":
                    return around
                return None if around is None else around.attribute(name)
            case Updated(base=base):
                return self._of(base, known)
            case Call(function=function, arguments=(argument,)) if self._facts.terms[function] == Name("type"):
                return self._of(argument.value, known)
            case Join(choices=choices):
                found = {self._of(choice.value, known) for choice in choices} - {None}
                return found.pop() if len(found) == 1 else None
            case _:
                return None

    def _given_by(self, function: Ref, known: dict[Ref, MemoPlace | None]) -> MemoPlace | None:
        """The place that a call without arguments gives: the request, what a variable holds, or what a function has."""
        called = self._facts.terms[function]
        name = called_name(called)
        if is_getter_of_request(name, self._requests):
            return MemoPlace(Root.REQUEST)
        if not isinstance(called, Attribute):
            return MemoPlace(Root.GIVEN, name) if name else None
        around = self._of(called.base, known)
        if around is None or name == "get":
            return around
        return around.attribute(f"{name}()")

    def _asked_for(self, ref: Ref, owner: Ref, known: dict[Ref, MemoPlace | None]) -> MemoPlace | None:
        """The place that `vars(owner)` or `getattr(owner, "name")` reads."""
        call = self._facts.terms[ref]
        around = self._of(owner, known)
        if around is None or not isinstance(call, Call):
            return None
        if len(call.arguments) == 1:
            return around.attribute("__dict__")
        name = self._facts.terms[call.arguments[1].value]
        if not isinstance(name, Constant):
            return None
        return MemoPlace(Root.REQUEST) if name.value in self._requests else around.attribute(str(name.value))

    def _parameter(self, index: int, name: str) -> MemoPlace | None:
        function = self._facts.functions[index]
        names = [parameter.name for parameter in function.parameters]
        if name not in names:
            return None
        if name in self._requests:
            return MemoPlace(Root.REQUEST)
        is_static = any(decorator.text == "staticmethod" for decorator in function.decorators)
        if function.owner is not None and name == names[0] and not is_static:
            return MemoPlace(Root.SELF, of=function.owner)
        return MemoPlace(Root.PARAMETER, name, index)

    # -- which assignments are memos

    def assigned(self, event: AttributeStore | NameStore) -> MemoPlace | None:
        """The place that an assignment gives a value."""
        if isinstance(event, NameStore):
            return MemoPlace(Root.GLOBAL, event.name)
        around = self.of(event.base)
        return None if around is None else around.attribute(event.name)

    def filled(self, event: AttributeStore | ItemStore | NameStore, index: int) -> MemoPlace | None:
        """The place that a memo in function number `index` fills; None when the assignment is no memo."""
        match event:
            case NameStore():
                place = self.assigned(event)
            case AttributeStore(value=value):
                place = self.assigned(event)
                if place is not None and self._keeps_what_is_there(value, place):
                    return place
            case ItemStore(base=base):
                place = self.of(base)
                if place is not None and not self._outlives(place):
                    return None
        if place is None or self._is_made_from(event.value, place):
            return None
        is_tested = any(self._looks_at(guard, place) for guard in event.guards)
        is_entry = isinstance(event, ItemStore) and self._is_handed_out_before(event, index, place)
        return place if is_tested or is_entry else None

    def _is_handed_out_before(self, event: ItemStore, index: int, place: MemoPlace) -> bool:
        """Whether an entry is returned, on a condition, before the function comes to fill it: `if hit: return hit`."""
        return any(
            returned.guards and returned.span.start < event.span.start and self._is_entry(returned.value, place)
            for returned in self._facts.functions[index].returns
        )

    def _is_entry(self, ref: Ref, place: MemoPlace) -> bool:
        """Whether a term reads an entry of a dict: `rows.get(key)`, `rows[key]`."""
        match self._facts.terms[ref]:
            case Item(base=base):
                return self.of(base) == place
            case Call(function=function) if isinstance(method := self._facts.terms[function], Attribute):
                return method.name == "get" and self.of(method.base) == place
            case _:
                return False

    def _is_made_from(self, ref: Ref, place: MemoPlace) -> bool:
        """Whether a value is made of what the place has already: `self.rows = self.rows.filter(…)`."""
        seen: set[Ref] = set()
        while ref not in seen:
            seen.add(ref)
            match self._facts.terms[ref]:
                case Call(function=function) if isinstance(method := self._facts.terms[function], Attribute):
                    ref = method.base
                case _:
                    break
        return len(seen) > 1 and self.of(ref) == place

    def _keeps_what_is_there(self, value: Ref, place: MemoPlace) -> bool:
        """Whether a value is what the place has already, or else something new: `self._rows = self._rows or …`."""
        term = self._facts.terms[value]
        return isinstance(term, Join) and any(
            choice.guards and self._facts.terms[choice.value] != term and self.of(choice.value) == place
            for choice in term.choices
        )

    def entry_of(self, call: Call) -> MemoPlace | None:
        """The dict that `container.setdefault(key, value)` fills where it lacks the key; None for any other call."""
        method = self._facts.terms[call.function]
        if not isinstance(method, Attribute) or method.name != "setdefault" or len(call.arguments) != 2:
            return None
        place = self.of(method.base)
        return place if place is not None and self._outlives(place) else None

    def _outlives(self, place: MemoPlace) -> bool:
        """Whether a dict outlives the call: a parameter does when its default is one dict for all calls."""
        if place.root is not Root.PARAMETER or place.attributes:
            return True
        function = self._facts.functions[place.of]
        return any(
            each.name == place.name
            and each.default is not None
            and isinstance(self._facts.terms[each.default], Container)
            for each in function.parameters
        )

    def _looks_at(self, guard: Guard, place: MemoPlace) -> bool:
        """Whether a test reads the place, and leaves open whether it is empty.

        One that caught an exception does when the module reads the place at all.
        """
        if self._facts.terms[guard.test] == _EXCEPTION:
            return place in self._places_read
        if self._is_full(guard.test, place, result=guard.result):
            return False
        return any(place in self._read_by(ref) for ref in self._inside(guard.test))

    def _is_full(self, test: Ref, place: MemoPlace, *, result: bool) -> bool:
        """Whether a truth test has shown that there is something in a place already: `if not self.rows: raise …`."""
        term = self._facts.terms[test]
        while isinstance(term, Not):
            test, result = term.operand, not result
            term = self._facts.terms[test]
        return result and isinstance(term, (Name, Attribute)) and self.of(test) == place

    @cached_property
    def _places_read(self) -> frozenset[MemoPlace]:
        """The places that the module reads."""
        return frozenset(place for ref in range(len(self._facts.terms)) for place in self._read_by(ref))

    def _read_by(self, ref: Ref) -> Iterator[MemoPlace]:
        """The place that a term reads by itself: by its name, or as in `getattr(self, "name", None)`."""
        match self._facts.terms[ref]:
            case Name() | Import() | Attribute() | Parameter() | Free() | Item() | Call(arguments=()):
                place = self.of(ref)
                if place is not None:
                    yield place
            case Call(arguments=arguments) if len(arguments) >= 2:
                owner = self.of(arguments[0].value)
                name = self._facts.terms[arguments[1].value]
                if owner is not None:
                    written = str(name.value) if isinstance(name, Constant) else computed_name(arguments[1].value)
                    yield owner.attribute(written)

    def _inside(self, ref: Ref) -> Iterator[Ref]:
        """A term and what it is made of."""
        pending, seen = [ref], {ref}
        while pending and len(seen) < limits.TERMS_OF_PLACE:
            current = pending.pop()
            yield current
            fresh = [operand for operand in operands(self._facts.terms[current]) if operand not in seen]
            seen.update(fresh)
            pending.extend(fresh)
