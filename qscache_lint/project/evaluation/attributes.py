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
    cached,
    join,
)
from qscache_lint.project.evaluation.annotations import Annotations
from qscache_lint.project.evaluation.callsites import CallSites
from qscache_lint.project.evaluation.core import Core, Site, outside
from qscache_lint.project.evaluation.memos import Memos
from qscache_lint.project.evaluation.name_heuristics import NameHeuristics
from qscache_lint.project.evaluation.names import Names
from qscache_lint.project.evaluation.relations import Relations
from qscache_lint.project.evaluation.subjects import Subjects


class Attributes:
    """Attributes of modules, classes, instances, managers and QuerySets."""

    def __init__(
        self,
        core: Core,
        annotations: Annotations,
        call_sites: CallSites,
        memos: Memos,
        names: Names,
        relations: Relations,
        subjects: Subjects,
        heuristics: NameHeuristics,
    ) -> None:
        self._core = core
        self._annotations = annotations
        self._call_sites = call_sites
        self._memos = memos
        self._names = names
        self._relations = relations
        self._subjects = subjects
        self._heuristics = heuristics

    def attribute_term(self, term: Attribute, site: Site) -> Value:
        """What `base.name` may be: what the base has, and what hand-made memos keep there."""
        base = self._core.value(site.path, term.base, site.frame)
        if site.frame is None and self._heuristics.knows(term.name) and not _is_known(base):
            frames = self._call_sites.frames_behind(site.path, term.base)
            base = join([base, *(self._core.value(site.path, term.base, frame) for frame in frames)])
        kept = self._memos.kept_in_attribute(site.path, term.base, term.name)
        if not _is_known(base) and self._is_request(site.path, term.base):
            kept = join([kept, self._relations.of_request(site.path, term.name)])
        return join([kept, *(self.attribute(atom, term.name, site) for atom in base)])

    def _is_request(self, path: str, ref: Ref) -> bool:
        """Whether a term is called like a request: `request`, `self.request`."""
        term = self._core.facts(path).terms[ref]
        names = self._core.knowledge.functions.handmade.requests
        return isinstance(term, (Parameter, Free, Attribute)) and term.name in names

    def attribute(self, atom: Atom, name: str, site: Site) -> Value:
        """What `atom.name` may be."""
        match atom:
            case Module():
                return self._names.module_attribute(atom, name)
            case External(dotted=dotted):
                return self._external_attribute(dotted, name)
            case Instance(of=str() as dotted):
                return (self._outside_member((dotted,), name),)
            case Instance(of=ClassId() as identity):
                return self._instance_attribute(identity, name, atom, site)
            case ClassValue(of=identity):
                return self._class_attribute(identity, name, atom, site)
            case Super(start=start, after=after, receiver=receiver):
                return self._super_attribute(start, after, receiver, name, site)
            case QuerySet() | Manager():
                return self._query_attribute(atom, name, site)
            case ModelOptions() | ManyToMany():
                return self._option(atom, name, site)
            case Function(bare=False) if name != "__wrapped__" and self._is_decorated(atom):
                return self._decorated_attribute(atom, name, site)
            case Collection(kind="namespace", members=members) if name in dict(members):
                return dict(members)[name]
            case Unknown():
                return (*self._heuristics.attribute(name, site), Unknown(f"attribute {name}"))
            case _:
                return (_attribute_of_other(atom, name),)

    def _is_decorated(self, function: Function) -> bool:
        return bool(self._core.facts(function.of.path).functions[function.of.index].decorators)

    def _decorated_attribute(self, function: Function, name: str, site: Site) -> Value:
        """What decorators give a function: `task.delay`, or a way around the cache."""
        bare = replace(function, bare=True)
        made = (atom for atom in self._core.decorated(bare, site) if atom != bare)
        return join(self.attribute(atom, name, site) for atom in made) or (Unknown(f"attribute {name}"),)

    def _external_attribute(self, dotted: str, name: str) -> Value:
        if self._is_manager_name(name) and self._core.knowledge.may_be_model(dotted):
            return (Manager(Model(dotted)),)
        if name == "_meta" and self._core.knowledge.may_be_model(dotted):
            return (ModelOptions(Model(dotted)),)
        return (outside(self._core.knowledge, f"{dotted}.{name}"),)

    def _giving_methods(self, atom: QuerySet | Manager) -> tuple[ClassId, ...]:
        """The classes of the project that give methods: a QuerySet has none of the manager that it comes from."""
        if isinstance(atom, Manager):
            return atom.classes
        return tuple(each for each in atom.classes if self._core.classes.kind(each) != "manager")

    def _query_attribute(self, atom: QuerySet | Manager, name: str, site: Site) -> Value:
        for identity in () if name in self._core.knowledge.declared_operations else self._giving_methods(atom):
            found = self._core.classes.member(identity, name)
            if found is not None:
                owner, bindings = found
                return join(
                    self._descriptor(owner, value, atom, site)
                    for value in (self._core.value(owner.path, binding.value) for binding in bindings)
                )
        if name in self._core.knowledge.operations or name in ("get_queryset", "iterator"):
            return (Method(atom, name),)
        if name in self._core.knowledge.querysets.managers.same and isinstance(atom, Manager):
            return (Method(atom, name),)
        if name == "model":
            return self._model_value(atom.model)
        if name == "through" and isinstance(atom, Manager) and atom.through is not None:
            return self._model_value(atom.through)
        if name in self._core.knowledge.properties:
            return (Data(name),)
        return (Unknown(f"method {name}"),)

    def _model_value(self, model: Model | None) -> Value:
        if model is None:
            return (External(self._core.knowledge.querysets.classes.model[0]),)
        return (ClassValue(model.identity) if isinstance(model.identity, ClassId) else External(model.identity),)

    def _option(self, atom: ModelOptions | ManyToMany, name: str, site: Site) -> Value:
        """An attribute of `Model._meta`, where the managers have other names, or of `Model.relation`."""
        if isinstance(atom, ManyToMany):
            return self._model_value(atom.through) if name == "through" else (Unknown(f"attribute {name}"),)
        manager = self._core.knowledge.querysets.managers.options.get(name)
        if manager is None:
            return (Unknown(f"option {name}"),)
        return join(self.attribute(each, manager, site) for each in self._model_value(atom.model))

    def _class_attribute(self, identity: ClassId, name: str, atom: Atom, site: Site) -> Value:
        found = self._core.classes.member(identity, name)
        kept = self._memos.kept_on_class(identity, name)
        if found is not None:
            owner, bindings = found
            value = self._members(owner, bindings, atom, identity, site)
            return join([self._as_managers(identity, name, value), kept])
        if kept:
            return kept
        kind = self._core.classes.kind(identity)
        if self._is_manager_name(name) and self._core.classes.may_be_model(identity):
            return (self._relations.default_manager(identity, name),)
        if name == "_meta" and self._core.classes.may_be_model(identity):
            return (ModelOptions(Model(identity)),)
        if kind == "queryset" and name == "as_manager":
            return (ManagerClass((identity,)),)
        if kind == "manager" and name == "from_queryset":
            return (FromQuerySet((identity,)),)
        return (Unknown(f"attribute {name}"),)

    def _is_manager_name(self, name: str) -> bool:
        return name in self._core.knowledge.querysets.managers.names

    def _as_managers(self, identity: ClassId, name: str, value: Value) -> Value:
        """Where a model's `objects` is made by something unknown, it is some manager all the same."""
        if not self._is_manager_name(name) or self._core.classes.kind(identity) != "model":
            return value
        unknown = Manager(Model(identity))
        return tuple(unknown if isinstance(atom, (Unknown, External)) else atom for atom in value)

    def _members(
        self, owner: ClassId, bindings: Sequence[Binding], atom: Atom, identity: ClassId, site: Site
    ) -> Value:
        found: list[Value] = []
        for binding in bindings:
            related = self._relations.relation(owner, binding.value, atom)
            if related:
                found.append(related)
                continue
            value = self._core.value(owner.path, binding.value)
            managed = tuple(
                replace(each, model=Model(identity)) if isinstance(each, Manager) and each.model is None else each
                for each in value
            )
            found.append(self._descriptor(owner, managed, atom, site))
        return join(found)

    def _descriptor(self, owner: ClassId, value: Value, receiver: Atom, site: Site) -> Value:
        """What a member of a class gives when it is read through `receiver`."""
        found: list[Value] = []
        for atom in value:
            if isinstance(atom, Memoized):
                found.append(self._memoized_member(owner, atom, receiver, site))
                continue
            if not isinstance(atom, Function) or atom.receiver is not None:
                found.append((atom,))
                continue
            flavour = self._names.flavour(atom.of)
            on_class = isinstance(receiver, ClassValue)
            if flavour == "static":
                found.append((atom,))
            elif flavour == "class":
                found.append((replace(atom, receiver=_class_behind(receiver, owner)),))
            elif flavour == "property":
                value = self._core.call(replace(atom, receiver=receiver), (), site)
                found.append(_shared(value) if on_class else value)
            else:
                found.append((atom,) if on_class else (replace(atom, receiver=receiver),))
        return join(found)

    def _memoized_member(self, owner: ClassId, memoized: Memoized, receiver: Atom, site: Site) -> Value:
        """A member that a memoizer was called for: `rows = cached_property(_rows)`."""
        if isinstance(receiver, ClassValue):
            return (memoized,)
        bound = (replace(memoized, inner=atom) for atom in self._descriptor(owner, (memoized.inner,), receiver, site))
        return join(self._core.call(atom, (), site) if memoized.property else (atom,) for atom in bound)

    def _super_attribute(self, start: ClassId, after: ClassId, receiver: Atom, name: str, site: Site) -> Value:
        found = self._core.classes.member(start, name, after)
        if found is not None:
            owner, bindings = found
            return self._members(owner, bindings, receiver, start, site)
        if isinstance(receiver, (Manager, QuerySet)) and (
            name in self._core.knowledge.operations or name == "get_queryset"
        ):
            return (Method(replace(receiver, classes=()) if name == "get_queryset" else receiver, name),)
        line = self._core.classes.mro(start)
        behind = line[line.index(after) :] if after in line else ()
        return (self._outside_member((each for each in behind if isinstance(each, str)), name),)

    def _instance_attribute(self, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
        found = self._core.classes.member(identity, name)
        overridden = self._overridden(identity, name, atom, site)
        kept = join([self._memos.kept_on_self(identity, name, atom.given), overridden])
        if found is not None:
            owner, bindings = found
            kept = join([self._members(owner, bindings, atom, identity, site), kept])
        declared = () if _is_known(kept) else self._declared(identity, name)
        if found is not None or kept or declared:
            return join([kept, declared])
        if name == "__class__":
            return (ClassValue(identity),)
        if name == "_meta":
            return self._class_attribute(identity, name, ClassValue(identity), site)
        subject = self._subjects.attribute(identity, name, site)
        if subject:
            return subject
        given = self._subjects.result(identity, name, site)
        if given:
            return (Constantly(given),)
        outside = (ancestor for ancestor in self._core.classes.mro(identity) if isinstance(ancestor, str))
        return self._relations.reverse_relation(identity, name) or (self._outside_member(outside, name),)

    def _overridden(self, identity: ClassId, name: str, atom: Instance, site: Site) -> Value:
        """What a member is in the subclasses that an object may be of, where a decorated one of this name exists."""
        if atom.exact or not self._heuristics.knows(name):
            return ()
        base = self._core.classes.member(identity, name)
        found: list[Value] = []
        for derived in self._core.classes.subclasses(identity):
            member = self._core.classes.member(derived, name)
            if member is not None and member != base:
                found.append(self._members(*member, Instance(derived, exact=True), derived, site))
        return join(found)

    def _declared(self, identity: ClassId, name: str) -> Value:
        """What a class, or the nearest one behind it that says so, declares of an attribute."""
        for ancestor in self._core.classes.ancestors(identity):
            declared = self._core.facts(ancestor.path).classes[ancestor.index].annotations.get(name)
            if declared is not None:
                return self._annotations.declared(ancestor.path, declared)
        return ()

    def _outside_member(self, classes: Iterable[str], name: str) -> Atom:
        """An attribute that an instance has from a class outside the project, where the tables speak of it."""
        members = (f"{dotted}().{name}" for dotted in classes)
        known = next((member for member in members if member in self._core.knowledge.members), None)
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
