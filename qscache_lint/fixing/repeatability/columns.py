"""Columns in look-ups: what prepares a value for its column runs while a query is built, so its class has to be known.

`filter(title="…")` calls `get_prep_value()` of the field, and the classes of the look-ups and transforms that are named
behind it. Those of Django are known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from qscache_lint.facts.terms import Argument, Call, Ref
from qscache_lint.fixing.repeatability.fields import primary_keys
from qscache_lint.fixing.repeatability.known import DJANGO_BASES, LOOKUPS
from qscache_lint.project.abstract import Atom, ClassValue, External, Instance, Literal, Value, leaves
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.evaluation.relations import reverse_relation, target
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Manager

Model = ClassId | str

_LEFT_TO_DJANGO = frozenset({"__init__", "__doc__", "deconstruct", "formfield", "description", "default_validators"})
"""What a field class may have of its own that no query is built with."""

_KEYED = ("JSONField", "HStoreField", "ArrayField")
"""Columns behind which keys and indexes stand, which may be any name."""

_PRIMARY = ("pk", "id")


def unfollowed_column(evaluator: Evaluator, models: Collection[Model], names: Iterable[str]) -> str:
    """The first column of some look-ups whose class is not known, as a sentence says it; "" where all are.

    Which of several models an expression speaks of is not known: it has to be harmless on each that has its columns.
    """
    for name in names:
        found = [_of_path(evaluator, model, name) for model in models]
        said = next(filter(None, found), "")
        if said or (found and all(each is None for each in found)):
            return said or name
    return ""


def any_unfollowed_column(evaluator: Evaluator, models: Iterable[Model]) -> str:
    """A column of some models whose class is not known; "" where there is none."""
    for model in models:
        for owner in evaluator.classes.ancestors(model) if isinstance(model, ClassId) else ():
            for name in evaluator.facts(owner.path).classes[owner.index].members:
                columns = _declared(evaluator, owner, name)
                if any(_is_unknown_field(evaluator, *each) for each in columns):
                    return f"{evaluator.project.class_name(owner)}.{name}"
    return ""


def _is_unknown_field(evaluator: Evaluator, owner: ClassId, ref: Ref) -> bool:
    """Whether a member is made by what is a field class, or may be one, and is not known."""
    endings = tuple(evaluator.knowledge.querysets.classes.field_endings)
    for atom in _made_by(evaluator, owner, ref):
        is_outside = isinstance(atom, External) and atom.dotted.endswith(endings)
        is_own = isinstance(atom, ClassValue) and evaluator.classes.kind(atom.of) == "other"
        if (is_outside or is_own) and not _is_known_class(evaluator, atom):
            return True
    return False


def lookups_of(arguments: Iterable[tuple[Argument, Value]], *, has_keywords: bool) -> list[str] | None:
    """The look-ups that the arguments of a call name; None where a dict may have any."""
    names: list[str] = []
    for argument, value in arguments:
        literals = [atom.value for atom in leaves(value) if isinstance(atom, Literal) and isinstance(atom.value, str)]
        if argument.star == "**" and has_keywords:
            return None
        if argument.keyword is None and not argument.star:
            names += literals
        elif argument.keyword is not None and has_keywords:
            names.append(argument.keyword)
    return names


def _of_path(evaluator: Evaluator, model: Model, lookup: str) -> str | None:
    """What is not known of the columns of a look-up, "" for nothing; None where the model has no such column."""
    parts = lookup.lstrip("-").split("__")
    while parts and isinstance(model, ClassId):
        name = parts.pop(0)
        declared = _declared(evaluator, model, name)
        if not declared and name in _PRIMARY:
            return _of_key(evaluator, model) or _of_rest(parts)
        onward = [_pointed_at(evaluator, owner, ref) for owner, ref in declared]
        onward = onward or list(_reverse(evaluator, model, name))
        if not onward:
            return _of_name(evaluator, model, parts)
        if not all(_is_known_field(evaluator, owner, ref) for owner, ref in declared):
            return f"{evaluator.project.class_name(model)}.{name}"
        if onward[-1] is None:
            return "" if any(_has_keys(evaluator, *each) for each in declared) else _of_rest(parts)
        model = onward[-1]
        if not parts or parts[0] in LOOKUPS:
            return _of_key(evaluator, model)
    return "" if isinstance(model, ClassId) or model.startswith("django.") else f"{model} ({lookup})"


def _declared(evaluator: Evaluator, model: ClassId, name: str) -> list[tuple[ClassId, Ref]]:
    """Where a model declares a column; `team_id` is that of `team`."""
    for each in (name, name.removesuffix("_id")):
        owner, bindings = evaluator.classes.member(model, each) or (model, ())
        terms = evaluator.facts(owner.path).terms
        found = [(owner, binding.value) for binding in bindings if isinstance(terms[binding.value], Call)]
        if found:
            return found
    return []


def _pointed_at(evaluator: Evaluator, owner: ClassId, ref: Ref) -> Model | None:
    relation = target(evaluator, owner, ref)
    return None if relation is None else relation.model.identity


def _reverse(evaluator: Evaluator, model: ClassId, name: str) -> Iterator[Model]:
    for atom in reverse_relation(evaluator, model, name):
        if isinstance(atom, Manager) and atom.model is not None:
            yield atom.model.identity
        elif isinstance(atom, Instance):
            yield atom.of


def _of_name(evaluator: Evaluator, model: ClassId, parts: Sequence[str]) -> str | None:
    """An annotation, or a column that Django's own bases have; what other bases have is not known."""
    foreign = (each for each in evaluator.classes.mro(model) if isinstance(each, str) and each != "object")
    is_django = all(each.startswith(DJANGO_BASES) for each in foreign)
    return "" if is_django and LOOKUPS.issuperset(parts) else None


def _of_rest(parts: Sequence[str]) -> str:
    return next((f"the look-up {each}" for each in parts if each not in LOOKUPS), "")


def _of_key(evaluator: Evaluator, model: Model) -> str:
    """What is not known of the primary key, which stands for the row."""
    for owner, ref in primary_keys(evaluator, model) if isinstance(model, ClassId) else ():
        if not _is_known_field(evaluator, owner, ref):
            return f"the primary key of {evaluator.project.class_name(owner)}"
    return ""


def _made_by(evaluator: Evaluator, owner: ClassId, ref: Ref) -> Value:
    """The class of a column."""
    term = evaluator.facts(owner.path).terms[ref]
    return evaluator.value(owner.path, term.function) if isinstance(term, Call) else ()


def _has_keys(evaluator: Evaluator, owner: ClassId, ref: Ref) -> bool:
    made = _made_by(evaluator, owner, ref)
    return any(isinstance(atom, External) and atom.dotted.endswith(_KEYED) for atom in made)


def _is_known_field(evaluator: Evaluator, owner: ClassId, ref: Ref) -> bool:
    """Whether the class of a column is Django's, or made of one by what no query is built with."""
    made = _made_by(evaluator, owner, ref)
    return bool(made) and all(_is_known_class(evaluator, atom) for atom in made)


def _is_known_class(evaluator: Evaluator, atom: Atom) -> bool:
    match atom:
        case External(dotted=dotted):
            return dotted.startswith(("django.", *evaluator.knowledge.querysets.classes.field_modules))
        case ClassValue(of=of):
            own = evaluator.classes.ancestors(of)
            members = (name for each in own for name in evaluator.facts(each.path).classes[each.index].members)
            foreign = (each for each in evaluator.classes.mro(of) if isinstance(each, str) and each != "object")
            return _LEFT_TO_DJANGO.issuperset(members) and all(each.startswith("django.") for each in foreign)
        case _:
            return False
