"""Subjects: the instance of a model that a view, a form or a serializer is about."""

from __future__ import annotations

from qscache_lint.knowledge.model import Subject
from qscache_lint.project.abstract import (
    Atom,
    ClassId,
    ClassValue,
    Function,
    Instance,
    Manager,
    Model,
    QuerySet,
    Unknown,
    Value,
    instance_of,
)
from qscache_lint.project.evaluation.core import Core, Site


class Subjects:
    """Answers for attributes, methods and arguments that frameworks fill."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def attribute(self, owner: ClassId, name: str, site: Site) -> Value:
        """The subject as an attribute of an instance of `owner`; nothing where the framework sets no such attribute."""
        row = self._row(owner)
        return self._subject(owner, row, site) if row is not None and name in row.attributes else ()

    def result(self, owner: ClassId, method: str, site: Site) -> Value:
        """The subject as what a method gives that the framework has; nothing for any other method."""
        row = self._row(owner)
        return self._subject(owner, row, site) if row is not None and method in row.methods else ()

    def argument(self, owner: ClassId, method: str, position: int, site: Site) -> Value:
        """The subject as an argument that the framework hands to a method; nothing for any other argument."""
        row = self._row(owner)
        if row is None or position != 1 or not any(method.startswith(prefix) for prefix in row.receives):
            return ()
        return self._subject(owner, row, site)

    def _row(self, owner: ClassId) -> Subject | None:
        table = self._core.knowledge.subjects
        mro = self._core.classes.mro(owner)
        return next((table[name] for name in mro if isinstance(name, str) and name in table), None)

    def _subject(self, owner: ClassId, row: Subject, site: Site) -> Value:
        for way in row.model:
            for atom in self._follow((ClassValue(owner),), way, site):
                model = _model(atom)
                if model is not None:
                    return (instance_of(model),)
        return ()

    def _follow(self, value: Value, way: str, site: Site) -> Value:
        """What stands at the end of a way through attributes of classes: `form_class.Meta.model`."""
        for step in way.split("."):
            name = step.removesuffix("()")
            found = tuple(
                each for atom in value if isinstance(atom, ClassValue) for each in self._step(atom, name, step, site)
            )
            value = tuple(atom for atom in found if not isinstance(atom, Unknown))
        return value

    def _step(self, atom: ClassValue, name: str, step: str, site: Site) -> Value:
        if name == step:
            return self._core.attribute(atom, name, site)
        bound = self._core.attribute(Instance(atom.of), name, site)
        return tuple(
            each for found in bound if isinstance(found, Function) for each in self._core.call(found, (), site)
        )


def _model(atom: Atom) -> Model | None:
    match atom:
        case ClassValue(of=identity):
            return Model(identity)
        case QuerySet(model=model) | Manager(model=model):
            return model
        case _:
            return None
