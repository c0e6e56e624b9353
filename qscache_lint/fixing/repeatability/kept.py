"""What an object keeps: an attribute is constant where only its constructor gives it, and nothing changes the value."""

from __future__ import annotations

from collections.abc import Iterator

from qscache_lint.facts.model import AttributeStore
from qscache_lint.facts.terms import Attribute, Call, Parameter
from qscache_lint.fixing.repeatability.accesses import Way, is_reached
from qscache_lint.fixing.repeatability.only_read import is_only_read
from qscache_lint.fixing.repeatability.subject import Subject
from qscache_lint.project.abstract import ClassValue, Collection, External, Instance, Super, Unknown, Value
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ClassId, FunctionId

_CONSTRUCTOR = "__init__"
_HOOKS = frozenset({"__setattr__", "__setstate__", "__getattribute__", "__slots__"})
"""Members of a class by which attributes are given in other ways; slots are objects of the class that can be called."""


def is_constant_of_class(evaluator: Evaluator, owner: ClassId, name: str) -> bool:
    """Whether no code can change what a class binds to a name, by its name as text either."""
    found = evaluator.classes.member(owner, name)
    if found is None or is_reached(evaluator, owner.path, owner, name, {Way.WRITE}):
        return False
    return all(is_only_read(evaluator, found[0].path, each.value, name, owner) for each in found[1])


def is_kept(evaluator: Evaluator, owner: ClassId, name: str, *, is_unpacked: bool) -> bool:
    """Whether an attribute that constructors give an object stays what it is.

    `is_unpacked`: its members count; a value of which nothing is known may be a list then, which others change.
    """
    ancestors = evaluator.classes.ancestors(owner)
    if any(not _HOOKS.isdisjoint(evaluator.facts(of.path).classes[of.index].members) for of in ancestors):
        return False
    if is_reached(evaluator, owner.path, owner, name, {Way.WRITE}) or _is_made_anew(evaluator, owner):
        return False
    stores = (each for of in ancestors for each in _stores(evaluator, of, name))
    return all(_is_fixed(evaluator, owner, place, event, is_unpacked=is_unpacked) for place, event in stores)


def _stores(evaluator: Evaluator, of: ClassId, name: str) -> Iterator[tuple[FunctionId, AttributeStore]]:
    facts = evaluator.facts(of.path)
    for index in facts.storing(name, of.index):
        for event in facts.functions[index].events:
            if isinstance(event, AttributeStore) and event.name == name:
                yield FunctionId(of.path, index), event


def _is_fixed(
    evaluator: Evaluator, owner: ClassId, place: FunctionId, event: AttributeStore, *, is_unpacked: bool
) -> bool:
    """Whether what is kept is of a kind that others cannot change, or is made there and only read."""
    term = evaluator.facts(place.path).terms[event.value]
    if isinstance(term, Parameter):
        value = Subject(evaluator, FunctionId(place.path, term.function)).known_of(term.name)
        return not _may_be_changed(value, is_unpacked=is_unpacked)
    value = evaluator.value(place.path, event.value)
    if any(isinstance(atom, Collection) for atom in value):
        return is_only_read(evaluator, place.path, event.value, event.name, owner)
    return not _may_be_changed(value, is_unpacked=is_unpacked)


def _may_be_changed(value: Value, *, is_unpacked: bool) -> bool:
    if any(isinstance(atom, Collection) for atom in value):
        return True
    return is_unpacked and (not value or any(isinstance(atom, (Unknown, External, Instance)) for atom in value))


def _is_made_anew(evaluator: Evaluator, owner: ClassId) -> bool:
    """Whether code calls the constructor of an object that is there already: in another one, it is a new one."""
    mro = evaluator.classes.mro
    for path in evaluator.project.name_index.files_calling_method(_CONSTRUCTOR):
        facts = evaluator.project.facts(path)
        for ref, call in () if facts is None else facts.every(Call):
            method = None if facts is None else facts.terms[call.function]
            if facts is None or not isinstance(method, Attribute) or method.name != _CONSTRUCTOR:
                continue
            is_inside = facts.functions[facts.around(ref)].name == _CONSTRUCTOR
            for of in _classes_of(evaluator.value(path, method.base), is_inside=is_inside):
                if owner in mro(of) or of in mro(owner):
                    return True
    return False


def _classes_of(value: Value, *, is_inside: bool) -> Iterator[ClassId]:
    """The classes whose constructor may be called of an object that is there; `is_inside` another constructor."""
    for atom in value:
        match atom:
            case Instance(of=ClassId() as of):
                yield of
            case ClassValue(of=of) if not is_inside:
                yield of
            case Super(receiver=Instance(of=ClassId() as of)) if not is_inside:
                yield of
