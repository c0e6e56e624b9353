"""Subjects: the instance of a model that a view, a form or a serializer is about."""

from __future__ import annotations

from msgspec.structs import replace

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
from qscache_lint.project.evaluation.managers import default_manager, manager_querysets
from qscache_lint.project.value_sets import instance_of


def subject_attribute(context: Context, owner: ClassId, name: str, site: Site) -> Value:
    """The subject as an attribute of an instance of `owner`; nothing where the framework sets no such attribute."""
    row = _row(context, owner)
    return _subject(context, owner, row, site) if row is not None and name in row.attributes else ()


def subject_result(context: Context, owner: ClassId, method: str, site: Site) -> Value:
    """What a method gives that the framework has: the subject, or a QuerySet of its model; nothing for any other."""
    row = _row(context, owner)
    if row is None:
        return ()
    if method in row.querysets:
        return _subject_rows(context, owner, row, site)
    return _subject(context, owner, row, site) if method in row.methods else ()


def _subject_rows(context: Context, owner: ClassId, row: Subject, site: Site) -> Value:
    """The framework's own QuerySet, of the model that the attributes of the class name, or of an unknown one."""
    ways = (way for way in row.model if not way.endswith("()"))
    found = (atom for way in ways for atom in _follow(context, (ClassValue(owner),), way, site))
    return next((rows for atom in found if (rows := _rows(context, atom, site))), (QuerySet(),))


def inherited_result(context: Context, identity: ClassId, method: str, site: Site) -> Value:
    """What a method gives that a model has from a class of a package: rows of the model, or one of them."""
    table = context.knowledge.querysets.node
    names = {name for name in context.classes.mro(identity) if isinstance(name, str)}
    rows = [row for row in table if not names.isdisjoint(row.names)]
    if any(method in row.querysets for row in rows):
        return _rows(context, ClassValue(identity), site)
    return (Instance(identity),) if any(method in row.instances for row in rows) else ()


def _rows(context: Context, atom: Atom, site: Site) -> Value:
    """All rows of a model, or a copy of a QuerySet."""
    if isinstance(atom, ClassValue) and context.classes.may_be_model(atom.of):
        name = context.knowledge.querysets.managers.default
        atoms: Value = manager_querysets(context, default_manager(context, atom.of, name), site)
    else:
        atoms = (atom,)
    return tuple(replace(each, origin=None, hops=()) for each in atoms if isinstance(each, QuerySet))


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
        for atom in _follow(context, (ClassValue(owner),), way, site):
            model = _model(atom)
            if model is not None:
                return (instance_of(model),)
    return ()


def _follow(context: Context, value: Value, way: str, site: Site) -> Value:
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
