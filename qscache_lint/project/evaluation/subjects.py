"""Subjects: the instance of a model that a view, a form or a serializer is about."""

from __future__ import annotations

from qscache_lint.knowledge.queryset_rows import Subject
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
)
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.value_sets import instance_of


def subject_attribute(context: Context, owner: ClassId, name: str, site: Site) -> Value:
    """The subject as an attribute of an instance of `owner`; nothing where the framework sets no such attribute."""
    row = _row(context, owner)
    return _subject(context, owner, row, site) if row is not None and name in row.attributes else ()


def subject_result(context: Context, owner: ClassId, method: str, site: Site) -> Value:
    """The subject as what a method gives that the framework has; nothing for any other method."""
    row = _row(context, owner)
    return _subject(context, owner, row, site) if row is not None and method in row.methods else ()


def subject_argument(context: Context, owner: ClassId, method: str, position: int, site: Site) -> Value:
    """The subject as an argument that the framework hands to a method; nothing for any other argument."""
    row = _row(context, owner)
    if row is None or position != 1 or not any(method.startswith(prefix) for prefix in row.receives):
        return ()
    return _subject(context, owner, row, site)


def _row(context: Context, owner: ClassId) -> Subject | None:
    table = context.knowledge.subjects
    mro = context.classes.mro(owner)
    return next((table[name] for name in mro if isinstance(name, str) and name in table), None)


def _subject(context: Context, owner: ClassId, row: Subject, site: Site) -> Value:
    for way in row.model:
        for atom in follow(context, (ClassValue(owner),), way, site):
            model = _model(atom)
            if model is not None:
                return (instance_of(model),)
    return ()


def follow(context: Context, value: Value, way: str, site: Site) -> Value:
    """What stands at the end of a way through attributes of classes: `form_class.Meta.model`."""
    for step in way.split("."):
        name = step.removesuffix("()")
        found = tuple(
            each for atom in value if isinstance(atom, ClassValue) for each in _step(context, atom, name, step, site)
        )
        value = tuple(atom for atom in found if not isinstance(atom, Unknown))
    return value


def _step(context: Context, atom: ClassValue, name: str, step: str, site: Site) -> Value:
    if name == step:
        return context.attribute(atom, name, site)
    bound = context.attribute(Instance(atom.of), name, site)
    return tuple(each for found in bound if isinstance(found, Function) for each in context.call(found, (), site))


def _model(atom: Atom) -> Model | None:
    match atom:
        case ClassValue(of=identity):
            return Model(identity)
        case QuerySet(model=model) | Manager(model=model):
            return model
        case _:
            return None
