"""What Python's own functions say of a value, where its kind decides that: `isinstance`, `callable`, `len` …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    Data,
    Function,
    Literal,
    Memoized,
    Method,
    Partial,
    Value,
)
from qscache_lint.project.evaluation.branches import truth
from qscache_lint.project.evaluation.core import Context, Passed, first_constant
from qscache_lint.project.evaluation.narrowing import is_one_of
from qscache_lint.project.querysets import QuerySet


def inspected(context: Context, dotted: str, passed: Sequence[Passed]) -> Value:
    """What a call gives that looks at its first argument; nothing for any other call, or one that may be anything."""
    look = _INSPECTING.get(dotted)
    if look is None or any(each.argument.star or each.argument.keyword for each in passed):
        return ()
    found = {look(context, atom, passed) for atom in passed[0].value}
    if len(found) != 1 or None in found:
        return ()
    return tuple(Literal(each) for each in found)


def _isinstance(context: Context, atom: Atom, passed: Sequence[Passed]) -> bool | None:
    return is_one_of(context, atom, passed[1].value) if len(passed) == 2 else None


def _callable(context: Context, atom: Atom, passed: Sequence[Passed]) -> bool | None:
    if isinstance(atom, (Function, Memoized, Partial, Method, ClassValue)):
        return True
    return False if isinstance(atom, (QuerySet, Literal, Collection)) else None


def _hasattr(context: Context, atom: Atom, passed: Sequence[Passed]) -> bool | None:
    name = first_constant(passed[1:])
    is_method = isinstance(name, str) and name in context.knowledge.operations
    match atom:
        case QuerySet() if is_method:
            return True
        case Literal() | Collection(kind="list" | "tuple" | "set" | "dict"):
            return hasattr(_BUILT[atom.kind] if isinstance(atom, Collection) else atom.value, str(name))
        case Data("rows"):
            return hasattr([], str(name))
        case _:
            return None


def _len(context: Context, atom: Atom, passed: Sequence[Passed]) -> int | None:
    return len(atom.members) if isinstance(atom, Collection) and atom.is_closed else None


def _bool(context: Context, atom: Atom, passed: Sequence[Passed]) -> bool | None:
    return truth(atom)


_BUILT: Mapping[str, object] = {"list": [], "tuple": (), "set": set(), "dict": {}}
_INSPECTING: Mapping[str, Callable[[Context, Atom, Sequence[Passed]], bool | int | None]] = {
    "isinstance": _isinstance,
    "callable": _callable,
    "hasattr": _hasattr,
    "len": _len,
    "bool": _bool,
}
