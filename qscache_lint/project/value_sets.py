"""Sets of abstract values: joined, kept small, put into a cache, and looked through for QuerySets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from qscache_lint import limits
from qscache_lint.project.abstract import (
    ONCE,
    Atom,
    ClassValue,
    Collection,
    Data,
    External,
    Frame,
    Instance,
    Literal,
    Unknown,
    Value,
    join,
    querysets,
)
from qscache_lint.project.identities import Model, ModulePath
from qscache_lint.project.querysets import Manager, Origin, QuerySet
from qscache_lint.values import Confidence, Span, Step

TOO_MANY = Unknown("one of too many possible values")


def widened(value: Value) -> Value:
    """The same with fewer atoms where there are very many: code that makes no sense to us makes more at each step.

    Containers of one kind become one, because each branch that puts something in doubles what a container may be. Of
    what is outside the project, the first few are told. QuerySets that only took different ways are one, because each
    step of a long function adds a way.
    """
    if len(value) <= limits.CONTAINER_VARIANTS:
        return value
    kinds: dict[str, list[Collection]] = {}
    for atom in value:
        if isinstance(atom, Collection):
            kinds.setdefault(atom.kind, []).append(atom)
    merged = {kind: _merged(kind, some) for kind, some in kinds.items() if len(some) > limits.CONTAINER_VARIANTS}
    fewer = dict.fromkeys(merged.get(atom.kind, atom) if isinstance(atom, Collection) else atom for atom in value)
    return tuple(fewer) if len(fewer) <= limits.OUTSIDE_ATOMS else tuple(_without_most(fewer))


def _without_most(atoms: Iterable[Atom]) -> Iterator[Atom]:
    outside = inside = 0
    known: set[QuerySet] = set()
    for atom in atoms:
        if isinstance(atom, QuerySet):
            what = atom.whatever_its_way
            is_told = what not in known and len(known) < limits.PROJECT_ATOMS
            known.add(what)
        elif isinstance(atom, (External, Literal, Unknown)):
            outside += 1
            is_told = outside <= limits.OUTSIDE_ATOMS
        else:
            inside += 1
            is_told = inside <= limits.PROJECT_ATOMS
        if is_told:
            yield atom
    if outside > limits.OUTSIDE_ATOMS or max(inside, len(known)) > limits.PROJECT_ATOMS:
        yield TOO_MANY


def _merged(kind: str, variants: Sequence[Collection]) -> Collection:
    """A container that may be any of several: what is in a dict stays at its key, other places are not told apart."""
    if kind != "dict":
        members = (value for each in variants for _, value in each.members)
        return Collection(kind, (), join([*members, *_rests(variants)]))
    keys = dict.fromkeys(key for each in variants for key, _ in each.members)
    at = [dict(each.members) for each in variants]
    missing: Value = (Unknown("a missing item"),)
    kept = tuple(
        (key, join(known.get(key) or each.rest or missing for known, each in zip(at, variants, strict=True)))
        for key in keys
    )
    return Collection(kind, kept, join(_rests(variants)))


def _rests(variants: Sequence[Collection]) -> Iterator[Value]:
    return (each.rest for each in variants)


def simplified(frame: Frame) -> Frame:
    """The activation by fewer details of its arguments: what containers hold, and where lazy QuerySets were built."""
    arguments = ((name, tuple(dict.fromkeys(map(_simplified, value)))) for name, value in frame.arguments)
    return replace(frame, arguments=tuple(each for each in arguments if each[1] != (TOO_MANY,)))


def _simplified(atom: Atom) -> Atom:
    match atom:
        case QuerySet(origin=None):
            return replace(atom, built=None)
        case Instance(of=of, exact=exact):
            return Instance(of, exact)
        case QuerySet() | Manager() | ClassValue() | Literal():
            return atom
        case _:
            return TOO_MANY


def instance_of(model: Model | None) -> Atom:
    """An instance of a model."""
    return Unknown("an instance of an unknown model") if model is None else Instance(model.identity)


def keep(value: Value, origin: Origin) -> Value:
    """`value` as a cache hands it out: every QuerySet in it comes from `origin`, containers included."""
    return tuple(dict.fromkeys(_kept(atom, origin) for atom in value))


def _kept(atom: Atom, origin: Origin) -> Atom:
    match atom:
        case QuerySet():
            return replace(atom, origin=replace(origin, built=atom.built), hops=())
        case Collection() if atom.inside:
            members = tuple((key, keep(member, origin)) for key, member in atom.members)
            return replace(atom, members=members, rest=keep(atom.rest, origin))
        case _:
            return atom


def all_querysets(value: Value) -> Iterator[QuerySet]:
    """The QuerySets in a value, those inside containers included."""
    for atom in value:
        if isinstance(atom, QuerySet):
            yield atom
        elif isinstance(atom, Collection):
            yield from atom.inside


def cached(value: Value) -> tuple[QuerySet, ...]:
    """The cached QuerySets among the atoms."""
    return tuple(atom for atom in querysets(value) if atom.origin is not None)


def unsure(value: Value) -> Value:
    """The cached QuerySets of a value, and the containers with some, of which it is not sure that they are meant."""
    return tuple(_unsure(atom) for atom in value if any(each.origin is not None for each in all_querysets((atom,))))


def _unsure(atom: Atom) -> Atom:
    match atom:
        case QuerySet():
            return replace(atom, confidence=Confidence.MEDIUM)
        case Collection():
            members = tuple((key, tuple(map(_unsure, member))) for key, member in atom.members)
            return replace(atom, members=members, rest=tuple(map(_unsure, atom.rest)))
        case _:
            return atom


def materialised(value: Value) -> Value:
    """What a list or tuple of a value is: rows in place of a QuerySet, a raw query or an iterator."""
    return tuple(dict.fromkeys(map(_materialised, value)))


def _materialised(atom: Atom) -> Atom:
    match atom:
        case QuerySet() | Data(what="raw"):
            return Data("rows")
        case Collection(kind="iterator"):
            return replace(atom, kind="list")
        case _:
            return atom


def draws_rows(value: Value) -> bool:
    """Whether an iterator over a value draws from a QuerySet."""
    return any(
        atom.kind in ONCE if isinstance(atom, Collection) else atom.confidence is Confidence.HIGH
        for atom in value
        if isinstance(atom, (Collection, QuerySet))
    )


def is_fresh(atom: Atom) -> bool:
    """Whether a value is a QuerySet that no cache hands out."""
    return isinstance(atom, QuerySet) and atom.origin is None


def step(path: ModulePath, span: Span, message: str) -> Step:
    """A place on the trail."""
    return Step(path, span, message)
