"""Managers and QuerySet classes: whether all that runs while they build a query has been followed."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.terms import Attribute, Call, FunctionTerm, Ref
from qscache_lint.fixing.repeatability.known import DJANGO_BASES, PLAIN_MODELS
from qscache_lint.project.abstract import Atom, ClassValue, External, Unknown
from qscache_lint.project.classes import ClassIndex
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import Manager, QuerySet
from qscache_lint.values import Confidence

_OF_RESULTS = frozenset({"__contains__", "__bool__", "__len__", "__str__", "__repr__"})
"""What a class says of its rows: whichever QuerySet is refined, the refined one is asked."""


def unfollowed(evaluator: Evaluator, atom: Manager | QuerySet) -> str:
    """What is not known of a manager or QuerySet, as a sentence says it; "" where all of it is."""
    identity = None if atom.model is None else atom.model.identity
    given = "" if identity is None or isinstance(identity, str) else _given_later(evaluator, identity)
    if given:
        return given
    if identity is None:
        return "a QuerySet of an unknown model"
    if isinstance(identity, str):
        is_plain = identity.startswith(PLAIN_MODELS) or _is_own_user(evaluator, identity)
        return "" if is_plain and not atom.classes else f"the manager of {identity}"
    foreign = next((each for owner in atom.classes for each in foreign_bases(evaluator.classes, owner)), "")
    if foreign:
        return f"a manager derived from {foreign}"
    own = next((each for owner in atom.classes for each in _own_protocol(evaluator, owner)), "")
    if own:
        return own
    if isinstance(atom, Manager) and not atom.classes:
        return _unknown_manager(evaluator, identity)
    return ""


def receivers_of(evaluator: Evaluator, name: str) -> Iterator[Atom]:
    """What the project calls a method on, wherever it reads an attribute of the name."""
    for path in evaluator.project.name_index.files_with_word(name):
        facts = evaluator.project.facts(path)
        attributes = () if facts is None else facts.every(Attribute)
        for _, term in attributes:
            if term.name == name:
                yield from evaluator.value(path, term.base) or (Unknown("the object before the dot"),)


def only_manager(evaluator: Evaluator, name: str, owner: ClassId) -> Manager | None:
    """The manager on which the project calls a method of a manager class, if it is always that of one model."""
    found = {atom for atom in receivers_of(evaluator, name) if isinstance(atom, Manager) and owner in atom.classes}
    known = {replace(atom, confidence=Confidence.HIGH) for atom in found if atom.model is not None and not atom.related}
    return known.pop() if len(known) == 1 else None


def getters(evaluator: Evaluator, classes: tuple[ClassId, ...]) -> Iterator[FunctionId]:
    """The `get_queryset()` of each class of the project: it runs whenever a query is begun."""
    for owner in classes:
        found = evaluator.classes.member(owner, "get_queryset")
        for binding in () if found is None else found[1]:
            term = None if found is None else evaluator.facts(found[0].path).terms[binding.value]
            if found is not None and isinstance(term, FunctionTerm):
                yield FunctionId(found[0].path, term.index)


def _is_own_user(evaluator: Evaluator, dotted: str) -> bool:
    """Whether a model is the user of Django itself, since no settings name another one."""
    is_user = dotted == "django.contrib.auth.get_user_model()"
    return is_user and not evaluator.project.name_index.files_with_setting("AUTH_USER_MODEL")


def foreign_bases(classes: ClassIndex, owner: ClassId) -> Iterator[str]:
    """The bases of a class that are neither of the project nor Django's."""
    for base in classes.mro(owner):
        if isinstance(base, str) and is_foreign(base):
            yield "a class that cannot be resolved" if base == "?" else base


def is_foreign(name: str) -> bool:
    """Whether a class may do something of its own while a query is built: it is none of Django's models, fields …"""
    return name != "object" and not name.startswith(DJANGO_BASES)


def _own_protocol(evaluator: Evaluator, owner: ClassId) -> Iterator[str]:
    """The methods of a class that Django or Python calls by itself: `_clone`, `__init__`, `__iter__`."""
    for ancestor in evaluator.classes.ancestors(owner):
        for name, _ in evaluator.classes.methods(ancestor):
            if name.startswith("_") and name not in _OF_RESULTS:
                yield f"{evaluator.project.class_name(ancestor)}.{name}()"


def _unknown_manager(evaluator: Evaluator, model: ClassId) -> str:
    """What is not known of the managers that a model declares, or may get from a base."""
    declared = False
    for owner in evaluator.classes.ancestors(model):
        facts = evaluator.facts(owner.path)
        for name, bindings in facts.classes[owner.index].members.items():
            for binding in bindings:
                value = evaluator.value(owner.path, binding.value)
                is_manager = any(isinstance(atom, Manager) for atom in value)
                declared |= is_manager
                is_others = is_manager and made_by(evaluator, owner.path, binding.value)
                if is_others or _may_be_manager(evaluator, name, value) or _is_made_by_others(value):
                    return f"the manager {name} of {evaluator.project.class_name(model)}"
    if declared:
        return ""
    foreign = next(foreign_bases(evaluator.classes, model), "")
    return f"the managers that {evaluator.project.class_name(model)} has from {foreign}" if foreign else ""


def made_by(evaluator: Evaluator, path: str, ref: Ref) -> str:
    """The class outside the project, and none of Django's own, that makes a manager or relation; "" for another one."""
    term = evaluator.facts(path).terms[ref]
    called = evaluator.value(path, term.function) if isinstance(term, Call) else ()
    names = (atom.dotted for atom in called if isinstance(atom, External))
    return next((each for each in names if not each.startswith(DJANGO_BASES)), "")


def _may_be_manager(evaluator: Evaluator, name: str, value: tuple[object, ...]) -> bool:
    """Whether a member has the name of a manager, and is not known to be one."""
    names = evaluator.knowledge.querysets.managers.names
    return name in names and not all(isinstance(atom, Manager) for atom in value)


def _given_later(evaluator: Evaluator, model: ClassId) -> str:
    """Code that gives a model another manager: `Story.objects = …`, `Story.add_to_class("objects", …)`."""
    index, names = evaluator.project.name_index, evaluator.knowledge.querysets.managers.names
    for path in dict.fromkeys(each for name in names for each in index.files_giving_attribute(name)):
        facts = evaluator.facts(path)
        for event in (each for function in facts.functions for each in function.events):
            is_giving = isinstance(event, AttributeStore) and event.name in names
            if isinstance(event, AttributeStore) and is_giving and _may_be(evaluator, path, event.base, model):
                return f"what line {event.span.start.row} of {path} gives {evaluator.project.class_name(model)}"
    for path in index.files_calling_method("add_to_class"):
        facts = evaluator.facts(path)
        for ref, call in facts.every(Call):
            method = facts.terms[call.function]
            is_giving = isinstance(method, Attribute) and method.name == "add_to_class"
            if not isinstance(method, Attribute) or not is_giving or len(call.arguments) < 2:
                continue
            value = evaluator.value(path, call.arguments[1].value)
            endings = tuple(f"{each}()" for each in evaluator.knowledge.querysets.classes.field_endings)
            is_field = bool(value) and all(isinstance(a, External) and a.dotted.endswith(endings) for a in value)
            if not is_field and _may_be(evaluator, path, method.base, model):
                return f"what line {facts.spans[ref].start.row} of {path} gives {evaluator.project.class_name(model)}"
    return ""


def _may_be(evaluator: Evaluator, path: str, ref: Ref, model: ClassId) -> bool:
    """Whether a term may be a model."""
    value = evaluator.value(path, ref)
    return not value or any(not isinstance(atom, ClassValue) or atom.of == model for atom in value)


def _is_made_by_others(value: tuple[object, ...]) -> bool:
    """Whether a member is made by a call of something outside that is called like a manager, or has no such name."""
    return any(isinstance(atom, External) and atom.dotted.endswith("Manager()") for atom in value)


def is_queryset_class(evaluator: Evaluator, atom: object) -> bool:
    """Whether a value is a QuerySet class that is called to make one."""
    match atom:
        case ClassValue(of=of):
            return evaluator.classes.kind(of) == "queryset" and not any(_own_protocol(evaluator, of))
        case External(dotted=dotted):
            return dotted in evaluator.knowledge.querysets.classes.queryset
        case _:
            return False
