"""Marks: the QuerySets that a call hands over, as the code of the callee has them.

A mark takes the place of where a QuerySet comes from. So what a callee does with its argument is told apart from what
it does with a QuerySet of its own, and calls that hand over what is alike make one activation.
"""

from __future__ import annotations

from msgspec.structs import replace

from qscache_lint.knowledge.model import Store
from qscache_lint.project.abstract import Atom, Collection, Value
from qscache_lint.project.querysets import Origin, QuerySet
from qscache_lint.values import Position, Span, Step

_NOWHERE = Step("", Span(Position(1, 1), Position(1, 1)), "handed over")


def marked(queryset: QuerySet) -> QuerySet:
    """A QuerySet as a function of the project gets it: the same for all that make no difference there."""
    mark = Origin(_store_of(queryset), "", "handed over", _NOWHERE)
    return replace(queryset, origin=mark, built=None, hops=())


def _store_of(queryset: QuerySet) -> Store:
    """The store of a cached QuerySet; one that no cache hands out lives as long as its object."""
    return Store.SCOPED if queryset.origin is None else queryset.origin.store


def is_marked(queryset: QuerySet) -> bool:
    """Whether a QuerySet was handed over."""
    return queryset.origin is not None and queryset.origin.site == _NOWHERE


def with_mark(value: Value, queryset: QuerySet, *, is_inside: bool) -> Value:
    """A value in which a QuerySet is marked; one that stands in a container only there."""
    found = tuple(_mark_in(atom, queryset) for atom in value)
    return found if is_inside or marked(queryset) in found else (marked(queryset), *found)


def all_marked(value: Value) -> Value:
    """A value in which every QuerySet is marked, those inside containers included."""
    return tuple(dict.fromkeys(map(_all_marked_in, value)))


def _all_marked_in(atom: Atom) -> Atom:
    match atom:
        case QuerySet():
            return marked(atom)
        case Collection() if atom.inside:
            members = tuple((key, all_marked(value)) for key, value in atom.members)
            return replace(atom, members=members, rest=all_marked(atom.rest))
        case _:
            return atom


def _mark_in(atom: Atom, queryset: QuerySet) -> Atom:
    match atom:
        case QuerySet() if atom == queryset:
            return marked(queryset)
        case Collection() if queryset in atom.inside:
            members = tuple((key, tuple(_mark_in(each, queryset) for each in value)) for key, value in atom.members)
            return replace(atom, members=members, rest=tuple(_mark_in(each, queryset) for each in atom.rest))
        case _:
            return atom
