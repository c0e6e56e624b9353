"""Models: the managers they have, the relations between them, and the names under which others find them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from qscache_lint.facts.model import Attribute, Call, ClassFacts, Constant, Ref
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    External,
    Instance,
    Literal,
    Manager,
    ManyToMany,
    Model,
    Value,
    instance_of,
)
from qscache_lint.project.evaluation.core import Core
from qscache_lint.project.evaluation.names import Names


class Target(msgspec.Struct, frozen=True):
    """What a relation field points at.

    A many-to-many relation has the model in between (`through`); `is_one_to_one` when one row only can point at it.
    """

    model: Model
    through: Model | None
    is_one_to_one: bool


class Relations:
    """Answers what a model's attributes give that its own class body does not say outright."""

    def __init__(self, core: Core, names: Names) -> None:
        self._core = core
        self._names = names
        self._towards = lru_cache(maxsize=None)(self._find_towards)

    # -- managers

    def default_manager(self, identity: ClassId, name: str) -> Manager:
        """The manager that Django calls so: one that `Meta` chooses, the first of the model's own, or a plain one."""
        table = self._core.knowledge.querysets.managers
        option = self._core.classes.option(identity, table.named_by[name]) if name in table.named_by else ()
        chosen = [atom.value for atom in option if isinstance(atom, Literal)]
        if not chosen and name != table.default:
            return Manager(Model(identity))
        managers = (manager for given, manager in self._managers(identity) if not chosen or given in chosen)
        return next(managers, Manager(Model(identity)))

    def _managers(self, identity: ClassId) -> Iterator[tuple[str, Manager]]:
        """The managers that a model and its parents declare, in order, each with its name."""
        for owner in self._core.classes.ancestors(identity):
            for name, bindings in self._classes(owner.path)[owner.index].members.items():
                for atom in self._names.bound(owner.path, bindings):
                    if isinstance(atom, Manager):
                        yield name, replace(atom, model=Model(identity))

    def _related_manager(self, model: Model, through: Model | None = None) -> Manager:
        """The manager on the many side of a relation: it has the methods of the model's own one."""
        classes: tuple[ClassId, ...] = ()
        if isinstance(model.identity, ClassId):
            classes = self.default_manager(model.identity, self._core.knowledge.querysets.managers.default).classes
        return Manager(model, classes, related=True, through=through)

    # -- relations that a model declares

    def relation(self, owner: ClassId, ref: Ref, atom: Atom) -> Value:
        """What a relation field gives on an instance, or on the class; nothing when the member is no relation."""
        target = self.target(owner, ref) if isinstance(atom, (Instance, ClassValue)) else None
        match atom, target:
            case Instance(), Target(through=None, model=model):
                return (instance_of(model),)
            case Instance(), Target(through=through, model=model):
                return (self._related_manager(model, through),)
            case ClassValue(), Target(through=Model() as through):
                return (ManyToMany(through),)
            case _:
                return ()

    def target(self, owner: ClassId, ref: Ref) -> Target | None:
        """What a field points at; None when it is no relation."""
        term = self._core.facts(owner.path).terms[ref]
        if not isinstance(term, Call):
            return None
        relations = self._core.knowledge.querysets.relations
        names = [atom.dotted for atom in self._core.value(owner.path, term.function) if isinstance(atom, External)]
        is_one = any(name in relations.to_one for name in names)
        if not is_one and not any(name in relations.to_many for name in names):
            return None
        model = self._model_in(owner, term, (None, "to"))
        through = None if is_one else self._model_in(owner, term, ("through",)) or self._some_model
        is_one_to_one = any(name in relations.one_to_one for name in names)
        return None if model is None else Target(model, through, is_one_to_one)

    @property
    def _some_model(self) -> Model:
        """A model of which nobody knows more, such as those that Django itself makes."""
        return Model(self._core.knowledge.querysets.classes.model[0])

    def _model_in(self, owner: ClassId, call: Call, keywords: tuple[str | None, ...]) -> Model | None:
        """The model that the first argument with one of some keywords gives."""
        given = next((argument.value for argument in call.arguments if argument.keyword in keywords), None)
        return None if given is None else self._model_given(owner, given)

    def _model_given(self, owner: ClassId, ref: Ref) -> Model | None:
        for atom in self._core.value(owner.path, ref):
            match atom:
                case ClassValue(of=identity):
                    return Model(identity)
                case External(dotted=dotted):
                    return Model(self.swapped(owner.path, dotted) or dotted)
                case Literal(value="self"):
                    return Model(owner)
                case Literal(value=str() as name):
                    return self._model_in_quotes(owner, name)
        return None

    def _model_in_quotes(self, owner: ClassId, name: str) -> Model:
        """The model that a field names in quotes: `app.Model`, or one of the same app."""
        label, _, last = name.rpartition(".")
        if not label:
            found = self._names.global_name(owner.path, last)
            own = next((Model(atom.of) for atom in found if isinstance(atom, ClassValue)), None)
            if own is not None:
                return own
            label = _directories(owner.path)[-1]
        identity = self.model_named(owner.path, label, last)
        return Model(name if identity is None else identity)

    # -- relations that another model declares

    def reverse_relation(self, identity: ClassId, name: str) -> Value:
        """What another model's relation puts on this one: a manager, or an instance when the relation is one-to-one."""
        if self._core.classes.kind(identity) != "model":
            return ()
        found = [
            self._other_end(heir, target)
            for owner, ref in self._towards(self._core.project.modules.site(identity.path), name)
            if (target := self._pointing_at(owner, ref, identity)) is not None
            for heir in self._tables_with(owner)
            if name in self._reverse_names(owner, ref, heir, target)
        ]
        return (*dict.fromkeys(found), *self._inherited(identity, name))

    def _other_end(self, heir: ClassId, target: Target) -> Atom:
        return Instance(heir) if target.is_one_to_one else self._related_manager(Model(heir), target.through)

    def _find_towards(self, site: str | None, name: str) -> tuple[tuple[ClassId, Ref], ...]:
        """The fields that may have this name at their other end: by what they say, or by the model that has them.

        Those are left out that the files of a Django project, if there is one, do not see.
        """
        words, modules = self._core.project.name_index, self._core.project.modules
        by_class = words.files_with_class(name.removesuffix("_set"))
        files = dict.fromkeys((*words.files_with_related(name), *by_class))
        classes = [
            ClassId(path, index)
            for path in files
            if modules.is_seen_from(site, path)
            for index in range(len(self._classes(path)))
        ]
        owners = dict.fromkeys(owner for each in classes for owner in self._core.classes.ancestors(each))
        return tuple(
            (owner, ref) for owner in owners for ref in self._fields(owner) if self._may_be_called(owner, ref, name)
        )

    def _fields(self, owner: ClassId) -> Iterator[Ref]:
        """The members of a class that may be relations."""
        facts = self._core.facts(owner.path)
        relations = self._core.knowledge.querysets.relations
        names = {name.rpartition(".")[2] for name in (*relations.to_one, *relations.to_many)}
        for bindings in facts.classes[owner.index].members.values():
            for binding in bindings:
                term = facts.terms[binding.value]
                made = facts.terms[term.function] if isinstance(term, Call) else None
                if made is not None and (not isinstance(made, Attribute) or made.name in names):
                    yield binding.value

    def _may_be_called(self, owner: ClassId, ref: Ref, name: str) -> bool:
        """Whether what a field says in plain words leaves it this name at its other end."""
        terms = self._core.facts(owner.path).terms
        term = terms[ref]
        for argument in term.arguments if isinstance(term, Call) else ():
            given = terms[argument.value]
            if argument.keyword == "related_name" and isinstance(given, Constant):
                return given.value == name or "%" in str(given.value)
        return True

    def _pointing_at(self, owner: ClassId, ref: Ref, identity: ClassId) -> Target | None:
        """A field that points at a model: at its class, at a parent, or at what an abstract class is made for."""
        target = self.target(owner, ref)
        if target is None or not isinstance(target.model.identity, ClassId):
            return None
        if target.model.identity in self._core.classes.ancestors(identity):
            return target
        heirs = self._core.classes.ancestors(target.model.identity)
        return target if identity in heirs and self._core.classes.is_abstract(identity) else None

    def _tables_with(self, owner: ClassId) -> tuple[ClassId, ...]:
        """The models whose tables have the fields of a class: itself, or those nearest to an abstract one."""
        if not self._core.classes.is_abstract(owner):
            return (owner,)
        tables = [each for each in self._core.classes.subclasses(owner) if self._core.classes.is_table(each)]
        nearest = [each for each in tables if not set(tables) & set(self._core.classes.ancestors(each, each))]
        return tuple(nearest) or (owner,)

    def _reverse_names(self, owner: ClassId, ref: Ref, heir: ClassId, target: Target) -> frozenset[str]:
        """What the other end of a field is called for a model that has it; its app may have one of several labels."""
        facts = self._core.facts(heir.path)
        name = facts.classes[heir.index].name.lower()
        given = self._related_name(owner, ref) or self._core.classes.option(heir, "default_related_name")
        if not given:
            return frozenset({name if target.is_one_to_one else f"{name}_set"})
        templates = [atom.value for atom in given if isinstance(atom, Literal) and isinstance(atom.value, str)]
        labels = [atom.value for atom in self._core.classes.option(heir, "app_label") if isinstance(atom, Literal)]
        return frozenset(
            template.replace("%(class)s", name)
            .replace("%(model_name)s", name)
            .replace("%(app_label)s", str(label).lower())
            for template in templates
            for label in labels or _directories(heir.path)
        )

    def _related_name(self, owner: ClassId, ref: Ref) -> Value:
        """What a field says of its `related_name`; nothing where it does not mention it."""
        term = self._core.facts(owner.path).terms[ref]
        arguments = term.arguments if isinstance(term, Call) else ()
        given = next((argument.value for argument in arguments if argument.keyword == "related_name"), None)
        return () if given is None else self._core.value(owner.path, given)

    # -- tables that other tables continue

    def _inherited(self, identity: ClassId, name: str) -> Value:
        """The same row of a child's table (`place.tent`), or of a parent's (`tent.place_ptr`)."""
        parent = name.removesuffix("_ptr")
        if parent != name:
            above = (each for each in self._core.classes.ancestors(identity, identity) if self._is_called(each, parent))
            return tuple(Instance(each) for each in above if self._core.classes.is_table(each))
        children = (
            ClassId(path, index)
            for path in self._core.project.name_index.files_with_class(name)
            for index in range(len(self._classes(path)))
            if self._is_called(ClassId(path, index), name)
        )
        return tuple(Instance(each) for each in children if self._continues(each, identity))

    def _continues(self, child: ClassId, identity: ClassId) -> bool:
        """Whether the table of a child continues that of a model, or of a parent that the model has its fields from."""
        if not self._core.classes.is_table(child):
            return False
        above = (each for each in self._core.classes.ancestors(child, child) if self._core.classes.is_table(each))
        return next(above, None) in self._core.classes.ancestors(identity) and child != identity

    def _is_called(self, identity: ClassId, name: str) -> bool:
        return self._classes(identity.path)[identity.index].name.lower() == name

    # -- models that the settings name

    def swapped(self, path: str, dotted: str) -> ClassId | None:
        """The model that stands behind a name whose meaning a setting decides, where all settings seen agree on it."""
        rows = self._core.knowledge.querysets.swappable
        setting = next((row.setting for row in rows if dotted in row.names), None)
        return None if setting is None else self._model_set(path, setting)

    def of_request(self, path: str, name: str) -> Value:
        """What a request has as `name`, where that is an instance of a model which the project's settings name."""
        rows = self._core.knowledge.querysets.swappable
        models = (self._model_set(path, row.setting) for row in rows if name in row.attributes)
        return tuple(Instance(model) for model in models if model is not None)

    def _model_set(self, path: str, setting: str) -> ClassId | None:
        values = {
            atom
            for file in self._core.project.name_index.files_with_setting(setting)
            if self._core.project.modules.sees(path, file)
            for atom in self._names.global_name(file, setting)
        }
        if len(values) != 1:
            return None
        match values.pop():
            case Literal(value=str() as name):
                label, _, last = name.rpartition(".")
                return self.model_named(path, label, last)
            case _:
                return None

    # -- models by name

    def model_named(self, path: str, label: str, name: str) -> ClassId | None:
        """The model `label.name`, seen from a file; None when it is outside the project, or two could be meant.

        An app's label is the name of its directory, unless somebody gave it another one.
        """
        found = [
            ClassId(other, index)
            for other in self._core.project.name_index.files_with_class(name)
            if label in _directories(other) and self._core.project.modules.sees(path, other)
            for index, opened in enumerate(self._classes(other))
            if opened.name.lower() == name.lower() and opened.owner is None
        ]
        models = [identity for identity in found if self._core.classes.may_be_model(identity)]
        return models[0] if len(models) == 1 else None

    def _classes(self, path: str) -> tuple[ClassFacts, ...]:
        facts = self._core.project.facts(path)
        return () if facts is None else facts.classes


def _directories(path: str) -> tuple[str, ...]:
    """The directories above a file, outermost first; never empty."""
    return tuple(path.split("/")[:-1]) or ("",)
