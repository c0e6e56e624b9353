"""Relations between models: what their fields point at, and what stands at the other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

import msgspec

from qscache_lint.facts.terms import Attribute, Call, Constant, Ref
from qscache_lint.project.abstract import Atom, ClassValue, External, Instance, Literal, Value
from qscache_lint.project.evaluation.core import Context, answers, files_declaring
from qscache_lint.project.evaluation.managers import related_manager
from qscache_lint.project.evaluation.model_names import classes_in, directories, model_named, swapped
from qscache_lint.project.evaluation.names import global_name
from qscache_lint.project.identities import ClassId, Model, ModulePath
from qscache_lint.project.querysets import ManyToMany
from qscache_lint.project.questions import Question
from qscache_lint.project.value_sets import instance_of


class Target(msgspec.Struct, frozen=True):
    """What a relation field points at.

    A many-to-many relation has the model in between (`through`); `is_one_to_one` when one row only can point at it;
    `is_one_way` when there are many, and nothing at the other end. `makers` are the classes that the field is made of:
    those outside the project, and those of the project that have methods.
    """

    model: Model
    through: Model | None
    is_one_to_one: bool
    is_one_way: bool
    makers: tuple[str, ...]


# -- relations that a model declares


def relation(context: Context, owner: ClassId, ref: Ref, atom: Atom) -> Value:
    """What a relation field gives on an instance, or on the class; nothing when the member is no relation."""
    found = target(context, owner, ref) if isinstance(atom, (Instance, ClassValue)) else None
    match atom, found:
        case Instance(), Target(through=None, is_one_way=False, model=model):
            return (instance_of(model),)
        case Instance(), Target(through=through, model=model, makers=makers):
            return (related_manager(context, model, through, makers),)
        case ClassValue(), Target(through=Model() as through):
            return (ManyToMany(through),)
        case _:
            return ()


def target(context: Context, owner: ClassId, ref: Ref) -> Target | None:
    """What a field points at; None when it is no relation."""
    term = context.facts(owner.path).terms[ref]
    if not isinstance(term, Call):
        return None
    relations = context.knowledge.querysets.relations
    names = _kinds_of_field(context, owner, term)
    is_many, is_one_way = not names.isdisjoint(relations.to_many), not names.isdisjoint(relations.one_way)
    if not is_many and not is_one_way and names.isdisjoint(relations.to_one):
        return None
    implied = (Model(relations.towards[name]) for name in sorted(names & relations.towards.keys()))
    model = next(implied, None) or _model_in(context, owner, term, (None, "to"))
    through = _model_in(context, owner, term, ("through",)) or _some_model(context) if is_many else None
    is_one_to_one = not names.isdisjoint(relations.one_to_one)
    makers = (*sorted(names), *_with_methods(context, owner, term))
    return None if model is None else Target(model, through, is_one_to_one, is_one_way, makers)


def leaves_open(context: Context, owner: ClassId, ref: Ref) -> bool:
    """Whether a field is a relation, and the code does not say to what: the model has its name from a call."""
    term = context.facts(owner.path).terms[ref]
    if not isinstance(term, Call):
        return False
    relations = context.knowledge.querysets.relations
    if _kinds_of_field(context, owner, term).isdisjoint((*relations.to_one, *relations.to_many)):
        return False
    model = _model_in(context, owner, term, (None, "to"))
    return model is None or (isinstance(model.identity, str) and model.identity.endswith("()"))


def _kinds_of_field(context: Context, owner: ClassId, call: Call) -> set[str]:
    return {name for atom in context.value(owner.path, call.function) for name in _field_classes(context, atom)}


def _with_methods(context: Context, owner: ClassId, call: Call) -> Iterator[str]:
    """The classes of the project that a field is made of, as far as they do something of their own."""
    made = (atom.of for atom in context.value(owner.path, call.function) if isinstance(atom, ClassValue))
    for each in (above for of in made for above in context.classes.ancestors(of)):
        if context.classes.methods(each):
            yield context.project.class_name(each)


def _field_classes(context: Context, atom: Atom) -> tuple[str, ...]:
    """What a field is by its class: the name of one outside the project, or those of what a class is derived from."""
    match atom:
        case External(dotted=dotted):
            return (dotted,)
        case ClassValue(of=of):
            return tuple(each for each in context.classes.mro(of) if isinstance(each, str))
        case _:
            return ()


def _some_model(context: Context) -> Model:
    """A model of which no more is known, such as those that Django itself makes."""
    return Model(context.knowledge.querysets.classes.model[0])


def _model_in(context: Context, owner: ClassId, call: Call, keywords: tuple[str | None, ...]) -> Model | None:
    """The model that the first argument with one of some keywords gives."""
    given = next((argument.value for argument in call.arguments if argument.keyword in keywords), None)
    return None if given is None else _model_given(context, owner, given)


def _model_given(context: Context, owner: ClassId, ref: Ref) -> Model | None:
    for atom in context.value(owner.path, ref):
        match atom:
            case ClassValue(of=identity):
                return Model(identity)
            case External(dotted=dotted):
                return Model(swapped(context, owner.path, dotted) or dotted)
            case Literal(value="self"):
                return Model(owner)
            case Literal(value=str() as name):
                return _model_in_quotes(context, owner, name)
    return None


def _model_in_quotes(context: Context, owner: ClassId, name: str) -> Model:
    """The model that a field names in quotes: `app.Model`, or one of the same app."""
    label, _, last = name.rpartition(".")
    if not label:
        found = global_name(context, owner.path, last)
        own = next((Model(atom.of) for atom in found if isinstance(atom, ClassValue)), None)
        if own is not None:
            return own
        label = directories(owner.path)[-1]
    identity = model_named(context, owner.path, label, last)
    return Model(name if identity is None else identity)


# -- relations that another model declares


def reverse_relation(context: Context, identity: ClassId, name: str) -> Value:
    """What another model's relation puts on this one: a manager, or an instance when the relation is one-to-one."""
    if context.classes.kind(identity) != "model":
        return ()
    found = [
        _other_end(context, heir, pointing)
        for owner, ref in context.ask(FieldsTowards(context.project.modules.site(identity.path), name))
        if (pointing := _pointing_at(context, owner, ref, identity)) is not None
        for heir in _tables_with(context, owner)
        if name in _reverse_names(context, owner, ref, heir, pointing)
    ]
    return (*dict.fromkeys(found), *_inherited(context, identity, name), *_from_outside(context, identity, name))


def _from_outside(context: Context, identity: ClassId, name: str) -> Value:
    """A relation that a model has from an abstract class outside the project: the groups of a user."""
    known = context.knowledge.querysets.relations.outside
    bases = (each for each in context.classes.mro(identity) if isinstance(each, str))
    found = dict.fromkeys((Model(known[each][name]), each) for each in bases if name in known.get(each, {}))
    return tuple(related_manager(context, model, _some_model(context), (base,)) for model, base in found)


def is_related_name(context: Context, name: str, paths: Iterable[ModulePath]) -> bool:
    """Whether a relation that some files see has this name at its other end, whatever it points at."""
    return any(
        name in _reverse_names(context, owner, ref, heir, pointing)
        for site in dict.fromkeys(map(context.project.modules.site, paths))
        for owner, ref in context.ask(FieldsTowards(site, name))
        if (pointing := target(context, owner, ref)) is not None and not pointing.is_one_way
        for heir in _tables_with(context, owner)
    )


def _other_end(context: Context, heir: ClassId, target: Target) -> Atom:
    if target.is_one_to_one:
        return Instance(heir)
    return related_manager(context, Model(heir), target.through, target.makers)


class FieldsTowards(Question[tuple[tuple[ClassId, Ref], ...]], frozen=True):
    """The fields that may have a name at their other end: by what they say, or by the model that has them.

    Those are left out that the files of a Django project, if there is one, do not see.
    """

    bottom: ClassVar[tuple[tuple[ClassId, Ref], ...]] = ()

    site: str | None
    name: str


@answers(FieldsTowards)
def _towards(context: Context, asked: FieldsTowards) -> tuple[tuple[ClassId, Ref], ...]:
    modules, name, site = context.project.modules, asked.name, asked.site
    by_class = files_declaring(context, "class", name.removesuffix("_set"))
    files = dict.fromkeys((*files_declaring(context, "related", name), *by_class))
    classes = [
        ClassId(path, index)
        for path in files
        if modules.is_seen_from(site, path)
        for index in range(len(classes_in(context, path)))
    ]
    owners = dict.fromkeys(owner for each in classes for owner in context.classes.ancestors(each))
    return tuple(
        (owner, ref) for owner in owners for ref in fields(context, owner) if _may_be_called(context, owner, ref, name)
    )


def fields(context: Context, owner: ClassId) -> Iterator[Ref]:
    """The members of a class that may be relations."""
    facts = context.facts(owner.path)
    relations = context.knowledge.querysets.relations
    names = tuple({name.rpartition(".")[2] for name in (*relations.to_one, *relations.to_many)})
    for bindings in facts.classes[owner.index].members.values():
        for binding in bindings:
            term = facts.terms[binding.value]
            made = facts.terms[term.function] if isinstance(term, Call) else None
            if made is not None and (not isinstance(made, Attribute) or made.name.endswith(names)):
                yield binding.value


def _may_be_called(context: Context, owner: ClassId, ref: Ref, name: str) -> bool:
    """Whether what a field says in plain words leaves it this name at its other end."""
    terms = context.facts(owner.path).terms
    term = terms[ref]
    for argument in term.arguments if isinstance(term, Call) else ():
        given = terms[argument.value]
        if argument.keyword == "related_name" and isinstance(given, Constant):
            return given.value == name or "%" in str(given.value)
    return True


def _pointing_at(context: Context, owner: ClassId, ref: Ref, identity: ClassId) -> Target | None:
    """A field that points at a model: at its class, at a parent, or at what an abstract class is made for."""
    found = target(context, owner, ref)
    if found is None or found.is_one_way or not isinstance(found.model.identity, ClassId):
        return None
    if found.model.identity in context.classes.ancestors(identity):
        return found
    heirs = context.classes.ancestors(found.model.identity)
    return found if identity in heirs and context.classes.is_abstract(identity) else None


def _tables_with(context: Context, owner: ClassId) -> tuple[ClassId, ...]:
    """The models whose tables have the fields of a class: itself, or those nearest to an abstract one."""
    if not context.classes.is_abstract(owner):
        return (owner,)
    tables = [each for each in context.classes.subclasses(owner) if context.classes.is_table(each)]
    nearest = [each for each in tables if not set(tables) & set(context.classes.ancestors(each, each))]
    return tuple(nearest) or (owner,)


def _reverse_names(context: Context, owner: ClassId, ref: Ref, heir: ClassId, target: Target) -> frozenset[str]:
    """What the other end of a field is called for a model that has it; its app may have one of several labels."""
    facts = context.facts(heir.path)
    name = facts.classes[heir.index].name.lower()
    given = _related_name(context, owner, ref) or context.classes.option(heir, "default_related_name")
    if not given:
        return frozenset({name if target.is_one_to_one else f"{name}_set"})
    templates = [atom.value for atom in given if isinstance(atom, Literal) and isinstance(atom.value, str)]
    labels = [atom.value for atom in context.classes.option(heir, "app_label") if isinstance(atom, Literal)]
    return frozenset(
        template.replace("%(class)s", name).replace("%(model_name)s", name).replace("%(app_label)s", str(label).lower())
        for template in templates
        for label in labels or directories(heir.path)
    )


def _related_name(context: Context, owner: ClassId, ref: Ref) -> Value:
    """What a field says of its `related_name`; nothing where it does not mention it."""
    term = context.facts(owner.path).terms[ref]
    arguments = term.arguments if isinstance(term, Call) else ()
    given = next((argument.value for argument in arguments if argument.keyword == "related_name"), None)
    return () if given is None else context.value(owner.path, given)


# -- tables that other tables continue


def _inherited(context: Context, identity: ClassId, name: str) -> Value:
    """The same row of a child's table (`place.tent`), or of a parent's (`tent.place_ptr`)."""
    parent = name.removesuffix("_ptr")
    if parent != name:
        above = (each for each in context.classes.ancestors(identity, identity) if _is_called(context, each, parent))
        return tuple(Instance(each) for each in above if context.classes.is_table(each))
    children = (
        ClassId(path, index)
        for path in files_declaring(context, "class", name)
        for index in range(len(classes_in(context, path)))
        if _is_called(context, ClassId(path, index), name)
    )
    return tuple(Instance(each) for each in children if _continues(context, each, identity))


def _continues(context: Context, child: ClassId, identity: ClassId) -> bool:
    """Whether the table of a child continues that of a model, or of a parent that the model has its fields from."""
    if not context.classes.is_table(child):
        return False
    above = (each for each in context.classes.ancestors(child, child) if context.classes.is_table(each))
    return next(above, None) in context.classes.ancestors(identity) and child != identity


def _is_called(context: Context, identity: ClassId, name: str) -> bool:
    return classes_in(context, identity.path)[identity.index].name.lower() == name
