"""Keys of caches: when two calls mean the same entry.

A key is compared by its shape: constants by value, what has a name (settings, classes, functions, and attributes of
these) by that name, calls by what is called and by their arguments, formatted text by its parts. Where nothing is known
of a part, it may be anything. What has no known part at all is the same key only as the same expression of variables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from string import Formatter
from typing import TypeAlias

import msgspec

from qscache_lint import limits
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import Attribute, Binary, Call, Constant, Container, Import, Item, Name, Ref, Term, Text
from qscache_lint.project.abstract import (
    ClassValue,
    External,
    Formatted,
    Function,
    Instance,
    Literal,
    Memoized,
    Module,
    Value,
)
from qscache_lint.project.identities import FunctionId
from qscache_lint.project.written import expression

Shape: TypeAlias = tuple[object, ...]
Key: TypeAlias = tuple[Shape, Shape]
"""The cache (by alias) and the key in it."""

Resolve: TypeAlias = Callable[[str, str, int], "str | None"]
"""Finds the file of a module: from which file, its dotted name, and the leading dots of the import."""

ANYTHING: Shape = ("?",)
_NAMED = ("class", "function", "module", "outside")
"""Shapes of what is the same wherever it is named."""


class Written(msgspec.Struct, frozen=True):
    """How code names an entry: the terms of the cache, the key and the version."""

    cache: Ref
    key: Ref
    version: Ref | None = None


class KeyPlace(msgspec.Struct, frozen=True):
    """Where a key is written: the module, what its terms come to, and the terms that stand behind parameters."""

    facts: ModuleFacts
    path: str
    evaluate: Callable[[Ref], Value]
    given: Callable[[Ref], tuple[KeyPlace, Ref] | None]


def key_of(place: KeyPlace, written: Written, resolve: Resolve) -> Key:
    """The entry of a cache that some terms mean."""
    shape = _telling_shape(place, written.key)
    version = None if written.version is None else _telling_shape(place, written.version)
    if version not in (None, ("=", None)):
        shape = ("version", version, shape)
    return _alias(place, written.cache, resolve), shape


def _telling_shape(place: KeyPlace, ref: Ref) -> Shape:
    shape = _Shapes().of(place, ref)
    if _is_telling(shape) or shape == ("=", None):
        return shape
    return ("written", place.path, expression(place.facts, ref))


def is_known(key: Key) -> bool:
    """Whether a key says more than where it stands."""
    return key[1][:1] != ("written",)


def answers(filled: Key, wanted: Key) -> bool:
    """Whether the entry that is filled under one key is the one wanted under another, as far as the code tells."""
    return filled[0] == wanted[0] and _covers(filled[1], wanted[1])


def outline(key: Key) -> Hashable:
    """What keys have in common of which one answers the other: all but the arguments of functions that build them."""
    return key[0], _outline(key[1])


def _outline(shape: object) -> object:
    if not isinstance(shape, tuple):
        return shape
    return (*shape[:2], len(shape)) if shape[:1] == ("call",) else tuple(map(_outline, shape))


def _covers(filled: object, wanted: object) -> bool:
    """Whether two shapes are the same; what is not known of the arguments of a key function may be anything."""
    if not isinstance(filled, tuple) or not isinstance(wanted, tuple) or len(filled) != len(wanted):
        return filled == wanted
    if filled[:1] != ("call",):
        return all(map(_covers, filled, wanted))
    return filled[:2] == wanted[:2] and all(map(_may_be_equal, filled[2:], wanted[2:]))


def _may_be_equal(filled: object, wanted: object) -> bool:
    """Whether two arguments may be the same: of data, one attribute of an object is not another one of it."""
    if filled == ANYTHING or _covers(filled, wanted):
        return True
    if not _is_data(filled):
        return False
    return wanted == ANYTHING or (_is_data(wanted) and _owner(filled) != _owner(wanted))


def _is_data(shape: object) -> bool:
    """Whether a shape is an object, or an attribute of one: it differs from object to object."""
    while isinstance(shape, tuple) and shape[:1] in (("attribute",), ("item",)):
        shape = shape[1]
    return isinstance(shape, tuple) and shape[:1] == ("instance",)


def _owner(shape: object) -> object:
    """The object that a shape is an attribute of; of an object, only that it is one."""
    return shape[1] if isinstance(shape, tuple) and shape[0] != "instance" else None


def variable_key(facts: ModuleFacts, path: str, cache: Ref, resolve: Resolve) -> Key | None:
    """The entry that a cache is which is a global variable of its own (`_rows.set`); None for any other cache."""
    variable = _variable(facts, path, cache, resolve)
    return None if variable is None else (variable, ())


def _variable(facts: ModuleFacts, path: str, ref: Ref, resolve: Resolve) -> Shape | None:
    term = facts.terms[ref]
    bound = facts.body.bindings.get(term.name, ()) if isinstance(term, Name) else ()
    match facts.terms[bound[0].value] if len(bound) == 1 else term:
        case Import(module=module, level=level, name=str() as name):
            return ("variable", resolve(path, module, level), name)
        case _:
            return ("variable", path, term.name) if isinstance(term, Name) else None


class _Shapes:
    """Makes the shape of one key; where its steps are used up, the rest may be anything."""

    def __init__(self) -> None:
        self._steps = iter(range(limits.TERMS_OF_KEY))

    def of(self, place: KeyPlace, ref: Ref) -> Shape:
        """The shape of a term."""
        if next(self._steps, None) is None:
            return ANYTHING
        given = place.given(ref)
        if given is not None:
            return self.of(*given)
        match place.facts.terms[ref]:
            case Constant(value=value):
                return ("=", value)
            case Text(parts=parts):
                return _text(self.of(place, part) for part in parts)
            case Binary(operator="%", left=left, right=right):
                written = place.facts.terms[right]
                values = [entry.value for entry in written.entries] if isinstance(written, Container) else [right]
                return _formatted(self.of(place, left), [self.of(place, each) for each in values])
            case Binary(operator="+", left=left, right=right):
                added = [self.of(place, each) for each in (left, right)]
                return _text(added) if any(_is_text(part) for part in added) else ("+", *added)
            case Call() as call:
                return self._called(place, ref, call)
            case term:
                return self._named(place, ref) or self._part(place, term)

    def _named(self, place: KeyPlace, ref: Ref) -> Shape | None:
        """The shape of what a term surely is: a constant, or what has a name; None for everything else."""
        found = place.evaluate(ref)
        match found[0] if len(found) == 1 else None:
            case Literal(value=value):
                return ("=", value)
            case Formatted(parts=parts):
                return _text(ANYTHING if part is None else ("=", part) for part in parts)
            case ClassValue(of=of):
                return ("class", of)
            case Function(of=of, receiver=None):
                return ("function", of)
            case Module(path=path):
                return ("module", path)
            case Instance(of=of):
                return ("instance", of)
            case External(dotted=dotted) if dotted[-1] not in ")]" and "[" not in dotted and "(" not in dotted:
                return ("outside", dotted)
            case _:
                return None

    def _part(self, place: KeyPlace, term: Term) -> Shape:
        """The shape of a part of something: `cls.__name__`, `settings.KEYS["list"]`."""
        match term:
            case Attribute(base=base, name=name):
                around = self.of(place, base)
                if around[0] == "=" and name == "value":
                    return around  # the value of a member of an enumeration, which the evaluation takes for the value
                return ANYTHING if around == ANYTHING else ("attribute", around, name)
            case Item(base=base, key=key):
                around = self.of(place, base)
                return ANYTHING if around == ANYTHING else ("item", around, self.of(place, key))
            case _:
                return ANYTHING

    def _called(self, place: KeyPlace, ref: Ref, call: Call) -> Shape:
        called = place.facts.terms[call.function]
        shapes = {
            each.keyword or str(index): self.of(place, each.value) for index, each in enumerate(call.arguments)
        }
        if isinstance(called, Attribute) and called.name == "format":
            return _filled_in(self.of(place, called.base), shapes)
        if isinstance(called, Attribute) and called.name == "join" and len(call.arguments) == 1:
            return self._joined(place, called.base, call.arguments[0].value)
        builders = _functions(place.evaluate(call.function))
        if len(builders) == 1:
            return ("call", builders[0], *_by_name(shapes))
        constant = place.evaluate(ref)
        if len(constant) == 1 and isinstance(constant[0], Literal):
            return ("=", constant[0].value)
        function = self.of(place, call.function)
        return ANYTHING if function == ANYTHING else ("call", function, *_by_name(shapes))

    def _joined(self, place: KeyPlace, between: Ref, parts: Ref) -> Shape:
        """`between.join([…])`."""
        container, fixed = place.facts.terms[parts], self.of(place, between)
        if not isinstance(container, Container) or any(entry.star for entry in container.entries):
            return ANYTHING
        shapes = [self.of(place, entry.value) for entry in container.entries]
        return _text(each for number, shape in enumerate(shapes) for each in ([fixed, shape] if number else [shape]))


def _by_name(shapes: Mapping[str, Shape]) -> Iterator[Shape]:
    """The arguments of a call: a keyword has its name beside it."""
    return (shape if name.isdigit() else (name, shape) for name, shape in shapes.items())


def _is_text(shape: Shape) -> bool:
    return shape[0] == "text" or (shape[0] == "=" and isinstance(shape[1], str))


def _text(parts: Iterable[Shape]) -> Shape:
    """Text put together of some parts: fixed ones become one, however the code cuts them."""
    flat: list[Shape] = []
    for part in parts:
        for piece in part[1:] if part[0] == "text" else (ANYTHING if _is_data(part) else part,):
            fixed = ("=", str(piece[1])) if isinstance(piece, tuple) and piece[0] == "=" else piece
            if flat and isinstance(fixed, tuple) and flat[-1][0] == fixed[0] == "=":
                fixed = ("=", f"{flat.pop()[1]}{fixed[1]}")
            if isinstance(fixed, tuple):
                flat.append(fixed)
    return flat[0] if len(flat) == 1 else ("text", *flat)


def _formatted(template: Shape, values: list[Shape]) -> Shape:
    """`template % values`."""
    if template[0] != "=" or not isinstance(template[1], str):
        return ("%", template, *values)
    fixed = re.split(r"%[a-z]", template[1])
    if len(fixed) != len(values) + 1 or "%" in "".join(fixed):
        return ("%", template, *values)
    return _text(part for text, value in zip(fixed, [*values, ("=", "")], strict=True) for part in (("=", text), value))


def _filled_in(template: Shape, values: dict[str, Shape]) -> Shape:
    """`template.format(values)`; `values` by keyword, or by position in digits."""
    if template[0] != "=" or not isinstance(template[1], str):
        return ("format", template, *values.values())
    parts: list[Shape] = []
    try:
        for position, (text, field, _, _) in enumerate(Formatter().parse(template[1])):
            name = str(position) if field == "" else field
            parts += [("=", text), *([] if name is None else [values.get(name, ANYTHING)])]
    except ValueError:  # a brace too many
        return ("format", template, *values.values())
    return _text(parts)


def _is_telling(shape: object) -> bool:
    """Whether a shape has a fixed part that sets it apart from other keys."""
    if not isinstance(shape, tuple):
        return False
    if shape[0] == "=":
        return isinstance(shape[1], int) or (isinstance(shape[1], str) and any(char.isalpha() for char in shape[1]))
    if shape[0] in _NAMED or _is_data(shape):
        return bool(shape[0] != "instance")
    if shape[0] == "call" and isinstance(shape[1], tuple):
        return _is_telling_callee(shape[1]) or any(_is_telling(part) for part in shape[2:])
    return shape[0] == "call" or any(_is_telling(part) for part in shape[1:])


def _is_telling_callee(function: Shape) -> bool:
    """Whether a method sets a key apart: that of something named does, a function from outside (`str`) does not."""
    return bool(function[0] == "attribute" and _is_telling(function[1]))


def _alias(place: KeyPlace, cache: Ref, resolve: Resolve) -> Shape:
    """Which cache a term is: one of Django's by its alias, another one by the variable or attribute that has it."""
    facts, path, evaluate = place.facts, place.path, place.evaluate
    term = facts.terms[cache]
    names = [atom.dotted for atom in evaluate(cache) if isinstance(atom, External)]
    if any(name.startswith(_DJANGO) for name in names):
        if isinstance(term, Item):
            is_default = evaluate(term.key) == (Literal("default"),)
            return ("default",) if is_default else _Shapes().of(place, term.key)
        if all(not name.endswith("[]") for name in names):
            return ("default",)
    elif names and not any("(" in name for name in names):
        return ("outside", names[0])
    if isinstance(term, Attribute):
        return ("attribute", path, term.name)
    makers = [] if not isinstance(term, Call) else _functions(evaluate(term.function))
    if isinstance(term, Call) and len(makers) == 1:
        return ("call", makers[0], *(_Shapes().of(place, each.value) for each in term.arguments))
    return _variable(facts, path, cache, resolve) or ("named", path, cache)


def _functions(value: Value) -> list[FunctionId]:
    """The functions of the project among some values, memoized or not."""
    inner = (atom.inner if isinstance(atom, Memoized) else atom for atom in value)
    return [atom.of for atom in inner if isinstance(atom, Function)]


_DJANGO = "django.core.cache."
