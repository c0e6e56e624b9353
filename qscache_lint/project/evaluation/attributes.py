"""Attributes of modules, classes, instances, managers and QuerySets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from qscache_lint.facts.model import Attribute, Binding, Free, Parameter, Ref
from qscache_lint.knowledge import Store
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Collection,
    Constantly,
    Data,
    External,
    FromQuerySet,
    Function,
    Instance,
    Literal,
    Manager,
    ManagerClass,
    ManyToMany,
    Memoized,
    Method,
    Model,
    ModelOptions,
    Module,
    QuerySet,
    Super,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.annotations import declared
from qscache_lint.project.evaluation.callsites import frames_behind
from qscache_lint.project.evaluation.core import Context, Site, evaluates, outside
from qscache_lint.project.evaluation.handed import handed_attribute, outside_dict
from qscache_lint.project.evaluation.memos import kept_in_attribute, kept_on_class, kept_on_self
from qscache_lint.project.evaluation.name_heuristics import guessed_attribute, guessed_query_method, knows, may_hand_out
from qscache_lint.project.evaluation.names import flavour_of, module_attribute
from qscache_lint.project.evaluation.relations import default_manager, of_request, relation, reverse_relation
from qscache_lint.project.evaluation.subjects import subject_attribute, subject_result
from qscache_lint.project.value_sets import cached


@evaluates(Attribute)
def attribute_term(context: Context, term: Attribute, site: Site) -> Value:
    """What `base.name` may be: what the base has, and what hand-made memos keep there."""
    base = context.value(site.path, term.base, site.frame)
    if site.frame is None and knows(context, term.name) and not _is_known(base):
        frames = frames_behind(context, site.path, term.base)
        base = join([base, *(context.value(site.path, term.base, frame) for frame in frames)])
    kept = kept_in_attribute(context, site.path, term.base, term.name)
    if not _is_known(base) and _is_request(context, site.path, term.base):
        kept = join([kept, of_request(context, site.path, term.name)])
    return join([kept, *(attribute(context, atom, term.name, site) for atom in base)])


def _is_request(context: Context, path: str, ref: Ref) -> bool:
    """Whether a term is called like a request: `request`, `self.request`."""
    term = context.facts(path).terms[ref]
    names = context.knowledge.functions.handmade.requests
    return isinstance(term, (Parameter, Free, Attribute)) and term.name in names


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
            return _query_attribute(context, atom, name, site)
        case ModelOptions() | ManyToMany():
            return _option(context, atom, name, site)
        case Function(bare=False) if name != "__wrapped__" and _is_decorated(context, atom):
            return _decorated_attribute(context, atom, name, site)
        case Collection(kind="namespace", members=members) if name in dict(members):
            return dict(members)[name]
        case Unknown():
            return (*guessed_attribute(context, name, site), Unknown(f"attribute {name}"))
        case _:
            return (_attribute_of_other(atom, name),)


def _is_decorated(context: Context, function: Function) -> bool:
    return bool(context.facts(function.of.path).functions[function.of.index].decorators)


def _decorated_attribute(context: Context, function: Function, name: str, site: Site) -> Value:
    """What decorators give a function: `task.delay`, or a way around the cache."""
    bare = replace(function, bare=True)
    made = (atom for atom in context.decorated(bare) if atom != bare)
    return join(attribute(context, atom, name, site) for atom in made) or (Unknown(f"attribute {name}"),)


def _external_attribute(context: Context, dotted: str, name: str) -> Value:
    if _is_manager_name(context, name) and context.knowledge.may_be_model(dotted):
        return (Manager(Model(dotted)),)
    if name == "_meta" and context.knowledge.may_be_model(dotted):
        return (ModelOptions(Model(dotted)),)
    return (outside(context.knowledge, f"{dotted}.{name}"),)


def _giving_methods(context: Context, atom: QuerySet | Manager) -> tuple[ClassId, ...]:
    """The classes of the project that give methods: a QuerySet has none of the manager that it comes from."""
    if isinstance(atom, Manager):
        return atom.classes
    return tuple(each for each in atom.classes if context.classes.kind(each) != "manager")


def _query_attribute(context: Context, atom: QuerySet | Manager, name: str, site: Site) -> Value:
    for identity in () if name in context.knowledge.declared_operations else _giving_methods(context, atom):
        found = context.classes.member(identity, name)
        if found is not None:
            owner, bindings = found
            return join(
                _descriptor(context, owner, value, atom, site)
                for value in (context.value(owner.path, binding.value) for binding in bindings)
            )
    if name in context.knowledge.operations or name in ("get_queryset", "iterator"):
        return (Method(atom, name),)
    if name in context.knowledge.querysets.managers.same and isinstance(atom, Manager):
        return (Method(atom, name),)
    if name == "model":
        return _model_value(context, atom.model)
    if name == "through" and isinstance(atom, Manager) and atom.through is not None:
        return _model_value(context, atom.through)
    if name in context.knowledge.properties:
        return (Data(name),)
    return (*guessed_query_method(context, atom, name, site), Unknown(f"method {name}"))


def _model_value(context: Context, model: Model | None) -> Value:
    if model is None:
        return (External(context.knowledge.querysets.classes.model[0]),)
    return (ClassValue(model.identity) if isinstance(model.identity, ClassId) else External(model.identity),)


def _option(context: Context, atom: ModelOptions | ManyToMany, name: str, site: Site) -> Value:
    """An attribute of `Model._meta`, where the managers have other names, or of `Model.relation`."""
    if isinstance(atom, ManyToMany):
        return _model_value(context, atom.through) if name == "through" else (Unknown(f"attribute {name}"),)
    manager = context.knowledge.querysets.managers.options.get(name)
    if manager is None:
        return (Unknown(f"option {name}"),)
    return join(attribute(context, each, manager, site) for each in _model_value(context, atom.model))


def _class_attribute(context: Context, identity: ClassId, name: str, atom: Atom, site: Site) -> Value:
    found = context.classes.member(identity, name)
    kept = kept_on_class(context, identity, name)
    if found is not None:
        value = _members(context, found, atom, identity, site)
        return join([_as_managers(context, identity, name, value), kept])
    if kept:
        return kept
    kind = context.classes.kind(identity)
    if _is_manager_name(context, name) and context.classes.may_be_model(identity):
        return (default_manager(context, identity, name),)
    if name == "_meta" and context.classes.may_be_model(identity):
        return (ModelOptions(Model(identity)),)
    if kind == "queryset" and name == "as_manager":
        return (ManagerClass((identity,)),)
    if kind == "manager" and name == "from_queryset":
        return (FromQuerySet((identity,)),)
    return (Unknown(f"attribute {name}"),)


def _is_manager_name(context: Context, name: str) -> bool:
    return name in context.knowledge.querysets.managers.names


def _as_managers(context: Context, identity: ClassId, name: str, value: Value) -> Value:
    """Where a model's `objects` is made by something unknown, it is some manager all the same."""
    if not _is_manager_name(context, name) or context.classes.kind(identity) != "model":
        return value
    unknown = Manager(Model(identity))
    return tuple(unknown if isinstance(atom, (Unknown, External)) else atom for atom in value)


def _members(
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
        value = context.value(owner.path, binding.value)
        managed = tuple(
            replace(each, model=Model(identity)) if isinstance(each, Manager) and each.model is None else each
            for each in value
        )
        found.append(_descriptor(context, owner, managed, atom, site))
    return join(found)


def _descriptor(context: Context, owner: ClassId, value: Value, receiver: Atom, site: Site) -> Value:
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


def _memoized_member(context: Context, owner: ClassId, memoized: Memoized, receiver: Atom, site: Site) -> Value:
    """A member that a memoizer was called for: `rows = cached_property(_rows)`."""
    if isinstance(receiver, ClassValue):
        return (memoized,)
    bound = (replace(memoized, inner=atom) for atom in _descriptor(context, owner, (memoized.inner,), receiver, site))
    return join(context.call(atom, (), site) if memoized.property else (atom,) for atom in bound)


def _super_attribute(context: Context, atom: Super, name: str, site: Site) -> Value:
    start, after, receiver = atom.start, atom.after, atom.receiver
    found = context.classes.member(start, name, after)
    if found is not None:
        return _members(context, found, receiver, start, site)
    if isinstance(receiver, (Manager, QuerySet)) and (name in context.knowledge.operations or name == "get_queryset"):
        return (Method(replace(receiver, classes=()) if name == "get_queryset" else receiver, name),)
    given = outside_dict(context, name)
    if given:
        return given
    line = context.classes.mro(start)
    behind = line[line.index(after) :] if after in line else ()
    return (_outside_member(context, (each for each in behind if isinstance(each, str)), name),)


def _instance_attribute(context: Context, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
    found = context.classes.member(identity, name)
    overridden = _overridden(context, identity, name, atom, site)
    kept = join([kept_on_self(context, identity, name, atom.given), overridden])
    if found is not None:
        kept = join([_members(context, found, atom, identity, site), kept])
    annotated = () if _is_known(kept) else _declared(context, identity, name)
    if found is not None or kept or annotated:
        return join([kept, annotated])
    if name == "__class__":
        return (ClassValue(identity),)
    if name == "_meta":
        return _class_attribute(context, identity, name, ClassValue(identity), site)
    held = handed_attribute(context, identity, name) or subject_attribute(context, identity, name, site)
    if held:
        return held
    given = subject_result(context, identity, name, site)
    if given:
        return (Constantly(given),)
    outside = (ancestor for ancestor in context.classes.mro(identity) if isinstance(ancestor, str))
    return reverse_relation(context, identity, name) or (_outside_member(context, outside, name),)


def _overridden(context: Context, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
    """What a member is in the subclasses that an object may be of, where the name may hand out what is cached."""
    if atom.exact or not may_hand_out(context, name):
        return ()
    base = context.classes.member(identity, name)
    found: list[Value] = []
    for derived in context.classes.subclasses(identity):
        member = context.classes.member(derived, name)
        if member is not None and member != base:
            found.append(_members(context, member, Instance(derived, exact=True), derived, site))
        found.append(kept_on_self(context, derived, name))
    return join(found)


def _declared(context: Context, identity: ClassId, name: str) -> Value:
    """What a class, or the nearest one behind it that says so, declares of an attribute."""
    for ancestor in context.classes.ancestors(identity):
        annotation = context.facts(ancestor.path).classes[ancestor.index].annotations.get(name)
        if annotation is not None:
            return declared(context, ancestor.path, annotation)
    return ()


def _outside_member(context: Context, classes: Iterable[str], name: str) -> Atom:
    """An attribute that an instance has from a class outside the project, where the tables speak of it."""
    members = (f"{dotted}().{name}" for dotted in classes)
    known = next((member for member in members if member in context.knowledge.members), None)
    return Unknown(f"attribute {name}") if known is None else External(known)


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
        case Collection(kind="namespace"):
            return Unknown(f"attribute {name}")
        case Collection():
            return Method(atom, name)
        case _:
            return Unknown(f"attribute {name}")


def _is_known(value: Value) -> bool:
    """Whether anything at all is known of a value."""
    return any(not isinstance(atom, Unknown) and atom != Literal(None) for atom in value)


def _shared(value: Value) -> Value:
    """What a property gives when it is read through the class: a descriptor that keeps it there is the only one."""
    kept = tuple(atom for atom in cached(value) if atom.kept.store is Store.MEMO)
    return kept or (Unknown("a property of the class"),)


def _class_behind(receiver: Atom, owner: ClassId) -> ClassValue:
    """The class that a class method gets when it is called through `receiver`."""
    match receiver:
        case ClassValue():
            return receiver
        case Instance(of=ClassId() as identity):
            return ClassValue(identity)
        case _:
            return ClassValue(owner)
