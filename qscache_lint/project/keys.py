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

ANYTHING: Shape = ("?",)


def key_of(
    facts: ModuleFacts, path: str, function: Ref, key: Ref, evaluate: Callable[[Ref], Value]
) -> Key:
    """The entry that a call of `function` (such as `cache.get`) with the argument `key` means."""
    shape = _shape(facts, key, evaluate)
    if not _is_telling(shape):
        shape = ("term", path, key)
    return _alias(facts, function, evaluate), shape


def variable_key(
    facts: ModuleFacts, path: str, function: Ref, resolve: Callable[[str, str, int], str | None]
) -> Key | None:
    """The entry that a cache is which is a global variable of its own (`_rows.set`); None for any other cache.

    `resolve` finds the file of a module: from which file, its dotted name, and the leading dots of the import.
    """
    method = facts.terms[function]
    if not isinstance(method, Attribute):
        return None
    match facts.terms[method.base]:
        case Name(name=name):
            return ("variable", path, name), ()
        case Import(module=module, level=level, name=str() as name):
            return ("variable", resolve(path, module, level), name), ()
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


def _alias(facts: ModuleFacts, function: Ref, evaluate: Callable[[Ref], Value]) -> Shape:
    method = facts.terms[function]
    if not isinstance(method, Attribute):
        return ("default",)
    cache = facts.terms[method.base]
    if isinstance(cache, Item):
        return ("default",) if evaluate(cache.key) == (Literal("default"),) else _shape(facts, cache.key, evaluate)
    names = [atom.dotted for atom in evaluate(method.base) if isinstance(atom, External)]
    return ("default",) if all(not name.endswith("[]") for name in names) else ("named", method.base)
