"""Names that are made at run time: code that asks a module, class or object for a name it has as text, or for all.

`getattr(x, name)`, `setattr(x, name, …)`, `globals()[name]`, `vars(x)`, `dir(x)`, `x.__dict__`. What `x` may be is told
by the evaluator, what the name may be by the text that is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain, groupby, product
from typing import TypeAlias

from qscache_lint.facts.model import ItemStore
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Binary, Call, Constant, Container, Item, Mutated, Name, Ref, Term
from qscache_lint.fixing.mentioning_files import files_with, module_name
from qscache_lint.fixing.repeatability.bound import bound_at
from qscache_lint.fixing.repeatability.export_lists import list_readings
from qscache_lint.project.abstract import Atom, ClassValue, External, Formatted, Instance, Literal, Module, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.callsites import open_around
from qscache_lint.project.evaluation.exports import LIST
from qscache_lint.project.identities import ClassId
from qscache_lint.values import Position

Pieces: TypeAlias = tuple[str | None, ...]
"""Text: its fixed parts, and None for what is not known."""

_PERCENT, _BRACES = re.compile(r"%(?:\(\w*\))?\w"), re.compile(r"\{[^}]*\}")
"""The fields of text that is filled in."""

_ANY = r"\w*"
_EVERY_NAME = re.compile(_ANY)


class Way(Enum):
    """What is done with the name."""

    LIST = "list"
    """All names are listed."""

    READ = "read"
    """What stands under it is asked for."""

    WRITE = "write"
    """Something is put under it, or taken away."""


WORDS = frozenset(
    {"getattr", "hasattr", "setattr", "delattr", "attrgetter", "methodcaller", "__setattr__", "__delattr__"}
    | {"vars", "dir", "globals", "locals", "getmembers", "__dict__", "object", "import_string", "patch", LIST}
)
"""The words by which one of these is written."""

_BY_NAME = {
    "getattr": Way.READ,
    "hasattr": Way.READ,
    "setattr": Way.WRITE,
    "delattr": Way.WRITE,
    "__setattr__": Way.WRITE,
    "__delattr__": Way.WRITE,
    "object": Way.WRITE,
}
"""What is given an object and a name; `object` is `mock.patch.object`."""
_BY_PATH = {"import_string": Way.READ, "patch": Way.WRITE, "setattr": Way.WRITE}
"""What is given a dotted name."""
_GIVEN = {"__setattr__": 3}
_OF_ANYTHING = frozenset({"attrgetter", "methodcaller"})
"""What is given a name, to be asked of whatever comes."""
_LISTS = frozenset({"dir", "getmembers"})
_NAMESPACES = frozenset({"vars", "globals", "locals"})
_READING = frozenset({"get", "__getitem__", "__contains__", "copy"})
_WRITING = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"})
MODULES = ("sys.modules", "importlib.import_module()", "__import__()")
"""Where the names of what may be any module begin."""
_ANY_MODULE = ("modules", "iter_modules", "walk_packages")
"""The words by which code goes over modules without naming one."""

_OF_CLASSES = frozenset({"isclass", "ismodule"})
"""Tests of `inspect` that no function passes."""


@dataclass(frozen=True, slots=True)
class Access:
    """One place: what the object may be, and which names may be meant.

    `is_own`: only what is kept on the object itself counts, not what its class has.
    """

    path: str
    at: Position
    way: Way
    space: Value
    names: re.Pattern[str] = _EVERY_NAME
    is_own: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of the name."""
        return self.names is _EVERY_NAME

    def reaches(self, evaluator: Evaluator, path: str, owner: ClassId | None, name: str) -> bool:
        """Whether a name of a module, or of a class and its objects, may be meant."""
        if not self.names.fullmatch(name):
            return False
        return any(_is_space(evaluator, atom, path, owner) for atom in self.space)


def _is_space(evaluator: Evaluator, atom: Atom, path: str, owner: ClassId | None) -> bool:
    mro = evaluator.classes.mro
    match atom:
        case Module(path=other):
            return owner is None and other == path
        case External(dotted=dotted):
            return owner is None and dotted.startswith(MODULES)
        case ClassValue(of=of) | Instance(of=ClassId() as of):
            return owner is not None and (owner in mro(of) or of in mro(owner))
        case _:
            return False


def near(
    evaluator: Evaluator, own: Sequence[str], names: Collection[str], others: Collection[str] = ()
) -> tuple[str, ...]:
    """The files with such places, or a word of `others`, among some files and those that have a name as a word.

    Those that may reach any module need no name.
    """
    named = {path for name in (*names, *_ANY_MODULE) for path in files_with(evaluator, own[0], name)}
    asking = {path for word in (*WORDS, *others) for path in files_with(evaluator, own[0], word)}
    return tuple(sorted(named.union(own) & asking))


def is_reached(evaluator: Evaluator, path: str, owner: ClassId | None, name: str, ways: Collection[Way]) -> bool:
    """Whether code may reach a name by its text: one of a module, or of a class and its objects."""
    return any(access.way in ways for access in reaching(evaluator, path, owner, name))


def reaching(evaluator: Evaluator, path: str, owner: ClassId | None, name: str) -> Iterator[Access]:
    """The places that may reach a name by its text."""
    names = (module_name(path),) if owner is None else (module_name(path), evaluator.project.class_name(owner))
    for each in near(evaluator, (path,), names):
        facts = evaluator.project.facts(each)
        found = () if facts is None else accesses(evaluator, each, facts)
        yield from (access for access in found if access.reaches(evaluator, path, owner, name))


def accesses(evaluator: Evaluator, path: str, facts: ModuleFacts) -> Iterator[Access]:
    """All places of a file."""
    for access in _File(evaluator, path, facts).found():
        yield access
        if access.way is Way.READ and not access.is_open and access.names.fullmatch(LIST):
            yield replace(access, way=Way.LIST, names=_EVERY_NAME)


@dataclass(frozen=True)
class _File:
    evaluator: Evaluator
    path: str
    facts: ModuleFacts

    def found(self) -> Iterator[Access]:
        for ref, call in self.facts.every(Call):
            yield from self._called(ref, call)
        for ref, term in self.facts.every(Attribute):
            if term.name == "__dict__":
                yield from self._namespace(ref, self._value(term.base), is_own=True)
        for ref, space in list_readings(self.path, self.facts, self.evaluator.project.modules, self._value):
            yield Access(self.path, self._at(ref), Way.LIST, space)

    def _called(self, ref: Ref, call: Call) -> Iterator[Access]:
        name = getattr(self.facts.terms[call.function], "name", None) or ""
        given = [each.value for each in call.arguments]
        if name in _BY_PATH and given:
            yield from self._dotted(ref, _BY_PATH[name], given[0])
        if name in _BY_NAME:
            yield from self._by_name(ref, name, call, given)
        elif name in _OF_ANYTHING and given:
            yield Access(self.path, self._at(ref), Way.READ, (), self._names(given[0]))
        elif name in _LISTS and given and not self._asks_for_classes(given):
            yield Access(self.path, self._at(ref), Way.LIST, self._value(given[0]))
        elif name == "dir" and not given and not self.facts.around(ref):
            yield Access(self.path, self._at(ref), Way.LIST, (Module("", self.path),))
        elif name in _NAMESPACES and self._is_builtin(call.function):
            yield from self._of_namespace(ref, name, given)

    def _is_builtin(self, function: Ref) -> bool:
        return isinstance(self.facts.terms[function], Name)

    def _asks_for_classes(self, given: list[Ref]) -> bool:
        test = getattr(self.facts.terms[given[1]], "name", "") if len(given) > 1 else ""
        return test in _OF_CLASSES

    def _by_name(self, ref: Ref, name: str, call: Call, given: list[Ref]) -> Iterator[Access]:
        term = self.facts.terms[call.function]
        if isinstance(term, Attribute) and name.startswith("__") and len(given) < _GIVEN.get(name, 2):
            given = [term.base, *given]  # `x.__setattr__(name, …)`, not `object.__setattr__(x, name, …)`
        if len(given) > 1:
            yield Access(self.path, self._at(ref), _BY_NAME[name], self._value(given[0]), self._names(given[1]))

    def _of_namespace(self, ref: Ref, name: str, given: list[Ref]) -> Iterator[Access]:
        is_inside = bool(self.facts.around(ref))
        if name == "locals" and is_inside:
            return  # the variables of a call
        if name == "vars" and given:
            yield from self._namespace(ref, self._value(given[0]), is_own=True)
        elif name != "vars" or not is_inside:
            yield from self._namespace(ref, (Module("", self.path),), is_own=True)

    def _namespace(self, ref: Ref, space: Value, *, is_own: bool) -> Iterator[Access]:
        """What is done with the dict of names: asked for one, changed, or handed on."""
        users = [(user, self.facts.terms[user]) for user in self.facts.users(ref)]
        stores = [
            each for function in self.facts.functions for each in function.events if isinstance(each, ItemStore)
        ]
        for each in stores:
            if each.base == ref:
                yield Access(self.path, self._at(ref), Way.WRITE, space, self._names(each.key), is_own)
        is_stored = any(each.base == ref for each in stores)
        if not users and not is_stored:
            yield Access(self.path, self._at(ref), Way.LIST, space, is_own=is_own)
        for user, term in users:
            way, names = self._use(ref, user, term)
            if way is not None and not (is_stored and way is Way.LIST):
                yield Access(self.path, self._at(ref), way, space, names, is_own)

    def _use(self, ref: Ref, user: Ref, term: object) -> tuple[Way | None, re.Pattern[str]]:
        match term:
            case Item(base=base, key=key) if base == ref:
                return Way.READ, self._names(key)
            case Attribute(base=base, name=name) if base == ref and name in _READING | _WRITING:
                return self._method(user, name)
            case Mutated():
                return None, _EVERY_NAME  # the method says it
            case _:
                return Way.LIST, _EVERY_NAME

    def _method(self, ref: Ref, name: str) -> tuple[Way, re.Pattern[str]]:
        if name == "copy":
            return Way.LIST, _EVERY_NAME
        way = Way.READ if name in _READING else Way.WRITE
        calls = [term for user in self.facts.users(ref) if isinstance(term := self.facts.terms[user], Call)]
        if len(calls) != 1 or not calls[0].arguments:
            return way, _EVERY_NAME
        if name != "update":
            return way, self._names(calls[0].arguments[0].value)
        written = [each.keyword for each in calls[0].arguments]
        return way, re.compile("|".join(re.escape(each) for each in written if each)) if all(written) else _EVERY_NAME

    # -- what is known

    def _at(self, ref: Ref) -> Position:
        return self.facts.spans[ref].start

    def _value(self, ref: Ref) -> Value:
        """What an object may be; a parameter is what the calls of the project give."""
        value = self.evaluator.value(self.path, ref)
        is_known = bool(value) and all(isinstance(atom, (Module, Instance)) for atom in value)
        return value if is_known else self.evaluator.value(self.path, ref, open_around(self.evaluator, self.path, ref))

    def _names(self, ref: Ref) -> re.Pattern[str]:
        """The names that a term may be."""
        texts = self._texts(ref)
        return _EVERY_NAME if texts is None else re.compile("|".join(f"(?:{_pattern(each)})" for each in texts))

    def _texts(self, ref: Ref) -> list[Pieces] | None:
        """The texts that a term may be; None where one of them is not known at all."""
        match self.facts.terms[ref]:
            case Binary(operator="+", left=left, right=right):
                return self._together([left, right])
            case Binary(operator="%", left=left):
                return self._filled(left, _PERCENT)
            case Call(function=function, arguments=arguments):
                made = self._made(self.facts.terms[function], [each.value for each in arguments])
                if made is not None:
                    return made
        value = self.evaluator.value(self.path, ref)
        if not value or not all(isinstance(atom, (Literal, Formatted)) for atom in value):
            value = self.evaluator.value(self.path, ref, open_around(self.evaluator, self.path, ref))
        known = [each for atom in value if (each := _pieces(atom)) is not None]
        return known if known and len(known) == len(value) else None

    def _made(self, method: Term, given: list[Ref]) -> list[Pieces] | None:
        """The texts that a method of text makes: `"shop.{}".format(name)`, `".".join(["shop", name])`."""
        match method:
            case Attribute(base=base, name="format"):
                return self._filled(base, _BRACES)
            case Attribute(base=base, name="join") if len(given) == 1:
                parts = self.facts.terms[given[0]]
                between = self.facts.terms[base]
                if not isinstance(parts, Container) or not isinstance(between, Constant):
                    return None
                refs = [ref for entry in parts.entries for ref in (base, entry.value)]
                return self._together(refs[1:])
            case _:
                return None

    def _together(self, refs: Sequence[Ref]) -> list[Pieces] | None:
        """The texts that several terms make one behind another; None where nothing is known of any."""
        known = [self._texts(ref) for ref in refs]
        if all(each is None for each in known):
            return None
        return [_merged(chain.from_iterable(each)) for each in product(*(each or [(None,)] for each in known))]

    def _filled(self, ref: Ref, field: re.Pattern[str]) -> list[Pieces] | None:
        """The text of a constant with something unknown in each field."""
        term = self.facts.terms[ref]
        text = term.value if isinstance(term, Constant) else None
        if not isinstance(text, str):
            return None
        first, *others = field.split(text)
        return [(first, *(piece for other in others for piece in (None, other)))]

    def _dotted(self, ref: Ref, way: Way, text: Ref) -> Iterator[Access]:
        """`import_string(f"news.queries.{name}")`: the name stands behind that of a module or class."""
        for pieces in self._texts(text) or ():
            head = pieces[0] or ""
            start, dot, rest = head.rpartition(".")
            space = bound_at(self.evaluator, self.path, start.split(".")) if dot else ()
            if space:
                yield Access(self.path, self._at(ref), way, space, re.compile(_pattern((rest, *pieces[1:]))))


def _merged(pieces: Iterable[str | None]) -> Pieces:
    """Pieces with text that is known up to one that is not."""
    parts = [("".join(map(str, group)) if known else None) for known, group in groupby(pieces, lambda p: p is not None)]
    return tuple(parts)


def _pattern(pieces: Pieces) -> str:
    return "".join(_ANY if piece is None else re.escape(piece) for piece in pieces)


def _pieces(atom: object) -> Pieces | None:
    match atom:
        case Literal(value=str() as text):
            return (text,)
        case Formatted(parts=parts) if any(parts):
            return parts
        case _:
            return None
