"""Descriptors: what a member of a class gives when it is read through an instance or the class."""

from __future__ import annotations

from msgspec.structs import replace

from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Data,
    External,
    Function,
    Instance,
    Memoized,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.evaluation.names import flavour_of
from qscache_lint.project.identities import ClassId
from qscache_lint.project.value_sets import cached


def descriptor(context: Context, owner: ClassId, value: Value, receiver: Atom, site: Site) -> Value:
    """What a member of a class gives when it is read through `receiver`."""
    found: list[Value] = []
    for atom in value:
        if isinstance(atom, Memoized):
            found.append(_memoized_member(context, owner, atom, receiver, site))
            continue
        if not isinstance(atom, Function) or atom.receiver is not None:
            found.append((atom,))
            continue
        flavour = flavour_of(context, atom.of)
        on_class = isinstance(receiver, ClassValue)
        if flavour == "static":
            found.append((atom,))
        elif flavour == "class":
            found.append((replace(atom, receiver=_class_behind(receiver, owner)),))
        elif flavour == "property":
            value = context.call(replace(atom, receiver=receiver), (), site)
            found.append(_shared(value) if on_class else value)
        else:
            found.append((atom,) if on_class else (replace(atom, receiver=receiver),))
    return join(found)


def of_instance(context: Context, atom: Atom) -> Atom:
    """What a class attribute is on an instance: of a field of Django's own, its value."""
    modules = context.knowledge.querysets.classes.field_modules
    is_field = isinstance(atom, External) and atom.dotted.startswith(modules) and atom.dotted.endswith("Field()")
    return Data("the value of a field") if is_field else atom


def _memoized_member(context: Context, owner: ClassId, memoized: Memoized, receiver: Atom, site: Site) -> Value:
    """A member that a memoizer was called for: `rows = cached_property(_rows)`."""
    if isinstance(receiver, ClassValue):
        return (memoized,)
    bound = (replace(memoized, inner=atom) for atom in descriptor(context, owner, (memoized.inner,), receiver, site))
    return join(context.call(atom, (), site) if memoized.property else (atom,) for atom in bound)


def _shared(value: Value) -> Value:
    """What a property gives when it is read through the class: a descriptor that keeps it there is the only one."""
    kept = tuple(atom for atom in cached(value) if atom.kept.store is Store.MEMO)
    return kept or (Unknown("a property that is read through its class"),)


def _class_behind(receiver: Atom, owner: ClassId) -> ClassValue:
    """The class that a class method gets when it is called through `receiver`."""
    match receiver:
        case ClassValue():
            return receiver
        case Instance(of=ClassId() as identity):
            return ClassValue(identity)
        case _:
            return ClassValue(owner)
