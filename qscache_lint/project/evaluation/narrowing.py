"""What `isinstance` has shown of a value: the classes that it can still be of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qscache_lint.facts.terms import Narrowed
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    External,
    Instance,
    Literal,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.annotations import instance
from qscache_lint.project.evaluation.core import Context, Site, evaluates
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import QuerySet

_BUILTIN: Mapping[str, type] = {each.__name__: each for each in (bool, bytes, dict, float, int, list, set, str, tuple)}


_PROTOCOLS = ("collections.abc.", "typing.")


@evaluates(Narrowed)
def narrowed(context: Context, term: Narrowed, site: Site) -> Value:
    """The value where the test has come out as it did."""
    value = context.value(site.path, term.base, site.frame)
    classes = _flat(context.value(site.path, term.classes, site.frame))
    if not term.result:
        return tuple(atom for atom in value if not any(_is_a(context, atom, each) for each in classes))
    return join(_as_one_of(context, atom, classes) for atom in value)


def is_one_of(context: Context, atom: Atom, classes: Value) -> bool | None:
    """Whether an atom is an instance of a class, or of one in a tuple; None when it may be."""
    verdicts = {_is_a(context, atom, each) for each in _flat(classes)}
    return True if True in verdicts else None if None in verdicts or not verdicts else False


def _as_one_of(context: Context, atom: Atom, classes: Value) -> Value:
    found: list[Value] = []
    for each in classes:
        verdict = _is_a(context, atom, each)
        if verdict:
            return (atom,)
        if verdict is None:
            found.append(_made(context, atom, each))
    return join(found)


def _made(context: Context, atom: Atom, wanted: Atom) -> Value:
    """What an atom is, now that it is an instance of `wanted`, where nothing was known before."""
    if isinstance(wanted, ClassValue) and isinstance(atom, (Unknown, Instance)):
        return (instance(context, wanted.of),)
    if isinstance(wanted, External) and wanted.dotted in context.knowledge.querysets.classes.queryset:
        return (QuerySet(),) if isinstance(atom, Unknown) else (atom,)
    return (atom,)


def _is_a(context: Context, atom: Atom, wanted: Atom) -> bool | None:
    """Whether an atom is an instance of a class; None when it may be."""
    match atom, wanted:
        case Instance(of=ClassId() as identity), ClassValue(of=other):
            if other in context.classes.mro(identity):
                return True
            is_open = "?" in context.classes.mro(identity)
            return None if is_open or identity in context.classes.mro(other) else False
        case Instance(of=ClassId() as identity), External(dotted=dotted):
            return dotted in context.classes.mro(identity) or None
        case QuerySet(classes=classes), External(dotted=dotted):
            if dotted in context.knowledge.querysets.classes.queryset:
                return True
            return None if "." in dotted and _may_be_behind(context, classes, dotted) else False
        case QuerySet(classes=classes), ClassValue(of=other):
            if any(other in context.classes.mro(each) for each in classes):
                return True
            return None if context.classes.kind(other) == "queryset" else False
        case Collection(kind=kind), External(dotted=dotted):
            return dotted == kind if "." not in dotted else None
        case ((Collection() | Literal()), ClassValue()):
            return False
        case Literal(value=None), External():
            return False
        case Literal(value=value), External(dotted=dotted) if dotted in _BUILTIN:
            return isinstance(value, _BUILTIN[dotted])
        case _:
            return None


def _may_be_behind(context: Context, classes: Sequence[ClassId], dotted: str) -> bool:
    """Whether a class from outside the project may be one that a QuerySet is an instance of.

    That is a protocol, and any class where not all bases of the QuerySet's own class are seen.
    """
    mros = [context.classes.mro(each) for each in classes]
    is_protocol = dotted.startswith(_PROTOCOLS)
    return is_protocol or not mros or any(dotted in mro or "?" in mro for mro in mros)


def _flat(value: Value) -> Value:
    """The classes of a test: one, or those of a tuple."""
    members = (member for atom in value if isinstance(atom, Collection) for _, member in atom.members)
    return join([tuple(atom for atom in value if not isinstance(atom, Collection)), *map(_flat, members)])
