"""Models: the managers they have, the relations between them, and the names under which others find them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from qscache_lint.facts.model import Call, ClassFacts, Constant, Ref
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    External,
    Instance,
    Literal,
    Manager,
    Model,
    Value,
    instance_of,
)
from qscache_lint.project.evaluation.core import Core
from qscache_lint.project.evaluation.names import Names


@dataclass(frozen=True, slots=True)
class Target:
    """What a relation field points at; `is_one_to_one` when one row only can point at it."""

    model: Model
    is_many: bool
    is_one_to_one: bool


class Relations:
    """Answers what a model's attributes give that its own class body does not say outright."""

    def __init__(self, core: Core, names: Names) -> None:
        self._core = core
        self._names = names

    # -- managers

    def default_manager(self, identity: ClassId, name: str) -> Manager:
        """`objects`, or the first manager that the model declares for `_default_manager`."""
        if name == "_default_manager":
            for owner in self._core.classes.ancestors(identity):
                facts = self._core.facts(owner.path)
                for bindings in facts.classes[owner.index].members.values():
                    for atom in self._names.bound(owner.path, bindings):
                        if isinstance(atom, Manager):
                            return replace(atom, model=Model(identity))
        return Manager(Model(identity))

    def _related_manager(self, model: Model) -> Manager:
        """The manager on the many side of a relation: it has the methods of the model's own one."""
        classes: tuple[ClassId, ...] = ()
        if isinstance(model.identity, ClassId):
            classes = self.default_manager(model.identity, "_default_manager").classes
        return Manager(model, classes, related=True)

    # -- relations that a model declares

    def relation(self, owner: ClassId, ref: Ref, atom: Atom) -> Value:
        """What a relation field gives on an instance; nothing when the member is no relation."""
        target = self.target(owner, ref) if isinstance(atom, Instance) else None
        if target is None:
            return ()
        return (self._related_manager(target.model) if target.is_many else instance_of(target.model),)

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
        given = next((argument.value for argument in term.arguments if argument.keyword in (None, "to")), None)
        model = None if given is None else self._model_given(owner, given)
        is_one_to_one = any(name in relations.one_to_one for name in names)
        return None if model is None else Target(model, not is_one, is_one_to_one)

    def _model_given(self, owner: ClassId, ref: Ref) -> Model | None:
        for atom in self._core.value(owner.path, ref):
            match atom:
                case ClassValue(of=identity):
                    return Model(identity)
                case External(dotted=dotted):
                    return Model(dotted)
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
        """The manager that another model's relation puts on this one, under `related_name` or `<model>_set`."""
        if self._core.classes.kind(identity) != "model":
            return ()
        found = [
            self._related_manager(Model(owner))
            for path in self._core.project.words.files_with_related(name)
            if self._core.project.modules.sees(identity.path, path)
            for owner, ref in self._fields(path)
            if self._reverse_name(owner, ref) == name and self._points_at(owner, ref, identity)
        ]
        return tuple(dict.fromkeys(found))

    def _fields(self, path: str) -> Iterator[tuple[ClassId, Ref]]:
        facts = self._core.project.facts(path)
        for index, opened in enumerate(() if facts is None else facts.classes):
            for bindings in opened.members.values():
                for binding in bindings:
                    yield ClassId(path, index), binding.value

    def _points_at(self, owner: ClassId, ref: Ref, identity: ClassId) -> bool:
        """Whether a field points at a model: at its class, at a parent, or at what an abstract class is made for."""
        target = self.target(owner, ref)
        if target is None or not isinstance(target.model.identity, ClassId):
            return False
        if target.model.identity in self._core.classes.ancestors(identity):
            return True
        heirs = self._core.classes.ancestors(target.model.identity)
        return identity in heirs and self._core.classes.is_abstract(identity)

    def _reverse_name(self, owner: ClassId, ref: Ref) -> str | None:
        facts = self._core.facts(owner.path)
        term = facts.terms[ref]
        if not isinstance(term, Call):
            return None
        name = facts.classes[owner.index].name.lower()
        for argument in term.arguments:
            if argument.keyword == "related_name":
                value = facts.terms[argument.value]
                is_text = isinstance(value, Constant) and isinstance(value.value, str)
                return str(value.value).replace("%(class)s", name) if is_text and isinstance(value, Constant) else None
        return f"{name}_set"

    # -- models by name

    def model_named(self, path: str, label: str, name: str) -> ClassId | None:
        """The model `label.name`, seen from a file; None when it is outside the project, or two could be meant.

        An app's label is the name of its directory, unless somebody gave it another one.
        """
        found = [
            ClassId(other, index)
            for other in self._core.project.words.files_with_class(name)
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
