"""Keys of caches: when two calls mean the same entry.

A key is compared by its shape: constants by value, project functions that build keys by identity and what is known of
their arguments, formatted text by its fixed parts. What cannot be compared at all is the same key only as the very same
term.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from string import Formatter
from typing import TypeAlias

import msgspec

from qscache_lint import limits
from qscache_lint.facts.model import (
    Attribute,
    Binary,
    Call,
    Constant,
    Container,
    Import,
    Item,
    Name,
    Ref,
    Text,
)
from qscache_lint.facts.module import ModuleFacts
from qscache_lint.project.abstract import External, Function, Literal, Value

Shape: TypeAlias = tuple[object, ...]
Key: TypeAlias = tuple[Shape, Shape]
"""The cache (by alias) and the key in it."""

Resolve: TypeAlias = Callable[[str, str, int], "str | None"]
"""Finds the file of a module: from which file, its dotted name, and the leading dots of the import."""

ANYTHING: Shape = ("?",)


class Written(msgspec.Struct, frozen=True):
    """How code names an entry: the terms of the cache, the key and the version."""

    cache: Ref
    key: Ref
    version: Ref | None = None


def key_of(facts: ModuleFacts, path: str, written: Written, evaluate: Callable[[Ref], Value], resolve: Resolve) -> Key:
    """The entry of a cache that some terms mean."""
    shape = _telling_shape(facts, path, written.key, evaluate)
    version = None if written.version is None else _telling_shape(facts, path, written.version, evaluate)
    if version not in (None, ("=", None)):
        shape = ("version", version, shape)
    return _alias(facts, path, written.cache, evaluate, resolve), shape


def _telling_shape(facts: ModuleFacts, path: str, ref: Ref, evaluate: Callable[[Ref], Value]) -> Shape:
    shape = _shape(facts, ref, evaluate, iter(range(limits.TERMS_OF_KEY)))
    return shape if _is_telling(shape) or shape == ("=", None) else ("term", path, ref)


def is_known(key: Key) -> bool:
    """Whether a key says more than where it stands."""
    return key[1][:1] != ("term",)


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
    is_call = filled[:1] == ("call",)
    return all(
        _covers(left, right) or (is_call and position > 1 and left == ANYTHING)
        for position, (left, right) in enumerate(zip(filled, wanted, strict=True))
    )


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


def _shape(facts: ModuleFacts, ref: Ref, evaluate: Callable[[Ref], Value], steps: Iterator[int]) -> Shape:
    """The shape of a term; where the steps are used up, the rest may be anything."""
    if next(steps, None) is None:
        return ANYTHING
    match facts.terms[ref]:
        case Constant(value=value):
            return ("=", value)
        case Text(parts=parts):
            return _text(_shape(facts, part, evaluate, steps) for part in parts)
        case Binary(operator="%", left=left, right=right):
            given = facts.terms[right]
            values = [entry.value for entry in given.entries] if isinstance(given, Container) else [right]
            template = _shape(facts, left, evaluate, steps)
            return _formatted(template, [_shape(facts, each, evaluate, steps) for each in values])
        case Binary(operator="+", left=left, right=right):
            added = [_shape(facts, each, evaluate, steps) for each in (left, right)]
            return _text(added) if any(_is_text(part) for part in added) else ("+", *added)
        case Call(function=function, arguments=arguments):
            called = facts.terms[function]
            shapes = {
                each.keyword or str(index): _shape(facts, each.value, evaluate, steps)
                for index, each in enumerate(arguments)
            }
            if isinstance(called, Attribute) and called.name == "format":
                return _filled_in(_shape(facts, called.base, evaluate, steps), shapes)
            builders = [atom.of for atom in evaluate(function) if isinstance(atom, Function)]
            return ("call", builders[0], *shapes.values()) if len(builders) == 1 else ANYTHING
        case _:
            found = evaluate(ref)
            if len(found) == 1 and isinstance(found[0], Literal):
                return ("=", found[0].value)
            return ANYTHING


def _is_text(shape: Shape) -> bool:
    return shape[0] == "text" or (shape[0] == "=" and isinstance(shape[1], str))


def _text(parts: Iterable[Shape]) -> Shape:
    """Text put together of some parts: fixed ones become one, however the code cuts them."""
    flat: list[Shape] = []
    for part in parts:
        for piece in part[1:] if part[0] == "text" else (part,):
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
    return shape[0] == "call" or any(_is_telling(part) for part in shape[1:])


def _alias(facts: ModuleFacts, path: str, cache: Ref, evaluate: Callable[[Ref], Value], resolve: Resolve) -> Shape:
    """Which cache a term is: one of Django's by its alias, another one by the variable or attribute that has it."""
    term = facts.terms[cache]
    names = [atom.dotted for atom in evaluate(cache) if isinstance(atom, External)]
    if any(name.startswith(_DJANGO) for name in names):
        if isinstance(term, Item):
            is_default = evaluate(term.key) == (Literal("default"),)
            return ("default",) if is_default else _shape(facts, term.key, evaluate, iter(range(limits.TERMS_OF_KEY)))
        if all(not name.endswith("[]") for name in names):
            return ("default",)
    elif names and not any("(" in name for name in names):
        return ("outside", names[0])
    if isinstance(term, Attribute):
        return ("attribute", path, term.name)
    return _variable(facts, path, cache, resolve) or ("named", path, cache)


_DJANGO = "django.core.cache."
