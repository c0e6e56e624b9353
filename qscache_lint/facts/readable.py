"""The names by which a value goes where it is read: of its variable, attribute or key."""

from __future__ import annotations

from collections.abc import Collection

from qscache_lint.facts.module import ModuleFacts
from qscache_lint.facts.terms import (
    Attribute,
    Call,
    Constant,
    Element,
    Free,
    Item,
    Member,
    Name,
    Parameter,
    Ref,
    Term,
    same_object,
)

_LOOKUPS = frozenset({"get", "pop"})
"""Methods by which a value is taken out of a dict: `context.get("request")`."""
_CONTEXTS = frozenset({"context", "kwargs"})
"""Dicts in which code hands objects on. Others, such as `data` and `cleaned_data`, have what users have typed."""
_FROM_OUTSIDE = "kwargs"
"""As an attribute it has what stands in the URL."""


def names_of(facts: ModuleFacts, ref: Ref) -> frozenset[str]:
    """The names of a value: of the variables that hold it, and of the attribute or key by which it was read."""
    ref = _object(facts, ref)
    bindings = facts.functions[facts.around(ref)].bindings.items()
    held_in = (name for name, several in bindings if any(binding.value == ref for binding in several))
    return frozenset((*held_in, *_read_as(facts, ref))) - {""}


def is_called(facts: ModuleFacts, ref: Ref, names: Collection[str]) -> bool:
    """Whether a value goes by one of some names."""
    ref = _object(facts, ref)
    if any(name in names for name in _read_as(facts, ref)):
        return True
    bindings = facts.functions[facts.around(ref)].bindings
    return any(binding.value == ref for name in names for binding in bindings.get(name, ()))


def is_handed_on(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether a value comes as it is from other code of the project, and not out of a call that says what it is.

    It is a parameter, an attribute, an entry of a context, or what looping over or unpacking one of these gives.
    """
    ref = _object(facts, ref)
    match facts.terms[ref]:
        case Parameter() | Free() | Attribute():
            return True
        case Element(base=base) | Member(base=base):
            return is_handed_on(facts, base) and not _is_made(facts, base)
        case Item(base=base):
            return _is_context(facts, base)
        case Call(function=function, arguments=(_, *_)):
            method = facts.terms[function]
            return isinstance(method, Attribute) and method.name in _LOOKUPS and _is_context(facts, method.base)
        case _:
            return False


def _is_made(facts: ModuleFacts, ref: Ref) -> bool:
    """Whether an attribute is that of what a call gives: `Calendar(text).events`."""
    while isinstance(term := facts.terms[_object(facts, ref)], Attribute):
        ref = term.base
    return isinstance(term, Call)


def _is_context(facts: ModuleFacts, ref: Ref) -> bool:
    term = facts.terms[_object(facts, ref)]
    is_url = isinstance(term, Attribute) and term.name == _FROM_OUTSIDE
    return not is_url and not _CONTEXTS.isdisjoint(names_of(facts, ref))


def _object(facts: ModuleFacts, ref: Ref) -> Ref:
    while (same := same_object(facts.terms[ref])) is not None:
        ref = same
    return ref


def _read_as(facts: ModuleFacts, ref: Ref) -> tuple[str, ...]:
    match facts.terms[ref]:
        case Parameter(name=name) | Free(name=name) | Attribute(name=name) | Name(name=name):
            return (name,)
        case Item(key=key):
            return (_text(facts.terms[key]),)
        case Call(function=function, arguments=(key, *_)):
            method = facts.terms[function]
            is_lookup = isinstance(method, Attribute) and method.name in _LOOKUPS
            return (_text(facts.terms[key.value]),) if is_lookup else ()
        case _:
            return ()


def _text(term: Term) -> str:
    return term.value if isinstance(term, Constant) and isinstance(term.value, str) else ""
