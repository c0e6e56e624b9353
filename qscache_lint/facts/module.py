"""The facts of one module as others see them: bodies of functions are read when somebody asks for one.

A module has its own fragment, with everything outside of functions, and one for each body that has been read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from threading import Lock

from qscache_lint.facts.lookup import Lookup
from qscache_lint.facts.model import (
    Attribute,
    Binding,
    Body,
    Call,
    ClassFacts,
    Decorator,
    Event,
    Fragment,
    Guard,
    Import,
    Name,
    ParameterFacts,
    Parts,
    Ref,
    Return,
    Signature,
    Term,
)
from qscache_lint.facts.names import written_name
from qscache_lint.facts.numbers import PLACE, TERM_BITS, read_with
from qscache_lint.source.parse import Unreadable, parse_shallow, refused_by_python, too_deep
from qscache_lint.source.units import Function, Units
from qscache_lint.values import Span

_ROOM = 1000
_NESTED = re.compile(rb"\bdef\b.*\bdef\b|\blambda\b", re.DOTALL)
_ONE_AT_A_TIME = Lock()
_ASSIGNING = re.compile(rb"(?!\w)(?:[^\n]*(?:[^\n=!<>]|<<|>>)=(?!=)|=(?!=)|[\s,)\]\\]*(?:\#[^\n]*)?\n)")
"""What may stand behind an attribute that something is assigned to: a `=` in its row, or the end of the row."""
_TAKING = re.compile(rb"\b(?:for|as)\b")
"""What may stand before it in its row: `for self.row in rows`, `with lock as self.lock`."""
_CALLING = re.compile(rb"[\s\\)]*\(")
"""What stands behind the name of a function where it is called."""
_HANDING = re.compile(rb"[\s\\)]*\(\s*[^\s)]")
"""What stands behind it where it is called with arguments."""
_IMPORTING = re.compile(rb"\bimport\b")
_NOTHING = Body((), (), {}, 0, 0, False)


class FunctionFacts:
    """One function or lambda: its head, and its body, which is read when somebody asks for something in it."""

    __slots__ = ("_index", "_module", "annotation", "decorators", "is_async", "name", "owner", "parameters", "parent",
                 "qualname", "span")

    def __init__(self, module: ModuleFacts, index: int, signature: Signature) -> None:
        self._module = module
        self._index = index
        self.name: str = signature.name
        self.qualname: str = signature.qualname
        self.parent: int | None = signature.parent
        self.owner: int | None = signature.owner
        self.span: Span = signature.span
        self.parameters: tuple[ParameterFacts, ...] = signature.parameters
        self.decorators: tuple[Decorator, ...] = signature.decorators
        self.annotation: Ref | None = signature.annotation
        self.is_async: bool = signature.is_async

    @property
    def returns(self) -> tuple[Return, ...]:
        return self._module.body_of(self._index).returns

    @property
    def events(self) -> tuple[Event, ...]:
        return self._module.body_of(self._index).events

    @property
    def bindings(self) -> dict[str, tuple[Binding, ...]]:
        return self._module.body_of(self._index).bindings

    @property
    def first(self) -> Ref:
        return self._module.body_of(self._index).first

    @property
    def last(self) -> Ref:
        return self._module.body_of(self._index).last

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms of its body, in the order of the code."""
        return tuple(self._module.terms[ref] for ref in range(self.first, self.last))

    @property
    def is_generator(self) -> bool:
        return self._module.body_of(self._index).is_generator


class Spans:
    """Where the terms of a module stand, as far as they have been read."""

    def __init__(self) -> None:
        self._read_with: dict[int, tuple[Span, ...]] = {}

    def enter(self, fragment: Fragment) -> None:
        """Add the places of a fragment's terms."""
        self._read_with[fragment.first >> TERM_BITS] = fragment.spans

    def __getitem__(self, ref: Ref) -> Span:
        return self._read_with[ref >> TERM_BITS][ref & PLACE]


class ModuleFacts:
    """Everything one module states: its terms, functions and classes by number.

    `terms`, `spans` and `functions` have what has been read so far, and grow while anything is evaluated. To look
    through them, ask for a body, for what names a word (`read_naming`), or for `everything`, then for what is `known`.
    """

    def __init__(self, parts: Parts, units: Units) -> None:
        fragment = parts.own
        self._terms: dict[Ref, Term] = {}
        self._functions: dict[int, FunctionFacts] = {}
        self.terms: Lookup[Ref, Term] = self._terms
        self.spans = Spans()
        self.functions: Lookup[int, FunctionFacts] = self._functions
        self.classes: tuple[ClassFacts, ...] = fragment.classes
        self.stars: tuple[Binding, ...] = fragment.stars
        self._conditions: dict[Ref, tuple[Guard, ...]] = {}
        self.conditions: Lookup[Ref, tuple[Guard, ...]] = self._conditions
        self._own = fragment
        self._units = units
        self._given = parts.bodies
        self._apart: dict[int, Fragment | None] = {}
        self._bodies: dict[int, Body] = {}
        self._nested: dict[int, list[int]] = {}
        self._inside: dict[int, tuple[int, ...]] = {}
        self._calls: dict[str, list[Ref]] = {}
        self._looked_for: set[tuple[str, bool]] = set()
        self._storing: dict[tuple[str, int], tuple[int, ...]] = {}
        self._unlisted: list[Fragment] = []
        self._enter(fragment)

    def _enter(self, fragment: Fragment) -> None:
        self._terms.update(enumerate(fragment.terms, fragment.first))
        self.spans.enter(fragment)
        self._conditions.update(fragment.conditions)
        self._unlisted.append(fragment)
        self._bodies.update(fragment.bodies)
        for index, signature in fragment.signatures.items():
            self._functions[index] = FunctionFacts(self, index, signature)
            if signature.parent:
                self._nested.setdefault(signature.parent, []).append(index)

    @property
    def body(self) -> FunctionFacts:
        """The module's own body."""
        return self.functions[0]

    # -- what has been read

    def known_terms(self, since: int = 0) -> tuple[tuple[Ref, Term], ...]:
        """The terms that have been read so far by their numbers, in the order of reading, without the first few."""
        return tuple(islice(self._terms.items(), since, None))

    def known_functions(self) -> tuple[tuple[int, FunctionFacts], ...]:
        """The functions that have been read so far, by their numbers; bodies may be missing."""
        return tuple(self._functions.items())

    @cached_property
    def methods(self) -> tuple[tuple[int, FunctionFacts], ...]:
        """The functions of all classes, by their numbers."""
        own = self._own.signatures.items()
        return tuple((index, self._functions[index]) for index, each in own if each.owner is not None)

    def methods_of(self, owner: int) -> tuple[FunctionFacts, ...]:
        """The functions of one class."""
        return tuple(self._functions[index] for index in self._methods.get(owner, ()))

    # -- what is read when somebody asks

    def body_of(self, index: int) -> Body:
        """The body of a function."""
        known = self._bodies.get(index)
        return self._read(index) if known is None else known

    def _read(self, index: int) -> Body:
        self._bodies[index] = _NOTHING
        fragment = self._given[index] if index in self._given else self._read_apart(index)
        if fragment is not None:
            self._enter(fragment)
        return self._bodies[index]

    def _read_apart(self, index: int) -> Fragment | None:
        row = self.functions[index].span.start.row
        self._apart[index] = read_apart(self._units, self._unread[self._units.at_row(row)], index, self._own)
        return self._apart[index]

    @property
    def has_grown(self) -> bool:
        """Whether bodies were read that were not there from the beginning."""
        return bool(self._apart)

    @property
    def unread(self) -> tuple[int, ...]:
        """The rows of functions whose bodies were asked for and cannot be read."""
        return tuple(self.functions[index].span.start.row for index, body in self._bodies.items() if body is _NOTHING)

    @property
    def parts(self) -> Parts:
        """All that is known."""
        return Parts(self._own, {**self._given, **self._apart})

    @cached_property
    def _unread(self) -> dict[int, Function]:
        return units_apart(self._units)

    def inside(self, index: int) -> Sequence[int]:
        """A function and those nested in it, in the order of reading."""
        known = self._inside.get(index)
        if known is None:
            self.body_of(index)
            found = [index]
            for each in found:
                found.extend(self._nested.get(each, ()))
            known = self._inside[index] = tuple(sorted(found))
        return known

    def around(self, ref: Ref) -> int:
        """The function in whose body a term stands."""
        apart = read_with(ref)
        bodies = self.inside(apart) if apart else self._own.bodies
        return next((each for each in bodies if self._bodies[each].first <= ref < self._bodies[each].last), 0)

    def read_naming(self, words: Iterable[str]) -> ModuleFacts:
        """The same facts, once every body has been read in which one of some words stands."""
        for word in words:
            self._read_at(_occurrences(word.encode(), self._units.source))
        return self

    def _read_at(self, offsets: Iterable[int]) -> None:
        """Read the bodies of the functions in which some bytes of the file stand."""
        for unit in sorted(set(map(self._units.at_byte, offsets))):
            index = self._left_out.get(unit)
            if index is not None:
                self.body_of(index)

    @cached_property
    def _left_out(self) -> dict[int, int]:
        """The functions whose bodies the file's own fragment has left out, by their unit."""
        heads = {index: each for index, each in self._own.signatures.items() if index not in self._own.bodies}
        return {self._units.at_row(head.span.start.row): index for index, head in heads.items()}

    @property
    def read_functions(self) -> dict[int, FunctionFacts]:
        """The functions whose bodies have been read."""
        return {index: function for index, function in self._functions.items() if index in self._bodies}

    def calling(self, names: Iterable[str], *, handing: bool = False) -> list[Ref]:
        """The calls of anything that has one of some names, in the order of their numbers.

        Among them are calls of what has no name: `handlers[0]()`. With `handing`, calls without arguments may be
        missing.
        """
        named = [name for name in names if not name.isascii() or name.encode() in self._units.source]
        for name in named:
            if (name, handing) not in self._looked_for:
                self._looked_for.add((name, handing))
                self._read_at(_calls_of(name.encode(), self._units.source, _HANDING if handing else _CALLING))
        self._list_calls()
        return sorted(ref for name in {*named, ""} for ref in self._calls.get(name, ())) if named else []

    def _list_calls(self) -> None:
        while self._unlisted:
            fragment = self._unlisted.pop()
            for ref, term in enumerate(fragment.terms, fragment.first):
                if isinstance(term, Call):
                    self._calls.setdefault(called_name(self.terms[term.function]), []).append(ref)

    def may(self, index: int, test: Callable[[bytes], bool]) -> bool:
        """Whether the source of a function passes a test; one that has been read does, because nobody has to ask."""
        return index in self._bodies or test(self._text(index))

    def may_nest(self, index: int) -> bool:
        """Whether a function may have others inside."""
        return self.may(index, lambda text: _NESTED.search(text) is not None)

    def storing(self, attribute: str, owner: int) -> tuple[int, ...]:
        """The functions of a class that may assign to an attribute of this name."""
        known = self._storing.get((attribute, owner))
        if known is None:
            name = written_name(attribute).encode()
            methods = self._methods.get(owner, ())
            known = tuple(index for index in methods if _may_store(self._text(index), name))
            self._storing[attribute, owner] = known
        return known

    @cached_property
    def _methods(self) -> dict[int, list[int]]:
        """The functions of each class. A class is never in a body that is read apart."""
        found: dict[int, list[int]] = {}
        for index, signature in self._own.signatures.items():
            if signature.owner is not None:
                found.setdefault(signature.owner, []).append(index)
        return found

    def _text(self, index: int) -> bytes:
        """The source of an outermost function, from its `def` on; of one that cannot be read apart, the whole file."""
        unit = self._unread.get(self._units.at_row(self.functions[index].span.start.row))
        return self._units.source if unit is None else self._units.text(unit)

    def everything(self) -> ModuleFacts:
        """The same facts, once every body has been read."""
        for index, _ in self.known_functions():
            self.body_of(index)
        return self


def called_name(term: Term) -> str:
    """The last name of what is called: `remember`, `store.remember`; "" for what has none, or may have another one."""
    match term:
        case Name(name=name) | Attribute(name=name) | Import(name=str() as name):
            return name
        case _:
            return ""


def _calls_of(name: bytes, source: bytes, behind: re.Pattern[bytes]) -> Iterator[int]:
    """The places where a name stands before what a call has behind it, or in a row that imports it."""
    for start in _occurrences(name, source):
        row = source.rfind(b"\n", 0, start) + 1
        if behind.match(source, start + len(name)) or _IMPORTING.search(source, row, start):
            yield start


def _may_store(source: bytes, attribute: bytes) -> bool:
    """Whether code may assign to an attribute."""
    if b"setattr" in source:
        return attribute in source
    for start in _occurrences(attribute, source):
        before = source[max(source.rfind(b"\n", 0, start), 0) : start]
        if before.rstrip()[-1:] not in (b".", b""):
            continue
        if _ASSIGNING.match(source, start + len(attribute)) or _TAKING.search(before):
            return True
    return False


def _occurrences(text: bytes, source: bytes) -> Iterator[int]:
    """The offsets at which a text stands, as part of a longer word, too."""
    start = source.find(text)
    while start >= 0:
        yield start
        start = source.find(text, start + 1)


def units_apart(units: Units) -> dict[int, Function]:
    """The functions that can be read apart, by their unit."""
    return {units.at_row(row): function for row, function in units.left_out.items()}


def read_bodies(units: Units, own: Fragment, wanted: Collection[int]) -> dict[int, Fragment | None]:
    """The bodies in the `wanted` units that the file's own fragment has left out."""
    apart = {unit: function for unit, function in units_apart(units).items() if unit in wanted}
    places = {index: units.at_row(signature.span.start.row) for index, signature in own.signatures.items()}
    return {
        index: read_apart(units, apart[unit], index, own)
        for index, unit in places.items()
        if unit in apart and index not in own.bodies
    }


def read_own(units: Units) -> Fragment | Unreadable:
    """Parse and visit a file, but for the bodies that can be read apart."""
    module = too_deep(units.source) or parse_shallow(units.pruned())
    if isinstance(module, Unreadable):
        return module
    from qscache_lint.facts.visitor import read_module

    try:
        with _room():
            return read_module(module, units.left_out)
    except RecursionError:
        return Unreadable(1, 1, "nested too deeply")
    except SyntaxError:  # libcst takes every literal as it stands
        return refused_by_python(units.source)


def read_apart(units: Units, function: Function, index: int, around: Fragment) -> Fragment | None:
    """Parse and visit the body of function number `index`; None for what only Python's own parser can read."""
    text = units.text(function)
    is_indented = text[:1] in b" \t\f"
    module = parse_shallow(b"if 1:\n" + text if is_indented else text)
    if isinstance(module, Unreadable):
        return None
    import libcst as cst

    from qscache_lint.facts.visitor import read_body

    around_it = module.body[0]
    node = around_it.body.body[0] if isinstance(around_it, cst.If) else around_it
    if not isinstance(node, cst.FunctionDef):
        return None
    try:
        with _room():
            return read_body(module, node, function.row - is_indented, index, around)
    except RecursionError:
        return None


@contextmanager
def _room() -> Iterator[None]:
    """What can be read does not depend on how deep the caller's stack is. The limit is that of all threads."""
    with _ONE_AT_A_TIME:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(_depth() + _ROOM)
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)


def _depth() -> int:
    """How many calls are open."""
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
