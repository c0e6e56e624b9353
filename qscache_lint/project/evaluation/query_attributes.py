"""Attributes of QuerySets and managers, and of what Django keeps of a model."""

from __future__ import annotations

from qscache_lint.project.abstract import ClassValue, Data, External, Method, Unknown, Value, join
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.evaluation.descriptors import descriptor
from qscache_lint.project.evaluation.managers import receivers
from qscache_lint.project.evaluation.memos import kept_on_self
from qscache_lint.project.evaluation.name_heuristics import guessed_query_method
from qscache_lint.project.identities import ClassId, Model
from qscache_lint.project.querysets import Manager, ManyToMany, ModelOptions, QuerySet


def query_attribute(context: Context, atom: QuerySet | Manager, name: str, site: Site) -> Value:
    """What `atom.name` may be."""
    own = () if name in context.knowledge.declared_operations else _own_attribute(context, atom, name, site)
    if own:
        return own
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
    if _is_of_package(context, atom, name):
        return (Method(atom, name),)
    return (*guessed_query_method(context, atom, name, site), Unknown(f"the method {name}"))


def _is_of_package(context: Context, atom: QuerySet | Manager, name: str) -> bool:
    """Whether a package gives a method of this name to the QuerySets of the model, or to the class itself."""
    classes = context.knowledge.package_classes.get(name)
    if classes is None:
        return False
    model = None if atom.model is None else atom.model.identity
    bases = (base for each in (*atom.classes, model) if isinstance(each, ClassId) for base in context.classes.mro(each))
    return not classes.isdisjoint((*bases, model))


def _own_attribute(context: Context, atom: QuerySet | Manager, name: str, site: Site) -> Value:
    """What the project's classes of a QuerySet or manager have under a name, in their bodies or on `self`."""
    for identity in atom.classes:
        kept = kept_on_self(context, identity, name)
        found = context.classes.member(identity, name)
        if found is None:
            if kept:
                return kept
            continue
        owner, bindings = found
        value = join(context.value(owner.path, binding.value) for binding in bindings)
        bound = receivers(context, atom, identity, owner, site)
        return join([kept, *(descriptor(context, owner, value, each, site) for each in bound)])
    return ()


def _model_value(context: Context, model: Model | None) -> Value:
    if model is None:
        return (External(context.knowledge.querysets.classes.model[0]),)
    return (ClassValue(model.identity) if isinstance(model.identity, ClassId) else External(model.identity),)


def option(context: Context, atom: ModelOptions | ManyToMany, name: str, site: Site) -> Value:
    """An attribute of `Model._meta`, where the managers have other names, or of `Model.relation`."""
    if isinstance(atom, ManyToMany):
        return _model_value(context, atom.through) if name == "through" else (Unknown(f"the attribute {name}"),)
    managers = context.knowledge.querysets.managers
    if name in managers.model_options:
        return _model_value(context, atom.model)
    manager = managers.options.get(name)
    if manager is None:
        return (Unknown(f"the model option {name}"),)
    return join(context.attribute(each, manager, site) for each in _model_value(context, atom.model))
