"""Subjects: the instance of a model that a view, a form or a serializer is about."""

from __future__ import annotations

from msgspec.structs import replace

from qscache_lint.facts.terms import Call
from qscache_lint.knowledge.queryset_rows import Subject
from qscache_lint.project.abstract import Atom, ClassValue, Function, Instance, Unknown, Value, join
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.evaluation.managers import default_manager, manager_querysets
from qscache_lint.project.identities import ClassId, Model
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.project.value_sets import instance_of

_REGISTERED = "registered"


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
    ways = (way for way in row.model if not way.endswith("()"))  # a method that asks for it by super() does not say
    found = (atom for way in ways for atom in _named_by(context, owner, way, site))
    rows = next((rows for atom in found if (rows := _rows(context, atom, site))), (QuerySet(),))
    built = context.step(site.path, site.ref, "the QuerySet is built here")
    return tuple(replace(each, built=built) if each.built is None else each for each in rows)


def _given_rows(context: Context, owner: ClassId, row: Subject, site: Site) -> Value:
    """The QuerySets that a class gives itself by the method that its framework asks for them."""
    bound = context.attribute(Instance(owner), row.querysets[0], site)
    given = join(context.call(atom, (), site) for atom in bound if isinstance(atom, Function))
    rows = tuple(atom for atom in given if isinstance(atom, QuerySet))
    return rows or _subject_rows(context, owner, row, site)


def inherited_result(context: Context, identity: ClassId, method: str, site: Site) -> Value:
    """What a method gives that a model has from a class of a package: rows of the model, or one of them."""
    table = context.knowledge.querysets.node
    names = {name for name in context.classes.mro(identity) if isinstance(name, str)}
    rows = [row for row in table if not names.isdisjoint(row.names)]
    if any(method in row.querysets for row in rows):
        return _rows(context, ClassValue(identity), site)
    return (Instance(identity),) if any(method in row.instances for row in rows) else ()


def _rows(context: Context, atom: Atom, site: Site) -> tuple[QuerySet, ...]:
    """All rows of a model, or a copy of a QuerySet."""
    if isinstance(atom, ClassValue) and context.classes.may_be_model(atom.of):
        name = context.knowledge.querysets.managers.default
        atoms: Value = manager_querysets(context, default_manager(context, atom.of, name), site)
    else:
        atoms = (atom,)
    return tuple(replace(each, origin=None, hops=()) for each in atoms if isinstance(each, QuerySet))


def subject_argument(context: Context, owner: ClassId, method: str, position: int, name: str, site: Site) -> Value:
    """What the framework hands to a method as an argument: the subject, or an instance of a class that is named."""
    table = context.knowledge.handed_over
    rows = (table[each] for each in context.classes.mro(owner) if isinstance(each, str) and each in table)
    handed = next((row for row in rows if position == 1 and method in row.methods), None)
    if handed is not None:
        named = context.attribute(ClassValue(owner), handed.attribute, site)
        return tuple(Instance(atom.of) for atom in named if isinstance(atom, ClassValue))
    row = _row(context, owner)
    if row is not None and position == 1 and method in row.receives_rows:
        return _given_rows(context, owner, row, site)
    is_received = row is not None and position == 1 and method.startswith(row.receives)
    if row is None or not (is_received or name in row.named):
        return ()
    return _subject(context, owner, row, site)


def _row(context: Context, owner: ClassId) -> Subject | None:
    table = context.knowledge.subjects
    mro = context.classes.mro(owner)
    return next((table[name] for name in mro if isinstance(name, str) and name in table), None)


def _subject(context: Context, owner: ClassId, row: Subject, site: Site) -> Value:
    model = _model_of(context, owner, row, site)
    return () if model is None else (instance_of(model),)


def _model_of(context: Context, owner: ClassId, row: Subject, site: Site) -> Model | None:
    """The model that the subject is an instance of."""
    for way in row.model:
        atoms = _named_by(context, owner, way, site)
        model = next((model for atom in atoms if (model := _model(atom)) is not None), None)
        if model is not None:
            return model
    return None


def _named_by(context: Context, owner: ClassId, way: str, site: Site) -> Value:
    """What a class names as its subject in one of the ways that there are."""
    return _registered(context, owner) if way == _REGISTERED else follow(context, (ClassValue(owner),), way, site)


def _registered(context: Context, owner: ClassId) -> Value:
    """The classes that are given to a call together with a class, or to a decorator of it, by its own module."""
    facts = context.facts(owner.path)
    decorated = (facts.terms[each.value] for each in facts.classes[owner.index].decorators)
    found = [term.arguments for term in decorated if isinstance(term, Call)]
    for ref in facts.calling(["register"]):
        call = facts.terms[ref]
        if isinstance(call, Call) and ClassValue(owner) in join(
            context.value(owner.path, each.value) for each in call.arguments[1:2]
        ):
            found.append(call.arguments[:1])
    return join(context.value(owner.path, each.value) for arguments in found for each in arguments if not each.keyword)


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
    if context.classes.member(atom.of, name) is None:  # it is the framework's own, which asks for the subject
        return ()
    bound = context.attribute(Instance(atom.of), name, site)
    return tuple(each for found in bound if isinstance(found, Function) for each in context.call(found, (), site))


def _model(atom: Atom) -> Model | None:
    match atom:
        case ClassValue(of=identity):
            return Model(identity)
        case QuerySet(model=model) | Manager(model=model):
            return model
        case Instance(of=identity):
            return Model(identity)
        case _:
            return None
