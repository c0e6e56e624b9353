"""What a model has under a name: whether reading it sends a query, and what a look-up by it compares."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from qscache_lint.facts.terms import Call, FunctionTerm, Ref
from qscache_lint.project.abstract import ClassValue, External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.relations import reverse_relation, target
from qscache_lint.project.identities import ClassId, FunctionId
from qscache_lint.project.querysets import Manager

_OWN_NAMES = frozenset({"groups", "user_permissions", "permissions", "content_type", "user", "user_set", "group"})
"""The relations of Django's own models; every other name is a column."""
_OF_STRUCTURE = ("JSONField", "ArrayField", "HStoreField", "RangeField")
"""Columns that keep numbers and texts apart, and may hold what is changed in place."""

_PLAIN_KEYS = ("AutoField", "IntegerField", "UUIDField")
"""Columns whose values have a text without separators."""

_SEVERAL = frozenset({"in", "range"})


class Member(Enum):
    """What stands behind a name."""

    KEY = "primary key"
    COLUMN = "column"
    ROW = "another row"
    ROWS = "related rows"
    FUNCTION = "function"
    CONSTANT = "constant"
    ASSIGNED = "attribute"
    UNKNOWN = "unknown"


def member(evaluator: Evaluator, owner: ClassId, name: str) -> Member:
    """What an instance of a class has under a name."""
    found = evaluator.classes.member(owner, name)
    if found is not None:
        return _declared(evaluator, found[0], found[1][-1].value)
    is_model = evaluator.classes.kind(owner) == "model"
    if is_model and name in evaluator.knowledge.querysets.unique.names:
        return Member.KEY
    if is_model and name.endswith("_id") and member(evaluator, owner, name.removesuffix("_id")) is Member.ROW:
        return Member.COLUMN
    reverse = reverse_relation(evaluator, owner, name)
    if reverse and evaluator.project.name_index.files_with_word("to_field"):
        return Member.UNKNOWN  # the field at the other end may not point at the primary key
    if reverse:
        return Member.ROWS if all(isinstance(atom, Manager) for atom in reverse) else Member.ROW
    kept = bool(evaluator.classes.stores(owner, name))
    return Member.ASSIGNED if kept else Member.UNKNOWN


def is_overridden(evaluator: Evaluator, owner: ClassId, name: str) -> bool:
    """Whether a class derived from another one has a member of its own under a name."""
    derived = evaluator.classes.subclasses(owner)
    return any(name in evaluator.facts(each.path).classes[each.index].members for each in derived)


def function_of(evaluator: Evaluator, owner: ClassId, name: str) -> FunctionId | None:
    """The function that a class has under a name, where it has one of that name only."""
    found = evaluator.classes.member(owner, name)
    if found is None or len(found[1]) != 1:
        return None
    term = evaluator.facts(found[0].path).terms[found[1][0].value]
    return FunctionId(found[0].path, term.index) if isinstance(term, FunctionTerm) else None


def is_number_or_uuid(evaluator: Evaluator, owner: ClassId, name: str) -> bool:
    """Whether a column of a model, or its primary key, has values without separators in their text."""
    found = evaluator.classes.member(owner, name)
    if found is None and name in evaluator.knowledge.querysets.unique.names:
        return all(_is_plain_key(evaluator, *each) for each in primary_keys(evaluator, owner))
    relation = evaluator.classes.member(owner, name.removesuffix("_id")) if found is None else found
    if relation is None:
        return evaluator.classes.kind(owner) != "model"
    return all(_is_plain_key(evaluator, relation[0], binding.value) for binding in relation[1])


def has_numbered_key(evaluator: Evaluator, model: ClassId) -> bool:
    """Whether Django itself numbers the rows of a model."""
    is_made = member(evaluator, model, "id") is Member.KEY
    return is_made and next(primary_keys(evaluator, model), None) is None


def primary_keys(evaluator: Evaluator, model: ClassId) -> Iterator[tuple[ClassId, Ref]]:
    """The columns that a model declares as its primary key; none where Django makes one."""
    for owner in evaluator.classes.ancestors(model):
        facts = evaluator.facts(owner.path)
        for bindings in facts.classes[owner.index].members.values():
            for term, ref in ((facts.terms[each.value], each.value) for each in bindings):
                if isinstance(term, Call) and any(each.keyword == "primary_key" for each in term.arguments):
                    yield owner, ref


def _is_plain_key(evaluator: Evaluator, owner: ClassId, ref: Ref) -> bool:
    relation = target(evaluator, owner, ref)
    if relation is not None:
        to = relation.model.identity
        is_other = isinstance(to, ClassId) and to != owner
        keys = primary_keys(evaluator, to) if isinstance(to, ClassId) and is_other else ()
        return not _points_elsewhere(evaluator, owner, ref) and all(_is_plain_key(evaluator, *each) for each in keys)
    term = evaluator.facts(owner.path).terms[ref]
    made = evaluator.value(owner.path, term.function) if isinstance(term, Call) else ()
    return bool(made) and all(isinstance(atom, External) and atom.dotted.endswith(_PLAIN_KEYS) for atom in made)


def _declared(evaluator: Evaluator, owner: ClassId, ref: Ref) -> Member:
    facts = evaluator.facts(owner.path)
    term = facts.terms[ref]
    if isinstance(term, FunctionTerm):
        return Member.FUNCTION
    relation = target(evaluator, owner, ref)
    if relation is not None and _points_elsewhere(evaluator, owner, ref):
        return Member.UNKNOWN
    if relation is not None:
        return Member.ROWS if relation.through is not None or relation.is_one_way else Member.ROW
    if not isinstance(term, Call):
        return Member.CONSTANT
    made = evaluator.value(owner.path, term.function)
    return Member.COLUMN if made and all(_is_field(evaluator, atom) for atom in made) else Member.UNKNOWN


def _points_elsewhere(evaluator: Evaluator, owner: ClassId, ref: Ref) -> bool:
    """Whether a relation points at another column than the primary key."""
    term = evaluator.facts(owner.path).terms[ref]
    arguments = term.arguments if isinstance(term, Call) else ()
    return any(argument.keyword == "to_field" or argument.star for argument in arguments)


def _is_field(evaluator: Evaluator, atom: object) -> bool:
    """Whether a class is one of Django's fields, or made of one by no more than a name."""
    classes = evaluator.knowledge.querysets.classes
    match atom:
        case External(dotted=dotted):
            is_field = dotted.endswith(tuple(classes.field_endings)) and dotted.startswith(tuple(classes.field_modules))
            return is_field and not dotted.endswith(_OF_STRUCTURE)
        case ClassValue(of=of):
            bases = [each for each in evaluator.classes.mro(of) if isinstance(each, str)]
            return any(_is_field(evaluator, External(each)) for each in bases) and not evaluator.classes.methods(of)
        case _:
            return False


class Compared(Enum):
    """What a look-up compares with what it is given."""

    COLUMN = "a column"
    ROW = "a row"
    SEVERAL = "several"
    UNKNOWN = "unknown"


def compared(evaluator: Evaluator, model: ClassId | str | None, lookup: str) -> Compared:
    """What `lookup=value` compares with its value, on a model."""
    parts = lookup.split("__")
    if parts[-1] in _SEVERAL and len(parts) > 1:
        return Compared.SEVERAL
    for place, name in enumerate(parts):
        if isinstance(model, str):
            is_own = model.startswith("django.contrib.") and name not in _OWN_NAMES
            return Compared.COLUMN if is_own else Compared.UNKNOWN
        if model is None:
            return Compared.UNKNOWN
        found = member(evaluator, model, name)
        if found in (Member.KEY, Member.COLUMN):
            return Compared.COLUMN
        if found not in (Member.ROW, Member.ROWS):
            return Compared.UNKNOWN
        model = _pointed_at(evaluator, model, name)
        if place == len(parts) - 1:
            return Compared.ROW
        if parts[place + 1] in ("isnull", "exact", "pk", "id"):
            return Compared.ROW if parts[place + 1] == "exact" else Compared.COLUMN
    return Compared.UNKNOWN


def _pointed_at(evaluator: Evaluator, model: ClassId, name: str) -> ClassId | str | None:
    found = evaluator.classes.member(model, name)
    if found is not None:
        relation = target(evaluator, found[0], found[1][-1].value)
        return None if relation is None else relation.model.identity
    for atom in reverse_relation(evaluator, model, name):
        if isinstance(atom, Manager) and atom.model is not None:
            return atom.model.identity
    return None
