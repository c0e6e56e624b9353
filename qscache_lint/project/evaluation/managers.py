"""Managers: those that a model has, and the QuerySets that they give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from msgspec.structs import replace

from qscache_lint.facts.terms import Import
from qscache_lint.project.abstract import Function, Literal, join
from qscache_lint.project.evaluation.core import Context, Site
from qscache_lint.project.identities import ClassId, Model
from qscache_lint.project.querysets import Manager, Ordering, QuerySet
from qscache_lint.values import Confidence

# -- the managers of a model


def default_manager(context: Context, identity: ClassId, name: str) -> Manager:
    """The manager that Django calls so: one that `Meta` chooses, the first of the model's own, or a plain one."""
    table = context.knowledge.querysets.managers
    option = context.classes.option(identity, table.named_by[name]) if name in table.named_by else ()
    chosen = [atom.value for atom in option if isinstance(atom, Literal)]
    if not chosen and name != table.default:
        return Manager(Model(identity))
    managers = (manager for given, manager in _managers(context, identity) if not chosen or given in chosen)
    return next(managers, Manager(Model(identity)))


def _managers(context: Context, identity: ClassId) -> Iterator[tuple[str, Manager]]:
    """The managers that a model and its parents declare, in order, each with its name."""
    for owner in context.classes.ancestors(identity):
        facts = context.module(owner.path)
        for name, bindings in {} if facts is None else facts.classes[owner.index].members.items():
            for atom in join(context.value(owner.path, each.value) for each in bindings):
                if isinstance(atom, Manager):
                    yield name, replace(atom, model=Model(identity))


def related_manager(
    context: Context, model: Model, through: Model | None = None, makers: tuple[str, ...] = ()
) -> Manager:
    """The manager on the many side of a relation: it has the methods of the model's own one."""
    classes: tuple[ClassId, ...] = ()
    if isinstance(model.identity, ClassId):
        classes = default_manager(context, model.identity, context.knowledge.querysets.managers.default).classes
    return Manager(model, classes, related=True, through=through, makers=makers)


def guessed_manager(context: Context, name: str, site: Site) -> Iterator[Manager]:
    """The manager that something unknown has under a name which Django gives to managers alone.

    Where a module names other object mappers, their classes have it, too.
    """
    querysets = context.knowledge.querysets
    if name not in querysets.managers.names:
        return
    bindings = chain.from_iterable(context.facts(site.path).body.bindings.values())
    terms = (context.facts(site.path).terms[each.value] for each in bindings)
    modules = {term.module.partition(".")[0] for term in terms if isinstance(term, Import)}
    if modules.isdisjoint(querysets.classes.other_mappers):
        yield Manager(None, confidence=Confidence.MEDIUM)


# -- what a manager gives


def fresh(context: Context, manager: Manager, site: Site) -> QuerySet:
    """What Django's own `get_queryset` gives: all rows, as a QuerySet of the class that the manager is made of."""
    ordering = Ordering.UNKNOWN
    if manager.model is not None and isinstance(manager.model.identity, ClassId):
        ordering = context.classes.ordering(manager.model.identity)
    return QuerySet(
        manager.model,
        ordering=ordering,
        classes=queryset_classes(context, manager),
        built=context.step(site.path, site.ref, "the QuerySet is built here"),
        confidence=manager.confidence,
    )


def manager_querysets(context: Context, manager: Manager, site: Site) -> tuple[QuerySet, ...]:
    """What the manager's `get_queryset` gives: its own one if it has one, else a plain QuerySet."""
    for identity in manager.classes:
        found = context.classes.member(identity, "get_queryset")
        if found is None:
            continue
        owner, bindings = found
        value = join(
            context.call(replace(atom, receiver=manager), (), site)
            for binding in bindings
            for atom in context.value(owner.path, binding.value)
            if isinstance(atom, Function)
        )
        made_of = queryset_classes(context, manager)
        known = tuple(
            replace(each, model=each.model or manager.model, classes=each.classes or made_of)
            for each in value
            if isinstance(each, QuerySet)
        )
        return known or (fresh(context, manager, site),)
    return (fresh(context, manager, site),)


def queryset_classes(context: Context, manager: Manager) -> tuple[ClassId, ...]:
    """The QuerySet classes that a manager is made of, by `as_manager`, `from_queryset`, or its bases."""
    lines = (each for identity in manager.classes for each in _querysets_of(context, identity))
    return tuple(dict.fromkeys(lines))


def _querysets_of(context: Context, identity: ClassId) -> Iterator[ClassId]:
    """A QuerySet class itself; of a manager, the nearest ones behind it."""
    nearest = (each for each in context.classes.ancestors(identity) if context.classes.kind(each) == "queryset")
    yield from list(nearest)[:1]


def receivers(
    context: Context, atom: QuerySet | Manager, identity: ClassId, owner: ClassId, site: Site
) -> tuple[QuerySet | Manager, ...]:
    """What a method of `owner` is bound to, where `identity` has it and `atom` is asked for it.

    The methods that a manager has from a QuerySet class are called on what its `get_queryset` gives.
    """
    if isinstance(atom, QuerySet):
        return (atom,)
    copied = _querysets_of(context, identity)
    is_copied = any(owner in context.classes.ancestors(each) for each in copied)
    return manager_querysets(context, atom, site) if is_copied else (atom,)
