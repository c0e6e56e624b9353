"""Members of classes as objects read them: what class bodies bind, and what subclasses make of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from qscache_lint.facts.model import Binding
from qscache_lint.project.abstract import Atom, ClassValue, Frame, Function, Instance, Literal, Unknown, Value, join
from qscache_lint.project.evaluation.annotations import declared
from qscache_lint.project.evaluation.callsites import open_around
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.evaluation.descriptors import descriptor, of_instance
from qscache_lint.project.evaluation.managers import default_manager
from qscache_lint.project.evaluation.memos import kept_on_self
from qscache_lint.project.evaluation.name_heuristics import may_hand_out
from qscache_lint.project.evaluation.relations import relation
from qscache_lint.project.identities import ClassId, FunctionId, Model
from qscache_lint.project.querysets import Manager


def is_manager_name(context: Context, name: str) -> bool:
    """Whether Django may give a model its manager under a name."""
    return name in context.knowledge.querysets.managers.names


def member_value(
    context: Context, bound: tuple[ClassId, Sequence[Binding]], atom: Atom, identity: ClassId, site: Site
) -> Value:
    """What the bindings of a class give when they are read through `atom`, of the class `identity`."""
    owner, bindings = bound
    found: list[Value] = []
    for binding in bindings:
        related = relation(context, owner, binding.value, atom)
        if related:
            found.append(related)
            continue
        value = context.value(owner.path, binding.value, _around(context, owner, binding, site))
        if isinstance(atom, Instance):
            value = tuple(of_instance(context, each) for each in value)
        managed = tuple(
            replace(each, model=Model(identity)) if isinstance(each, Manager) and each.model is None else each
            for each in value
        )
        found.append(descriptor(context, owner, managed, atom, site))
    return join(found)


def _around(context: Context, owner: ClassId, binding: Binding, site: Site) -> Frame | None:
    """The open activation around a class that a function makes, where its members are looked at in the open."""
    is_made = bool(context.facts(owner.path).classes[owner.index].function)
    return open_around(context, owner.path, binding.value) if is_made and is_in_the_open(site) else None


def is_in_the_open(site: Site) -> bool:
    """Whether a place is looked at in an open activation."""
    return site.frame is not None and site.frame.is_open


def of_derived(context: Context, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
    """What an attribute that a base leaves to others is in the classes derived from it, looked at in the open."""
    if atom.exact or not is_in_the_open(site):
        return ()
    derived = (Instance(each, exact=True) for each in context.classes.subclasses(identity))
    return tuple(atom for each in derived for atom in context.attribute(each, name, site) if is_known((atom,)))


def overriding_value(context: Context, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
    """What a member is in the subclasses that an object may be of, where the name may hand out what is cached."""
    return () if atom.exact or not may_hand_out(context, name) else _in_subclasses(context, identity, name, atom, site)


def left_to_subclasses(
    context: Context, identity: ClassId, name: str, atom: Instance | ClassValue, site: Site
) -> Value:
    """What subclasses make of a member that a class leaves open: it says `None`, or is a mixin that only reads it."""
    is_exact = isinstance(atom, Instance) and atom.exact
    if is_exact or (context.classes.member(identity, name) is None and context.classes.is_open(identity)):
        return ()
    return _in_subclasses(context, identity, name, atom, site)


def _in_subclasses(context: Context, identity: ClassId, name: str, atom: Instance | ClassValue, site: Site) -> Value:
    """What a member is in the subclasses that an object, or a class, may be of."""
    base = context.classes.member(identity, name)
    if not context.classes.subclasses(identity):
        return ()
    found = [kept_on_self(context, identity, name)]
    manages = is_manager_name(context, name)
    others = context.classes.subclasses(identity) if manages else context.classes.redefining(identity, name)
    for derived in others:
        member = context.classes.member(derived, name)
        of = ClassValue(derived) if isinstance(atom, ClassValue) else Instance(derived, exact=True)
        if member is not None and member != base:
            found.append(member_value(context, member, of, derived, site))
        elif member is None and manages and context.classes.kind(derived) == "model":
            found.append((default_manager(context, derived, name),))
        found.append(kept_on_self(context, derived, name))
    return join(found)


def declared_member(context: Context, identity: ClassId, name: str) -> Value:
    """What a class, or the nearest one behind it that says so, declares of an attribute."""
    for ancestor in context.classes.ancestors(identity):
        annotation = context.facts(ancestor.path).classes[ancestor.index].annotations.get(name)
        if annotation is not None:
            return declared(context, ancestor.path, annotation)
    return ()


def is_known(value: Value) -> bool:
    """Whether anything at all is known of a value."""
    return any(not isinstance(atom, Unknown) and not is_none(atom) for atom in value)


def is_none(atom: Atom) -> bool:
    """Whether an atom is None itself."""
    return isinstance(atom, Literal) and atom.value is None


def is_left_open(context: Context, value: Value) -> bool:
    """Whether a member says nothing of what it is: it is `None`, or a method without a body of its own."""
    return not is_known(value) or any(isinstance(atom, Function) and _is_bodiless(context, atom.of) for atom in value)


def _is_bodiless(context: Context, function: FunctionId) -> bool:
    return context.facts(function.path).is_bodiless(function.index)
