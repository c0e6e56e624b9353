"""The names by which a value goes where it is read: of its variable, attribute or key."""

from __future__ import annotations

from collections.abc import Collection

from qscache_lint.facts.model import Attribute, Call, Constant, Free, Item, Name, Parameter, Ref, Term, same_object
from qscache_lint.facts.module import ModuleFacts

_LOOKUPS = frozenset({"get", "pop"})
"""Methods by which a value is taken out of a dict: `context.get("request")`."""


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
