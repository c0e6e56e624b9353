"""Named tuples and data classes: objects that keep what their constructor is given, each under the name of a field."""

from __future__ import annotations

from collections.abc import Sequence

from qscache_lint.project.abstract import Collection, External, Literal, NamedTupleClass, Value
from qscache_lint.project.evaluation.core import Context, Passed
from qscache_lint.project.identities import ClassId
from qscache_lint.project.value_sets import all_querysets


def record(context: Context, identity: ClassId, passed: Sequence[Passed]) -> Value:
    """What an instance keeps in its fields, where a QuerySet is among it; nothing for other classes."""
    table = context.knowledge.querysets.constructors
    if any(name in table.named_tuple for name in context.classes.mro(identity)):
        return named_tuple(_fields(context, identity), passed)
    if not any(_is_record(context, each) for each in context.classes.ancestors(identity)):
        return ()
    members = _members(_fields(context, identity), passed)
    return (Collection("namespace", members),) if _has_queryset(members) else ()


def named_tuple(fields: Sequence[str], passed: Sequence[Passed]) -> Value:
    """A tuple whose members have names, where a QuerySet is among them."""
    members = _members(fields, passed)
    if not _has_queryset(members):
        return ()
    places = tuple((fields.index(name), value) for name, value in members)
    return (Collection("namedtuple", (*sorted(places, key=lambda each: each[0]), *members)),)


def named_tuple_class(passed: Sequence[Passed]) -> Value:
    """What `namedtuple("Pair", ["first", "second"])` gives; nothing where the names are not known."""
    given = passed[1].value if len(passed) > 1 else ()
    match given:
        case (Literal(value=str() as text),):
            return (NamedTupleClass(tuple(text.replace(",", " ").split())),)
        case (Collection(members=members, rest=()),):
            atoms = [value[0] for _, value in members if len(value) == 1]
            names = tuple(str(atom.value) for atom in atoms if isinstance(atom, Literal))
            return (NamedTupleClass(names),) if len(names) == len(members) else ()
        case _:
            return ()


def _is_record(context: Context, identity: ClassId) -> bool:
    names = context.knowledge.querysets.constructors.record
    decorators = context.facts(identity.path).classes[identity.index].decorators
    atoms = (atom for each in decorators for atom in context.value(identity.path, each.value))
    return any(isinstance(atom, External) and atom.dotted in names for atom in atoms)


def _fields(context: Context, identity: ClassId) -> tuple[str, ...]:
    """The annotated fields of a class, those of its bases first."""
    line = reversed(context.classes.ancestors(identity))
    return tuple(dict.fromkeys(name for each in line for name in _annotated(context, each)))


def _annotated(context: Context, identity: ClassId) -> dict[str, int]:
    return context.facts(identity.path).classes[identity.index].annotations


def _members(fields: Sequence[str], passed: Sequence[Passed]) -> tuple[tuple[str, Value], ...]:
    """What each field is given; nothing where an argument stands behind a star."""
    if any(each.argument.star for each in passed):
        return ()
    positional = [each for each in passed if each.argument.keyword is None]
    found = dict(zip(fields, positional, strict=False))
    found |= {each.argument.keyword: each for each in passed if each.argument.keyword is not None}
    return tuple((name, found[name].value) for name in fields if name in found)


def _has_queryset(members: tuple[tuple[str, Value], ...]) -> bool:
    return any(any(all_querysets(value)) for _, value in members)
