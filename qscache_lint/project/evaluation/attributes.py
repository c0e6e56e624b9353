"""Attributes of modules, classes, instances, managers and QuerySets."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.facts.terms import Attribute
from qscache_lint.project.abstract import (
    Atom,
    ClassValue,
    Collection,
    Constantly,
    Data,
    External,
    FromQuerySet,
    Function,
    Instance,
    ManagerClass,
    Memoized,
    Method,
    Module,
    Super,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation import typed
from qscache_lint.project.evaluation.callsites import open_around
from qscache_lint.project.evaluation.core import Context, Site, evaluates, gone_on, leads_to_cached, outside
from qscache_lint.project.evaluation.handed import handed_attribute, outside_dict
from qscache_lint.project.evaluation.managers import default_manager, guessed_manager, queryset_classes, receivers
from qscache_lint.project.evaluation.members import (
    declared_member,
    is_in_the_open,
    is_known,
    is_left_open,
    is_manager_name,
    is_none,
    left_to_subclasses,
    member_value,
    of_derived,
    overriding_value,
)
from qscache_lint.project.evaluation.memos import kept_in_attribute, kept_on_class, kept_on_self
from qscache_lint.project.evaluation.name_heuristics import all_keep, guessed_attribute, likely
from qscache_lint.project.evaluation.names import module_attribute
from qscache_lint.project.evaluation.query_attributes import option, query_attribute
from qscache_lint.project.evaluation.relations import reverse_relation
from qscache_lint.project.evaluation.requests import is_request, of_request
from qscache_lint.project.evaluation.subjects import inherited_result, subject_attribute, subject_result
from qscache_lint.project.evaluation.unsaid_relations import unsaid_relation
from qscache_lint.project.evaluation.view_data import framework_context, framework_rows
from qscache_lint.project.identities import ClassId, Model
from qscache_lint.project.querysets import Manager, ManyToMany, ModelOptions, QuerySet


@evaluates(Attribute)
def attribute_term(context: Context, term: Attribute, site: Site) -> Value:
    """What `base.name` may be: what the base has, and what hand-made memos keep there."""
    base = typed.resolved(context, context.value(site.path, term.base, site.frame), term, site)
    kept = kept_in_attribute(context, site.path, term.base, term.name)
    if is_known(base):
        found = join(attribute(context, atom, term.name, site) for atom in base)
        return join([kept, typed.carried(context, found, base)])
    put = of_request(context, site, term.name) if is_request(context, site.path, term.base) else ()
    kept = join([kept, put])
    if is_known(put):
        return kept
    seen, is_complete = _seen(context, term, site)
    told = () if is_complete else typed.receiver(context, term, site)
    if told:
        found = join(attribute(context, atom, term.name, site) for atom in told)
        return join([kept, typed.carried(context, found, told)])
    if base and (is_complete or all(map(is_none, base))):
        base = () if is_complete else (Unknown("something that is not None"),)
    return join([kept, seen, *(attribute(context, atom, term.name, site) for atom in base)])


def _seen(context: Context, term: Attribute, site: Site) -> tuple[Value, bool]:
    """What an attribute by which cached QuerySets are reached may be, by what is seen of its base in the open.

    And whether all of the base is known there. Where it is not, classes that have the name have to agree on it.
    """
    if site.frame is not None or not leads_to_cached(context, term.name):
        return (), False
    opened = open_around(context, site.path, term.base)
    base = () if opened is None else context.value(site.path, term.base, opened)
    found = join(attribute(context, atom, term.name, site) for atom in base if is_known((atom,)))
    is_complete = not any(isinstance(atom, Unknown) for atom in base)
    if not found or is_complete:
        return found, bool(found)
    return (likely(found) if all_keep(context, term.name) else ()), False


def attribute(context: Context, atom: Atom, name: str, site: Site) -> Value:
    """What `atom.name` may be."""
    match atom:
        case Module():
            return module_attribute(context, atom, name)
        case External(dotted=dotted):
            return _external_attribute(context, dotted, name)
        case Instance(of=str() as dotted):
            return (_outside_member(context, (dotted,), name),)
        case Instance(of=ClassId() as identity):
            return _instance_attribute(context, identity, name, atom, site)
        case ClassValue(of=identity):
            return _class_attribute(context, identity, name, atom, site)
        case Super():
            return _super_attribute(context, atom, name, site)
        case QuerySet() | Manager():
            return query_attribute(context, atom, name, site)
        case ModelOptions() | ManyToMany():
            return option(context, atom, name, site)
        case Function(bare=False) if name != "__wrapped__" and _is_decorated(context, atom):
            return _decorated_attribute(context, atom, name, site)
        case Collection(kind="namespace" | "namedtuple", members=members) if name in dict(members):
            return dict(members)[name]
        case Unknown():
            guessed = (*guessed_attribute(context, name, site), *guessed_manager(context, name, site))
            return (*guessed, Unknown(f"the attribute {name}"))
        case _:
            return (_attribute_of_other(atom, name),)


def _is_decorated(context: Context, function: Function) -> bool:
    return bool(context.facts(function.of.path).functions[function.of.index].decorators)


def _decorated_attribute(context: Context, function: Function, name: str, site: Site) -> Value:
    """What decorators give a function: `task.delay`, or a way around the cache."""
    bare = replace(function, bare=True)
    made = (atom for atom in context.decorated(bare) if atom != bare)
    return join(attribute(context, atom, name, site) for atom in made) or (Unknown(f"the attribute {name}"),)


def _external_attribute(context: Context, dotted: str, name: str) -> Value:
    if len(dotted) > limits.EXTERNAL_NAME:
        return (Unknown(f"the attribute {name}"),)
    if is_manager_name(context, name) and context.knowledge.querysets.classes.may_be_model(dotted):
        return (Manager(Model(dotted)),)
    if name == "_meta" and context.knowledge.querysets.classes.may_be_model(dotted):
        return (ModelOptions(Model(dotted)),)
    return (outside(context.knowledge, gone_on(dotted, f".{name}")),)


def _class_attribute(context: Context, identity: ClassId, name: str, atom: Atom, site: Site) -> Value:
    found = context.classes.member(identity, name)
    kept = kept_on_class(context, identity, name)
    if found is not None:
        value = member_value(context, found, atom, identity, site)
        kept = join([_as_managers(context, identity, name, value), kept])
    if not is_left_open(context, kept):
        return kept
    derived = left_to_subclasses(context, identity, name, ClassValue(identity), site)
    if kept or derived:
        return join([kept, derived])
    given = inherited_result(context, identity, name, site)
    if given:
        return (Constantly(given),)
    kind = context.classes.kind(identity)
    if is_manager_name(context, name) and context.classes.may_be_model(identity):
        return (default_manager(context, identity, name),)
    if name == "_meta" and context.classes.may_be_model(identity):
        return (ModelOptions(Model(identity)),)
    if kind == "queryset" and name == "as_manager":
        return (ManagerClass((identity,)),)
    if kind == "manager" and name == "from_queryset":
        return (FromQuerySet((identity,)),)
    return (Unknown(f"the attribute {name}"),)


def _as_managers(context: Context, identity: ClassId, name: str, value: Value) -> Value:
    """Where a model's `objects` is made by something unknown, it is some manager all the same."""
    if not is_manager_name(context, name) or context.classes.kind(identity) != "model":
        return value
    unknown = Manager(Model(identity))
    return tuple(unknown if isinstance(atom, (Unknown, External)) else atom for atom in value)


def _super_attribute(context: Context, atom: Super, name: str, site: Site) -> Value:
    start, after, receiver = atom.start, atom.after, atom.receiver
    found = context.classes.member(start, name, after)
    if found is not None:
        bound: tuple[Atom, ...] = (receiver,)
        if isinstance(receiver, (QuerySet, Manager)):
            bound = receivers(context, receiver, start, found[0], site)
        return join(member_value(context, found, each, start, site) for each in bound)
    if isinstance(receiver, Manager) and name == "get_queryset":  # Django's own: a QuerySet of the manager's class
        return (Method(replace(receiver, classes=queryset_classes(context, receiver)), name),)
    if isinstance(receiver, (Manager, QuerySet)) and name in context.knowledge.operations:
        return (Method(receiver, name),)
    given = outside_dict(context, name)
    if given:
        return given
    if isinstance(receiver, Instance):
        given = subject_result(context, start, name, site) or framework_context(context, start, name, site)
        if given:
            return (Constantly(given),)
        if not receiver.exact and receiver.of == start and not context.classes.is_open(start):
            return _super_of_mixin(context, atom, name, site)
    line = context.classes.mro(start)
    behind = line[line.index(after) :] if after in line else ()
    return (_outside_member(context, (each for each in behind if isinstance(each, str)), name),)


def _super_of_mixin(context: Context, atom: Super, name: str, site: Site) -> Value:
    """What stands behind a class that has no base of its own: what its subclasses put there."""
    derived = context.classes.subclasses(atom.after)
    found = [
        _super_attribute(context, Super(each, atom.after, Instance(each, exact=True)), name, site) for each in derived
    ]
    return join(found) or (Unknown(f"the attribute {name}"),)


def _instance_attribute(context: Context, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
    found = context.classes.member(identity, name)
    overridden = overriding_value(context, identity, name, atom, site)
    if overridden and found is None and reverse_relation(context, identity, name):
        overridden = ()  # what stands in for a related manager is used like one
    kept = join([kept_on_self(context, identity, name, atom.given, is_open=is_in_the_open(site)), overridden])
    if found is not None:
        kept = join([member_value(context, found, atom, identity, site), kept])
        if all(map(is_none, kept)):
            kept = join([kept, of_derived(context, identity, name, atom, site)])
    annotated = () if is_known(kept) else declared_member(context, identity, name)
    if found is not None or kept or annotated:
        value = join([kept, annotated])
        is_open = is_left_open(context, value)
        return join([value, left_to_subclasses(context, identity, name, atom, site)]) if is_open else value
    if name == "__class__":
        return (ClassValue(identity),)
    if name == "_meta":
        return _class_attribute(context, identity, name, ClassValue(identity), site)
    held = (
        handed_attribute(context, identity, name)
        or subject_attribute(context, identity, name, site)
        or framework_rows(context, identity, name, site)
    )
    if held:
        return held
    given = subject_result(context, identity, name, site) or inherited_result(context, identity, name, site)
    if given:
        return (Constantly(given),)
    outside = (ancestor for ancestor in context.classes.mro(identity) if isinstance(ancestor, str))
    return (
        reverse_relation(context, identity, name)
        or unsaid_relation(context, identity, name)
        or left_to_subclasses(context, identity, name, atom, site)
        or of_derived(context, identity, name, atom, site)
        or (_outside_member(context, outside, name),)
    )


def _outside_member(context: Context, classes: Iterable[str], name: str) -> Atom:
    """An attribute that an instance has from a class outside the project, where the tables speak of it."""
    members = (f"{dotted}().{name}" for dotted in classes)
    known = next((member for member in members if member in context.knowledge.members), None)
    return Unknown(f"the attribute {name}") if known is None else External(known)


def _attribute_of_other(atom: Atom, name: str) -> Atom:
    """What `atom.name` is for values that are neither modules, classes, instances nor queries."""
    match atom:
        case ManagerClass(classes=classes) if name == "from_queryset":
            return FromQuerySet(classes)
        case Function() if name == "__wrapped__":
            return replace(atom, bare=True)
        case Memoized(inner=inner, bypass=bypass) if any(way.startswith(f"f.{name}(") for way in bypass):
            return inner
        case Data():
            return Data()
        case Collection(kind="namespace" | "namedtuple"):
            return Unknown(f"the attribute {name}")
        case Collection():
            return Method(atom, name)
        case _:
            return Unknown(f"the attribute {name}")
