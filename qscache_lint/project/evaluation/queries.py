"""QuerySets and managers: methods, slices and operators."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from qscache_lint.facts.terms import Binary, Slice
from qscache_lint.knowledge.queryset_rows import Operation
from qscache_lint.project.abstract import (
    ASYNC_ITERATOR,
    ITERATOR,
    Atom,
    Collection,
    Data,
    Function,
    Literal,
    Method,
    Unknown,
    Value,
    join,
)
from qscache_lint.project.evaluation.branches import describe
from qscache_lint.project.evaluation.core import Context, Passed, Site, evaluates
from qscache_lint.project.evaluation.loaded import is_loaded
from qscache_lint.project.evaluation.lookups import find_one
from qscache_lint.project.evaluation.managers import fresh, manager_querysets
from qscache_lint.project.evaluation.names import flavour_of
from qscache_lint.project.identities import ClassId
from qscache_lint.project.querysets import Bound, Manager, Ordering, QuerySet
from qscache_lint.project.value_sets import instance_of, is_fresh


@evaluates(Slice)
def sliced(context: Context, term: Slice, site: Site) -> Value:
    """A slice: of a QuerySet, a new one, limited when the slice has a stop; a list where all its rows are there."""
    found: list[Atom] = []
    value = context.value(site.path, term.base, site.frame)
    has_rows = any(map(is_fresh, value)) and is_loaded(context, term.base, site)
    for atom in value:
        if not isinstance(atom, QuerySet):
            found.append(_part(atom))
            continue
        if has_rows and is_fresh(atom):
            found.append(_of_instances("rows", _row_of(atom)))
            continue
        bound = _bound_after(context, term, atom.bound, site)
        built = atom.built if atom.origin is None else None
        found.append(replace(atom, bound=bound, built=built, origin=None, hops=()))
    return tuple(dict.fromkeys(found))


def _row_of(queryset: QuerySet) -> Atom:
    return instance_of(queryset.model) if queryset.plain else Data("row")


def _bound_after(context: Context, term: Slice, before: Bound, site: Site) -> Bound:
    if term.stop is None:
        return replace(before, sliced=True)
    stop = context.value(site.path, term.stop, site.frame)
    if stop and all(isinstance(atom, Literal) and atom.value is None for atom in stop):
        row = context.facts(site.path).spans[site.ref].start.row
        reason = f"{describe(context, term.stop, site)} leaves the slice on line {row} without a stop"
        return replace(before, sliced=True, reason=reason)
    return Bound(limited=True, sliced=True)


@evaluates(Binary)
def binary(context: Context, term: Binary, site: Site) -> Value:
    """An operator: between QuerySets, a new one."""
    left = context.value(site.path, term.left, site.frame)
    right = context.value(site.path, term.right, site.frame)
    if term.operator not in context.knowledge.combining:
        return _arithmetic(context, left, right)
    querysets = [atom for atom in (*left, *right) if isinstance(atom, QuerySet)]
    if not querysets:
        return (Unknown(f"the result of the operator {term.operator}"),)
    ordering = Ordering.YES if any(each.ordering is Ordering.YES for each in querysets) else querysets[0].ordering
    built = context.step(site.path, site.ref, "the QuerySet is built here")
    return (replace(querysets[0], bound=Bound(), ordering=ordering, built=built, origin=None, hops=()),)


def _arithmetic(context: Context, left: Value, right: Value) -> Value:
    if all(isinstance(atom, (Literal, Data)) for atom in (*left, *right)):
        return (Data("data"),)
    return (Unknown("the result of an operator"),)


def call_query_method(context: Context, method: Method, passed: tuple[Passed, ...], site: Site) -> Value:
    """What a method of Django's own gives on a QuerySet or manager."""
    receiver = method.receiver
    if isinstance(receiver, Collection):
        return (Data("data"),)
    if isinstance(receiver, Manager):
        if method.name in context.knowledge.querysets.managers.same:
            return (receiver,)
        if method.name == "get_queryset":
            return (fresh(context, receiver, site),)
        queries = manager_querysets(context, receiver, site)
        is_whole = hands_on(context, receiver, method.name)
        return join(
            (each,) if is_whole and each.origin is not None else _query(context, each, method.name, passed, site)
            for each in queries
        )
    return _query(context, receiver, method.name, passed, site)


def hands_on(context: Context, manager: Manager, name: str) -> bool:
    """Whether a method gives what the manager's `get_queryset` gives; those over a relation filter it first."""
    return name in context.knowledge.querysets.managers.whole and not manager.related


def getters(context: Context, queryset: QuerySet, name: str) -> Iterator[Function]:
    """The functions behind a property that the class of a QuerySet has."""
    for identity in queryset.classes:
        found = context.classes.member(identity, name)
        if found is None:
            continue
        owner, bindings = found
        for binding in bindings:
            for atom in context.value(owner.path, binding.value):
                if isinstance(atom, Function) and flavour_of(context, atom.of) == "property":
                    yield atom
        return


def _query(context: Context, queryset: QuerySet, name: str, passed: tuple[Passed, ...], site: Site) -> Value:
    row = context.knowledge.methods.get(name)
    if row is None:
        return (Unknown(f"the method {name}"),)
    if row.gives == "instance":
        return (_row_of(queryset),)
    if row.gives in ("rows", "pair", "mapping"):
        return (_of_instances(_ONCE.get(row.once, row.gives), _row_of(queryset)),)
    if row.gives in ("data", "raw"):
        return (Data(row.gives),)
    return (
        replace(
            queryset,
            bound=_bound_by(context, row, queryset, passed, site),
            ordering=_ordering_after(context, row, queryset, passed),
            combined=queryset.combined or row.refines_arguments,
            plain=queryset.plain and row.gives == "queryset",
            built=context.step(site.path, site.ref, "the QuerySet is built here"),
            origin=None,
            hops=(),
        ),
    )


def _bound_by(context: Context, row: Operation, queryset: QuerySet, passed: tuple[Passed, ...], site: Site) -> Bound:
    """How many rows an operation leaves: one at most for a unique lookup, as many as before for most others."""
    if row.keeps_only and find_one(context, queryset.model, passed, site):
        return replace(queryset.bound, limited=True, reason="")
    added = [atom for each in passed for atom in each.value] if row.adds_rows else []
    if any(not isinstance(atom, QuerySet) or not atom.bound.limited for atom in added):
        return replace(queryset.bound, limited=False)
    return queryset.bound


def _ordering_after(context: Context, row: Operation, queryset: QuerySet, passed: tuple[Passed, ...]) -> Ordering:
    """The order of what an operation gives."""
    match row.orders:
        case "yes":
            return Ordering.YES
        case "no":
            return Ordering.CLEARED
        case "unless_empty":
            return Ordering.YES if passed else Ordering.CLEARED
        case "meta":
            model = None if queryset.model is None else queryset.model.identity
            known = context.classes.ordering(model) if isinstance(model, ClassId) else Ordering.UNKNOWN
            return Ordering.CLEARED if known is Ordering.NO else known
        case _:
            return queryset.ordering


def _part(atom: Atom) -> Atom:
    """A slice of what is no QuerySet."""
    if isinstance(atom, Collection):
        return Collection("list", rest=join([*(member for _, member in atom.members), atom.rest]))
    return Data("rows") if isinstance(atom, Data) else Unknown("a slice of something that is not followed")


def _of_instances(gives: str, instance: Atom) -> Collection:
    """Rows, an iterator over them, an instance with a flag, or instances by key."""
    if gives == "pair":
        return Collection("tuple", ((0, (instance,)), (1, (Data("flag"),))))
    return Collection(_KINDS.get(gives, "list"), rest=(instance,))


_ONCE = {"for": ITERATOR, "async for": ASYNC_ITERATOR}
_KINDS = {"mapping": "dict", ITERATOR: ITERATOR, ASYNC_ITERATOR: ASYNC_ITERATOR}
