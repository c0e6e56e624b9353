"""Keys of caches: when two calls mean the same entry.

A key is compared by its shape: constants by value, project functions that build keys by identity, formatted text by
its fixed parts. What cannot be compared at all is the same key only as the very same term.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from qscache_lint.facts.model import Attribute, Binary, Call, Constant, Import, Item, ModuleFacts, Name, Ref, Text
from qscache_lint.project.abstract import External, Function, Literal, Value

Shape: TypeAlias = tuple[object, ...]
Key: TypeAlias = tuple[Shape, Shape]
"""The cache (by alias) and the key in it."""

Resolve: TypeAlias = Callable[[str, str, int], "str | None"]
"""Finds the file of a module: from which file, its dotted name, and the leading dots of the import."""

ANYTHING: Shape = ("?",)


def key_of(
    facts: ModuleFacts, path: str, cache: Ref, key: Ref, evaluate: Callable[[Ref], Value], resolve: Resolve
) -> Key:
    """The entry of a cache (the term `cache`) that the term `key` means."""
    shape = _shape(facts, key, evaluate)
    if not _is_telling(shape):
        shape = ("term", path, key)
    return _alias(facts, path, cache, evaluate, resolve), shape


def variable_key(facts: ModuleFacts, path: str, cache: Ref, resolve: Resolve) -> Key | None:
    """The entry that a cache is which is a global variable of its own (`_rows.set`); None for any other cache."""
    variable = _variable(facts, path, cache, resolve)
    return None if variable is None else (variable, ())


def _variable(facts: ModuleFacts, path: str, ref: Ref, resolve: Resolve) -> Shape | None:
    match facts.terms[ref]:
        case Name(name=name):
            return ("variable", path, name)
        case Import(module=module, level=level, name=str() as name):
            return ("variable", resolve(path, module, level), name)
        case _:
            return None


def _shape(facts: ModuleFacts, ref: Ref, evaluate: Callable[[Ref], Value]) -> Shape:
    match facts.terms[ref]:
        case Constant(value=value):
            return ("=", value)
        case Text(parts=parts):
            return ("text", *(_shape(facts, part, evaluate) for part in parts))
        case Binary(operator="%", left=left):
            return ("%", _shape(facts, left, evaluate))
        case Binary(operator="+", left=left, right=right):
            return ("+", _shape(facts, left, evaluate), _shape(facts, right, evaluate))
        case Call(function=function):
            called = facts.terms[function]
            if isinstance(called, Attribute) and called.name == "format":
                return ("format", _shape(facts, called.base, evaluate))
            builders = [atom.of for atom in evaluate(function) if isinstance(atom, Function)]
            return ("call", builders[0]) if len(builders) == 1 else ANYTHING
        case _:
            found = evaluate(ref)
            if len(found) == 1 and isinstance(found[0], Literal):
                return ("=", found[0].value)
            return ANYTHING


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
            return ("default",) if evaluate(term.key) == (Literal("default"),) else _shape(facts, term.key, evaluate)
        return ("default",) if all(not name.endswith("[]") for name in names) else ("named", path, cache)
    made = [name for name in names if "(" in name]
    if not made and names:
        return ("outside", names[0])
    if isinstance(term, Attribute):
        return ("attribute", path, term.name)
    return _variable(facts, path, cache, resolve) or ("named", path, cache)


_DJANGO = "django.core.cache."
